// Package top shows on a terminal what is going on in containers, and keeps it up to date.
//
// A [Feed] takes the looks at a host. The model is a value: what is shown follows from it alone,
// and a message makes the next one. Nothing here acts on a container.
package top
