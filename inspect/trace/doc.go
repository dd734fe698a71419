// Package trace says what signals meant that the kernel reported as they were sent: which
// container and process got one, who sent it, whether it was dropped, and what came of it.
//
// It is told of the kernel's events, of the engine's events and of captures, in the order in which
// they become known, and of the time. It returns rows in the order in which things happened. A row
// waits a second for what belongs to it: the exit of the process, and the engine's event that says
// what was asked for. If the container has exited, the engine has another second.
package trace
