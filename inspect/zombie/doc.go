// Package zombie says which processes have exited and are not reaped, where they came
// from (origin.go), who has not waited for them, and what helps (culprit.go).
package zombie
