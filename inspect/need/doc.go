// Package need says how much of which processes an answer rests on, so that of a large
// host little is read.
//
// It knows what is read and not how: that is left to who reads.
package need
