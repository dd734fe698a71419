// Package diff finds what differs between two captures of one host: containers, processes
// and namespaces (captures.go), and the findings of the doctor (findings.go).
package diff
