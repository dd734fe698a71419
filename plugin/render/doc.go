// Package render writes what package inspect found: tables, trees, sentences, JSON and Go
// templates. Only this package writes tables, colours and tree lines, and it decides
// nothing.
//
// Text that a process chose is escaped before it is written to a terminal or a pipe. JSON
// has it unchanged.
package render
