// Package origin finds out where a process came from: an exec session, a health check, or
// unknown. It also finds the runs of a health check that still run after the check is over
// (overdue.go).
package origin
