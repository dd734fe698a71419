// Package source makes captures. It joins what an engine reports with what the /proc of its
// host shows. One Source is one host: the local host ([Local]), or a host that was written
// to a file ([File]).
//
// It decides the order of reading: containers, processes, a second look, and all again if
// something changed in between. It judges whether the local /proc is that of the engine's
// host. What the facts mean is decided in package inspect.
package source
