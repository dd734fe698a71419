// Package read reads the processes of one Linux host from its /proc into the types of
// package procfs, whose parsers take the bytes of each file.
//
// An [FS] is one mount of /proc. It scans all processes, surveys them (little of each,
// more of those that are asked for), or follows a family: what is below a shim, in a
// control group or in a PID namespace. What vanishes while it is read, may not be read or
// makes no sense is noted in the snapshot and never left out without a word.
//
// On other systems than Linux nothing can be read, and [Open] says so.
package read
