// Package signal says what a signal does to a process of a container, and so what
// docker stop will come to.
//
// One question goes through it in this order: what the kernel makes of the signal
// (hearing.go), whether the process can act at all (halted.go), what program it is
// (program.go), what that does about a signal that it receives (behaviour.go, shell.go,
// forward.go), and what would have to change (cure.go). Beside it stands whether PID 1
// waits for the orphans that it adopts (reaps.go).
//
// It sends nothing, and knows neither limits nor what a namespace is shared with.
package signal
