package procfs_test

import (
	"errors"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestParseTaskCount(t *testing.T) {
	for text, want := range map[string]procfs.TaskCount{"0.00 0.01 0.05 1/249 31813\n": {249, 31813}, "9.10 8.20 7.30 12/30001 99\n": {30001, 99}} {
		if got, err := procfs.ParseTaskCount([]byte(text)); err != nil || got != want {
			t.Errorf("%q: got %+v, error %v", text, got, err)
		}
	}
	for text, reason := range map[string]string{
		"":                             "0 fields",
		"0.00 0.01 0.05 1/249 31813":   "want 5",
		"0.00 0.01 0.05 1/249\n":       "4 fields",
		"0.00 0.01 0.05 249 31813\n":   `"249"`,
		"0.00 0.01 0.05 1/ 31813\n":    `"1/"`,
		"0.00 0.01 0.05 1/0 31813\n":   `"1/0"`,
		"0.00 0.01 0.05 1/-9 31813\n":  `"1/-9"`,
		"0.00 0.01 0.05 1/2/3 31813\n": `"1/2/3"`,
		"0.00 0.01 0.05 1/249 x\n":     `"x"`,
	} {
		got, err := procfs.ParseTaskCount([]byte(text))
		procfstest.Refused(t, got, err, reason)
	}
}

func FuzzParseTaskCount(f *testing.F) {
	f.Add([]byte("0.00 0.01 0.05 1/249 31813\n"))
	f.Add([]byte("0 0 0 / 0\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := procfs.ParseTaskCount(data)
		if err != nil && (n != procfs.TaskCount{} || !errors.Is(err, procfs.ErrMalformed)) || err == nil && n.Tasks <= 0 {
			t.Fatalf("%q: got %+v, error %v", data, n, err)
		}
	})
}
