//go:build linux

package main

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func TestSocketsHavePortsAndStates(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "net"), 0o755); err != nil {
		t.Fatal(err)
	}
	lines := "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 101 1 0 100 0 0 10 0\n" +
		"   1: 0100007F:1F90 0100007F:A000 01 00000000:00000000 00:00000000 00000000     0        0 102 1 0 20 4 30 10 -1\n" +
		"   2: 0100007F:1F90 0100007F:A001 06 00000000:00000000 03:00001234 00000000     0        0 0 3 0\n"
	if err := os.WriteFile(filepath.Join(dir, "net", "tcp"), []byte(lines), 0o644); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"101": "tcp-8080-listening", "102": "tcp-8080-established"}
	if got := tcpSockets(dir); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
