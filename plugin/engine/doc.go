// Package engine asks a Docker engine about its containers. Only this package imports the
// Docker client. It returns the types of package inspect: what the engine reported, and
// when. It also runs the helper's container on the engine's host, and connects to it. Every
// call has a deadline, and every answer has a maximum length that is read.
//
// The package knows nothing of /proc. Other packages prove whether the PIDs in an answer are
// PIDs of this host. This package only says which process serves the socket.
package engine
