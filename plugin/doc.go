// Package plugin is the commands: flags in, one question to package inspect,
// one call to package render, and what could not be answered on standard
// error.
//
// What helps against an error that ended a command is added here, by its kind (hints.go),
// and exit statuses are given here (status.go). What helps against a problem of one
// container, and the next command about an answer, are fields of these and come with
// them.
package plugin
