package wire

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// mostFuzzed is the memory that a message may take in these tests.
const mostFuzzed = 1 << 20

// decoded decodes data, encodes the value, and decodes that again.
func decoded[T any](t *testing.T, data []byte, field func(*coder, *T)) {
	t.Helper()
	var value, again T
	r := newReader(data, mostFuzzed)
	field(r, &value)
	if err := r.end(); err != nil {
		var odd *ProtocolError
		if !errors.As(err, &odd) {
			t.Errorf("%T: %v", value, err)
		}
		return
	}
	w := newWriter()
	field(w, &value)
	r = newReader(w.data, mostAnswer)
	field(r, &again)
	if err := r.end(); err != nil || !reflect.DeepEqual(value, again) {
		t.Errorf("%#v is read again as %#v, %v", value, again, err)
	}
}

// A decoder refuses data, or decodes them to a value that survives coding.
func FuzzDecode(f *testing.F) {
	for _, write := range []func(*coder){
		func(c *coder) {
			c.snapshot(&procfs.Snapshot{Root: "/proc", Processes: []procfs.Process{{Key: procfs.Key{PID: 1, StartTicks: 5}, Comm: "init", State: "S"}}})
		},
		func(c *coder) { c.attention(&procfs.Attention{Handling: &procfs.Handling{Caught: 5}}) },
		func(c *coder) { c.host(&procfs.Host{BootID: procfs.Some("x")}) },
		func(c *coder) { c.welcome(&Welcome{Tool: "dev", Nonce: "n", PID: procfs.Some(7)}) },
		func(c *coder) { c.hello(&Hello{Sought: procfs.Sought{Signs: []procfs.Sign{{Marks: []string{"go"}}}}}) },
		func(c *coder) {
			c.completion(&completion{details: make([]procfs.Detail, 1), wanted: make([]wanted, 1)})
		},
	} {
		w := newWriter()
		write(w)
		f.Add(w.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		decoded(t, data, (*coder).snapshot)
		decoded(t, data, (*coder).process)
		decoded(t, data, (*coder).attention)
		decoded(t, data, (*coder).host)
		decoded(t, data, (*coder).oomFacts)
		decoded(t, data, (*coder).familyRead)
		decoded(t, data, (*coder).completion)
		decoded(t, data, (*coder).userNamespaces)
		decoded(t, data, (*coder).optFile)
		decoded(t, data, (*coder).hello)
		decoded(t, data, (*coder).welcome)
		decoded(t, data, (*coder).failure)
	})
}

// A client reads any stream to its end.
func FuzzStream(f *testing.F) {
	welcome := framed(greeting, encode(func(c *coder) { c.welcome(&Welcome{}) }))
	f.Add(welcome)
	f.Add(append(bytes.Clone(welcome), framed(1, reply([]byte{0, 0}, nil))...))
	f.Add(append(bytes.Clone(welcome), framed(1, reply(nil, errors.New("x")))...))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := dial(t.Context(), &played{Reader: bytes.NewReader(data)}, Hello{}, mostFuzzed)
		if err == nil {
			_, err = c.Process(1, procfs.Detail{})
			_ = c.Close()
		}
		var odd *ProtocolError
		var call *CallError
		if err != nil && !errors.As(err, &odd) && !errors.As(err, &call) && !errors.Is(err, ErrEnded) {
			t.Errorf("got %v", err)
		}
	})
}

// played is a stream that returns what was recorded, whatever is written to it.
type played struct{ io.Reader }

func (played) Write(p []byte) (int, error) { return len(p), nil }
func (played) Close() error                { return nil }
