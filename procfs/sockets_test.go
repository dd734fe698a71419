package procfs

import (
	"errors"
	"testing"
)

const tcp4 = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 12346 1 0 20 4 30 10 -1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 12347 1 0 20 4 30 10 -1
   3: 0100007F:1F90 0100007F:C351 06 00000000:00000000 03:00000176 00000000     0        0 0 3 0
`

const tcp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF00000100007F:C352 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
`

// Clients are connected to a port with a listener. The other end of the same connection does not
// count, and neither does one that is closing.
func TestClients(t *testing.T) {
	var s Sockets
	for _, data := range []string{tcp4, tcp6} {
		if err := s.AddTCP([]byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Clients(); got != 2 {
		t.Errorf("got %d clients, want 2: %+v", got, s)
	}
	var cut Sockets
	if err := cut.AddTCP([]byte(tcp4[:len(tcp4)-200])); err != nil || cut.Clients() != 1 {
		t.Errorf("cut within a line: %v, %+v", err, cut)
	}
	for _, wrong := range []string{"heading\nx\n", "heading\n 0: 00000000:ZZ x 0A\n", "heading\n 0: nothing x 0A\n"} {
		if err := new(Sockets).AddTCP([]byte(wrong)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: got %v", wrong, err)
		}
	}
	if err := new(Sockets).AddTCP(nil); err != nil {
		t.Errorf("an empty file: %v", err)
	}
}
