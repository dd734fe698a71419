// Package inspect decides what the facts about containers and processes mean.
//
// Its one input is a [Capture]: what an engine reported about its containers, and what the
// /proc of the engine's host said about the processes, at one moment. An [Index] is built
// from it. The index binds each container to its main process by proof, and finds the owner
// of every process. Questions about identity are methods of the Index: the tree of a
// container, the host PID of a container PID, the owner of a PID. Every other question has
// a package below this one: limit, signal, zombie, namespace, shim, explain, diff, and rule
// for what is wrong. Package need says what must be read for each question.
//
// The package is pure. It opens no file and no socket, reads no clock, and knows no
// terminal. If the facts do not suffice, it says that the answer cannot be determined.
package inspect
