// Package plugin is the commands: flags in, one question to package inspect,
// one call to package render, and what could not be answered on standard
// error.
//
// What helps against an error is added here, by its kind (hints.go), and exit statuses
// are given here (status.go). The next command about an answer is part of the answer,
// and comes from package inspect.
package plugin
