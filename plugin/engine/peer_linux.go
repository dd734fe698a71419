package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// PeerPID is the PID of the process that serves the engine's unix socket, in the caller's PID
// namespace (SO_PEERCRED). It is 0 if the process is not visible there.
func (c *Client) PeerPID(ctx context.Context) (int, error) {
	path, ok := strings.CutPrefix(c.endpoint, "unix://")
	if !ok {
		return 0, source.ErrNoPeer
	}
	// The kernel answers this, not the engine.
	ctx, cancel := context.WithTimeout(ctx, max(c.timeout, time.Second))
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err != nil && ctx.Err() == nil {
		return 0, &source.UnreachableError{Endpoint: c.endpoint, Obstacle: obstacle(err), Cause: brief(err)}
	}
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err = errors.Join(err, credErr); err != nil {
		return 0, fmt.Errorf("read credentials of %s: %w", path, err)
	}
	return int(cred.Pid), nil
}
