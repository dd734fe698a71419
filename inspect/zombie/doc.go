// Package zombie says which processes have exited and are not reaped, who has not waited
// for them, and what helps (culprit.go).
package zombie
