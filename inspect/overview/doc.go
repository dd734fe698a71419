// Package overview has one line for each container: how many processes it has, and what is wrong
// with it, the worst first.
//
// Numbers are from the newest capture. Verdicts can be from an earlier one, because they need
// more to be read. A container that was restarted since has no verdict.
package overview
