// Package signal says what a signal does to a process of a container, and so what docker
// stop will do.
//
// A question passes through the files in this order. What does the kernel do with the signal
// (hearing.go)? Can the process act at all (halted.go)? What program is it (program.go)? What
// does that program do when it receives the signal (behaviour.go, shell.go, forward.go)? What
// would have to change (cure.go)? A separate question is whether PID 1 reaps orphans
// (reaps.go).
//
// The package sends no signal. It does not know about limits or shared namespaces.
package signal
