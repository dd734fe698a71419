// Package zombie finds the processes that have exited and are not reaped, the process that
// has not waited for them, and what helps (culprit.go).
package zombie
