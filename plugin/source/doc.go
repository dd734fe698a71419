// Package source makes captures: it joins what an engine says with what the
// /proc of its host says. One Source is one host: the local one ([Local]), or
// one that was written to a file ([File]).
//
// It orders the reading (containers, processes, a second look, and once more
// where something changed in between) and judges whether the local /proc is
// the engine's. What the facts mean is left to package inspect.
package source
