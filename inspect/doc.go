// Package inspect decides what the facts about containers and processes mean.
//
// Its one input is a [Capture]: what an engine said of its containers and what
// the /proc of the engine's host said of the processes, at one moment. From it
// an [Index] is built, which binds each container to its main process by proof
// and finds the owner of every process. Everything else is a question to the
// Index: the tree of a container, its zombies and who has not reaped them, the
// host PID of a container PID.
//
// The package is pure: it opens no file and no socket, asks no clock and knows
// no terminal. Where the facts do not suffice it says that it cannot tell.
package inspect
