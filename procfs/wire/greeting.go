package wire

import "github.com/docker-pidns/docker-pidns/procfs"

// Protocol is the version of this protocol. It changes with every change of what is sent. Both
// ends are built from the same source, so one end need not understand another version.
const Protocol = 1

// magic begins the first message in each direction, so that any other program is told apart.
const magic = "docker-pidns /proc"

// Hello is what a client says first.
type Hello struct {
	// Tool is the version of the client's program.
	Tool string
	// Nonce is chosen by the client, at most 128 bytes. The server returns it. A server that
	// was started with a nonce serves no other.
	Nonce string
	// Sought is what attention looks for in executables.
	Sought procfs.Sought
}

// Welcome is what a server says first: which /proc it reads.
type Welcome struct {
	// Tool is the version of the server's program.
	Tool string
	// Nonce is that of the client.
	Nonce string
	// Root is where the /proc is mounted at the server.
	Root string
	// BootID is new at every boot of the host (sys/kernel/random/boot_id).
	BootID procfs.Opt[string]
	// PIDNamespace is the inode number of the PID namespace of the /proc that is read: that of
	// the server, if it is in the same (self/status NSpid, self/ns/pid), or else that of process
	// 1 (1/ns/pid), which takes the right to trace it.
	PIDNamespace procfs.Opt[uint64]
	// PID is the number of the server itself in the /proc that it reads (self). It is not held
	// if it has none there.
	PID procfs.Opt[int]
}

// versioned is the beginning of a first message. If it is of another version, nothing else is
// read.
func (c *coder) versioned(tool *string) {
	beginning, version := magic, Protocol
	c.text(&beginning)
	c.int(&version)
	c.text(tool)
	switch {
	case beginning != magic:
		c.fail("it does not begin as this protocol does")
	case version != Protocol:
		c.fail("version %d of the protocol, want %d (the program is docker-pidns %q)", version, Protocol, *tool)
	}
}

func (c *coder) hello(v *Hello) {
	c.versioned(&v.Tool)
	c.nonce(&v.Nonce)
	c.sought(&v.Sought)
}

func (c *coder) nonce(v *string) {
	c.text(v)
	if len(*v) > mostNonce {
		c.fail("a nonce of %d bytes", len(*v))
		*v = ""
	}
}

func (c *coder) welcome(v *Welcome) {
	c.versioned(&v.Tool)
	c.nonce(&v.Nonce)
	c.text(&v.Root)
	opt(c, &v.BootID, (*coder).text)
	c.inode(&v.PIDNamespace)
	c.optInt(&v.PID)
}
