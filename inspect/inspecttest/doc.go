// Package inspecttest describes hosts as the kernel and an engine show them, for the
// tests of package inspect, of the packages below it, and of what writes their answers.
//
// A [World] is a capture that is added to word by word: a container, a process, what it
// has done. It never asks the machine that the test runs on.
package inspecttest
