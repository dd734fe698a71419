package read

import (
	"errors"
	"net"
	"os"
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// The test itself listens: twice, and on one socket that is no longer its own.
func TestHoldings(t *testing.T) {
	var want []string
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		want = append(want, l.Addr().String())
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	h, err := realProc(t).Resources(os.Getpid())
	if err != nil || h.PID != os.Getpid() || h.StartTicks == 0 {
		t.Fatalf("got %+v, error %v", h, err)
	}
	if resident := h.ResidentBytes.Or(0); resident < 1<<20 || resident > 1<<32 {
		t.Errorf("%d bytes resident", resident)
	}
	for _, address := range want {
		if !slices.Contains(h.Listening.Or(nil), address) {
			t.Errorf("listens on %v: %v is missing", h.Listening, address)
		}
	}
	if gone := closed.Addr().String(); slices.Contains(h.Listening.Or(nil), gone) {
		t.Errorf("listens on %v, which is closed", gone)
	}
}

func TestHoldingsThatCannotBeRead(t *testing.T) {
	likeAnOrdinaryUser(t)
	f := newFakeProc(t)
	f.add(living(77))
	f.write("77/statm", "10 x\n")
	f.write("77/fd/0", "")
	f.deny("77/fd")
	h, err := f.open().Resources(77)
	if err != nil || h.ResidentBytes.Absence() != procfs.Malformed || h.Listening.Absence() != procfs.Denied {
		t.Errorf("got %+v, error %v", h, err)
	}
	if _, err := f.open().Resources(78); absenceOf(err) != procfs.Gone {
		t.Errorf("got %v", err)
	}
}

func TestParseListeners(t *testing.T) {
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	const line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0\n"
	list, err := procfs.ParseListeners([]byte(head + line + "   1: 0100007F:1F91 0100007F:1 01 0:0 0:0 0 0 0 4243 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, list, []procfs.Listener{{Inode: 4242, Address: "127.0.0.1:8080"}})
	for reason, text := range map[string]string{
		"cut": head + line[:40], "no hex": head + "0: 0100007G:1F90 0 0A 0 0 0 0 0 1\n", "short address": head + "0: 01:1F90 0 0A 0 0 0 0 0 1\n",
		"no port": head + "0: 0100007F 0 0A 0 0 0 0 0 1\n", "no inode": head + "0: 0100007F:1F90 0 0A 0 0 0 0 0 x\n",
	} {
		if list, err := procfs.ParseListeners([]byte(text)); !errors.Is(err, procfs.ErrMalformed) || list != nil {
			t.Errorf("%s: got %v, error %v", reason, list, err)
		}
	}
}

func FuzzParseListeners(f *testing.F) {
	f.Add([]byte("head\n0: 0100007F:1F90 0 0A 0 0 0 0 0 1\n"))
	f.Add([]byte("head\n0: 00000000000000000000000001000000:0050 0 0A 0 0 0 0 0 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if list, err := procfs.ParseListeners(data); err != nil && list != nil {
			t.Errorf("error %v with %v", err, list)
		}
	})
}
