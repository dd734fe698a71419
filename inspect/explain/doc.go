// Package explain says in plain words what docker stop does to a running container and
// what its main process is (running.go), why a container exited (ending.go, exitcode.go),
// whether it is restarted (restart.go), and how its exit affects other containers
// (ifstopped.go).
//
// Each statement carries how sure it is. What the facts mean is decided in the other
// packages below inspect, and only put into words here.
package explain
