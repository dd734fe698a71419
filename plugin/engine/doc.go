// Package engine asks a Docker engine about its containers. It is the only
// importer of the Docker client, and it returns package inspect's types: what
// the engine said, with the time at which it said so. Every call has a
// deadline, and every answer a length beyond which it is not read.
//
// It knows nothing of /proc: whether the numbers it returns mean anything on
// this host is proved elsewhere. It says only which process serves the socket.
package engine
