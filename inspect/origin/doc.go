// Package origin says where a process came from: an exec session, a health check, or
// something that cannot be told; and which runs of a health check live on after their
// time (overdue.go).
package origin
