//go:build !linux

package engine

import (
	"context"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// PeerPID is always source.ErrNoPeer, because the engine's processes are on another host.
func (c *Client) PeerPID(context.Context) (int, error) { return 0, source.ErrNoPeer }
