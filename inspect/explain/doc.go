// Package explain says in plain words what a running container's main process is
// (running.go), why a container has exited (ending.go, exitcode.go), whether Docker restarts
// it (restart.go), and how its exit affects other containers (ifstopped.go).
//
// Each statement has a certainty. The other packages below inspect decide what the facts
// mean, and this package only puts it into words.
package explain
