package read

import (
	"net"
	"os"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Clients that are connected to a port with a listener are counted, for the programs that need
// it.
func TestClientsOfThisProcess(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	client, err := net.Dial("tcp", server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	fs := realProc(t)
	wanted := fs.Programs(nil).WithClientsOf(func(procfs.Program) bool { return true })
	a, err := fs.Attention("a", os.Getpid(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := a.Clients.Get(); !ok || n < 1 {
		t.Errorf("got %v", a.Clients)
	}
	if a, err = fs.Attention("a", os.Getpid(), fs.Programs(nil)); err != nil || !a.Clients.IsZero() {
		t.Errorf("counted although nobody wants to know: %v, %v", a.Clients, err)
	}
}
