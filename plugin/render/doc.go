// Package render writes what package inspect found: tables, trees, sentences,
// JSON and Go templates. It is the only writer of tables, colours and tree
// lines, and it decides nothing.
//
// Text that a process chose is escaped before it reaches a terminal or a pipe;
// JSON carries it whole.
package render
