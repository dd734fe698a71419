// Package wire reads the /proc of another host over a stream. A [Server] on that host answers
// the calls of a [Client]. The package opens no stream itself.
//
// Each end first sends a greeting with the version of the protocol, which must be the same, and
// the client's nonce. The server also reports which /proc it reads. That proves nothing by
// itself. The program that has started the server compares the boot ID, the PID namespace and
// the server's own PID with what it knows.
//
// A message is one frame or several. Calls have numbers, and are answered in any order. An
// error is about its call only, and [errors.Is] works for it. A cancelled call is cancelled at
// the server. The server ends with its stream.
//
// Functions cannot be sent. The client calls a [procfs.Selection] for each process of a survey,
// and sends what is wanted of which process. Facts that a survey should read ahead are read
// after it. What is looked for in programs is data ([procfs.Sought]).
//
// A lying server can report wrong facts, as its host could. It cannot make the client use more
// memory than bounds.go allows, or more time than the client's context allows.
package wire
