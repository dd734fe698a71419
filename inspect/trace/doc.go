// Package trace interprets signals that the kernel reports as they are sent: which container and
// process received the signal, which process sent it, whether it was dropped, and its effect.
//
// It receives the kernel's events, the engine's events and captures in the order in which they
// become known, and the time. It returns rows in the order in which things happened. A row waits
// a second for what belongs to it: the exit of the process, and the engine's event that says what
// the engine was asked to do. If the container has exited, the engine has another second.
package trace
