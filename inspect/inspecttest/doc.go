// Package inspecttest describes hosts as the kernel and an engine show them. It is for the
// tests of package inspect, of the packages below it, and of the packages that write their
// answers.
//
// A [World] is a capture that is built step by step: a container, a process, what the
// process has done. It never reads the machine on which the test runs.
package inspecttest
