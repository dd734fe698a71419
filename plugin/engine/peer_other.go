//go:build !linux

package engine

import (
	"context"
	"errors"
)

// ErrNoPeer means that the engine is not reached through a unix socket of this host.
var ErrNoPeer = errors.New("not a Linux unix socket")

// PeerPID is always ErrNoPeer: the engine's processes are elsewhere.
func (c *Client) PeerPID(context.Context) (int, error) { return 0, ErrNoPeer }
