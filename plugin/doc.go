// Package plugin is the commands: flags in, one question to package inspect,
// one call to package render, and what could not be answered on standard
// error. Hints ("try sudo") and exit statuses are given here and nowhere else.
package plugin
