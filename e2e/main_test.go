//go:build e2e && linux

// Package e2e compares the real docker pidns with other sources: docker inspect, ps, the
// kernel's /proc read by the tests themselves, and what processes in containers write about
// themselves. It needs root, a Docker engine on this host (script/engine.sh finds or makes one)
// and, except for missing packages, no network.
//
// Everything that the tests make has the label docker-pidns.e2e. An interrupted run leaves some:
// docker rm -f $(docker ps -aq --filter label=docker-pidns.e2e) It may also leave a user
// e2e-SOMETHING, with an engine of its own.
package e2e

import (
	"fmt"
	"os"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

func TestMain(m *testing.M) {
	status, err := Main(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	os.Exit(status)
}
