// Package diff says what came and went between two captures of one host: containers,
// processes and namespaces (captures.go), and what the doctor finds (findings.go).
package diff
