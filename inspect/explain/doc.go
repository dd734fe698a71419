// Package explain says in plain words what a running container's main process is
// (running.go), why a container has ended (ending.go, exitcode.go), whether it is
// started again (restart.go), and what its end does to others (ifstopped.go).
//
// Each statement carries how sure it is. What the facts mean is decided in the other
// packages below inspect, and only told here.
package explain
