package engine

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

func TestPeerPID(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	pid, err := New(nil, "unix://"+path, time.Minute).PeerPID(context.Background())
	if err != nil || pid != os.Getpid() {
		t.Errorf("got %d, %v; want this process, %d", pid, err, os.Getpid())
	}
	if _, err := New(nil, "tcp://127.0.0.1:1", time.Minute).PeerPID(context.Background()); !errors.Is(err, source.ErrNoPeer) {
		t.Errorf("tcp: got %v, want source.ErrNoPeer", err)
	}
	var unreachable *source.UnreachableError
	if _, err := New(nil, "unix://"+path+".none", time.Minute).PeerPID(context.Background()); !errors.As(err, &unreachable) || unreachable.Obstacle != source.NoSocket {
		t.Errorf("a socket that does not exist: got %v", err)
	}
}
