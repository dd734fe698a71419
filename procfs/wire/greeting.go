package wire

import "github.com/docker-pidns/docker-pidns/procfs"

// Protocol is the version of this protocol. It changes with every change of what is sent. Both
// ends are built from the same source, so one end need not understand another version.
const Protocol = 3

// magic begins the first message in each direction, so that any other program is recognised.
const magic = "docker-pidns /proc"

// Hello is a client's first message.
type Hello struct {
	// Tool is the version of the client's program.
	Tool string
	// Nonce is chosen by the client and has at most 128 bytes. The server returns it. A server
	// that was started with a nonce accepts no other.
	Nonce string
	// Sought is what attention looks for in executables.
	Sought procfs.Sought
}

// Welcome is a server's first message. It says which /proc the server reads.
type Welcome struct {
	// Tool is the version of the server's program.
	Tool string
	// Nonce is that of the client.
	Nonce string
	// Root is where the /proc is mounted at the server.
	Root string
	// BootID is new at every boot of the host (sys/kernel/random/boot_id).
	BootID procfs.Opt[string]
	// PIDNamespace is the inode number of the PID namespace of the /proc that is read. It is
	// the server's namespace if the server is in it (self/status NSpid, self/ns/pid), or else
	// that of process 1 (1/ns/pid), which needs the right to trace it.
	PIDNamespace procfs.Opt[uint64]
	// PID is the PID of the server itself in the /proc that it reads (self). It is not held if
	// it has none there.
	PID procfs.Opt[int]
}

// versioned codes the beginning of a first message. If the version is another one, nothing else
// is read.
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
