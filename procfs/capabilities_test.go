package procfs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestCapabilities(t *testing.T) {
	c, err := procfs.ParseCapabilities([]byte("0000000000200000"))
	if err != nil || !c.Has(procfs.CapSysAdmin) || c.Has(procfs.CapSysResource) || c.Has(-1) || c.Has(64) {
		t.Errorf("got %x, %v", c, err)
	}
	text, err := c.MarshalText()
	var again procfs.Capabilities
	if err != nil || again.UnmarshalText(text) != nil || again != c || string(text) != "0000000000200000" {
		t.Errorf("written as %s, read as %x", text, again)
	}
	for _, bad := range []string{"", "200000", "00000000002000000", "000000000020000x"} {
		got, err := procfs.ParseCapabilities([]byte(bad))
		procfstest.Refused(t, got, err, "capabilities")
	}
	const head = "Name:\tx\nTgid:\t7\nUid:\t1\t1\t1\t1\n"
	status, err := procfs.ParseStatus([]byte(head + "CapEff:\t0000000000200000\n"))
	if err != nil || status.Effective != procfs.Some(c) {
		t.Errorf("got %v, %v", status.Effective, err)
	}
	cut, err := procfs.ParseStatus([]byte(head + "CapEff:\t2\n"))
	procfstest.Refused(t, cut.TGID, err, "CapEff")
	if status, err := procfs.ParseStatus([]byte(head)); err != nil || status.Effective.Held() {
		t.Errorf("without the line: got %v, %v", status.Effective, err)
	}
}

func FuzzParseCapabilities(f *testing.F) {
	f.Add([]byte("000001ffffffffff"))
	f.Add([]byte("+00001ffffffffff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := procfs.ParseCapabilities(data)
		if err != nil {
			if c != 0 || !errors.Is(err, procfs.ErrMalformed) {
				t.Fatalf("got %x, error %v", c, err)
			}
			return
		}
		if text, _ := c.MarshalText(); string(text) != strings.ToLower(string(data)) {
			t.Fatalf("%q is written as %q", data, text)
		}
	})
}
