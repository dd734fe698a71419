// Package plugin has the commands. A command turns options into one question to package
// inspect and one call to package render. What could not be answered goes to standard error.
//
// hints.go adds to an error, by its kind, what helps against it. status.go gives exit
// statuses. Problems of single containers and answers have fields for what helps and for the
// next command.
package plugin
