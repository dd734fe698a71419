// Package wire reads the /proc of another host over a stream. A [Server] beside that /proc
// answers the calls of a [Client]. Any stream will do: the package opens none.
//
// Each end says hello first: the version of the protocol, which must be the same, and the
// client's nonce. The server also says which /proc it reads. That proves nothing by itself:
// whoever has started the server compares the boot ID, the PID namespace and the server's own
// PID with what it knows.
//
// A message is one frame or several. Calls have numbers, and are answered in any order. An
// error is that of its call alone, and keeps what [errors.Is] compares. A cancelled call is
// cancelled at the server. The server ends with its stream.
//
// Functions cannot be sent. A [procfs.Selection] is asked by the client about what a survey has
// brought, and what is wanted of which process is sent. What is wanted ahead in a survey is
// read after it. What is looked for in programs is data ([procfs.Sought]).
//
// A server that lies can tell wrong facts, as its host could. It cannot have more memory taken
// than bounds.go says, and no more time than the client's context has.
package wire
