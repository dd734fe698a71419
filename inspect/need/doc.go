// Package need says how much of which processes an answer depends on, so that little is read
// on a large host.
//
// It says what is read, and not how. The packages that read decide how.
package need
