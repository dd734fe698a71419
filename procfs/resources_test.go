package procfs

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

// Addresses are written as net/netip writes them.
func TestSocketAddress(t *testing.T) {
	for _, text := range []string{
		"0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1", "1::", "fe80::1", "1:0:0:2::3", "1::2:0:0:3", "1:0:2:0:3:0:4:0", "1:2:3:4:5:6:7:8",
		"::ffff:10.0.0.1", "::fffe:a00:1", "0:1::", "1:2:3:4:5:6::", "::3:4:5:6:7:8", "1:0:3:4:5:6:7:8",
	} {
		holdAddress(t, netip.MustParseAddr(text))
	}
	for range 20000 {
		var bytes [16]byte
		for i := range bytes {
			bytes[i] = byte(rand.UintN(256)) * byte(rand.UintN(2)) * byte(rand.UintN(2))
		}
		holdAddress(t, netip.AddrFrom16(bytes))
	}
}

func holdAddress(t *testing.T, address netip.Addr) {
	t.Helper()
	want := strings.TrimSuffix(netip.AddrPortFrom(address, 0).String(), ":0")
	if got := socketAddress(address.AsSlice()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
