// Package read reads the processes of one Linux host from its /proc into the types of package
// procfs. The parsers of that package take the bytes of each file.
//
// An [FS] is one mount of /proc. It has three ways to read. It can scan all processes. It can
// survey them, and then read little of each and more of some. It can follow a family: what is
// below a shim, in a control group or in a PID namespace. The snapshot notes every process
// that vanishes while it is read, may not be read, or makes no sense.
//
// On systems other than Linux nothing can be read, and [Open] says so.
package read
