package procfs_test

import (
	"errors"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestParseStatm(t *testing.T) {
	for text, want := range map[string]int{"1084 212 180 190 0 90 0\n": 1084, "0 0 0 0 0 0 0\n": 0, "7 ": 7} {
		if got, err := procfs.ParseStatm([]byte(text)); got != want || err != nil {
			t.Errorf("%q: got %d, %v", text, got, err)
		}
	}
	for text, reason := range map[string]string{"": "cut", "12\n": "cut", "-1 2\n": `"-1"`, "many 2\n": `"many"`, "18446744073709551615 1\n": "size"} {
		got, err := procfs.ParseStatm([]byte(text))
		procfstest.Refused(t, got, err, reason)
	}
}

func FuzzParseStatm(f *testing.F) {
	f.Add([]byte("1084 212 180 190 0 90 0\n"))
	f.Add([]byte("18446744073709551615 "))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := procfs.ParseStatm(data)
		if err != nil && (got != 0 || !errors.Is(err, procfs.ErrMalformed)) || got < 0 {
			t.Fatalf("got %v, error %v", got, err)
		}
	})
}
