// Package inspect decides what the facts about containers and processes mean.
//
// Its one input is a [Capture]: what an engine said of its containers and what
// the /proc of the engine's host said of the processes, at one moment. From it
// an [Index] is built, which binds each container to its main process by proof
// and finds the owner of every process. What follows from identity alone is asked
// of the Index itself: the tree of a container, the host PID of a container PID,
// whose process a PID is. Every other question has a package of its own below this
// one: limit, signal, zombie, namespace, shim, explain, diff, and rule for what is
// wrong; need says what must be read for which.
//
// The package is pure: it opens no file and no socket, asks no clock and knows
// no terminal. Where the facts do not suffice it says that it cannot tell.
package inspect
