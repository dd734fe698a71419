package procfs_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestParseSignalSet(t *testing.T) {
	tests := map[string][]int{
		"0000000000000000": nil,
		"0000000000000001": {1},
		"0000000000014000": {15, procfs.SIGCHLD},
		"8000000180000000": {32, 33, 64},
	}
	for mask, signals := range tests {
		set, err := procfs.ParseSignalSet([]byte(mask))
		if err != nil {
			t.Errorf("%s: %v", mask, err)
		}
		var got []int
		for n := -1; n <= 66; n++ {
			if set.Has(n) {
				got = append(got, n)
			}
		}
		procfstest.Equal(t, got, signals)
	}
}

func TestParseSignalSetRefuses(t *testing.T) {
	tests := map[string]struct{ mask, reason string }{
		"nothing":         {"", "not 16 digits"},
		"too short":       {"000000000001400", "not 16 digits"},
		"too long":        {"00000000000140000", "not 16 digits"},
		"not hexadecimal": {"00000000000g4000", "invalid syntax"},
		"a sign":          {"+000000000014000", "invalid syntax"},
		"a prefix":        {"0x00000000014000", "invalid syntax"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := procfs.ParseSignalSet([]byte(test.mask))
			procfstest.Refused(t, got, err, test.reason)
		})
	}
}

func TestSignalSetAsJSON(t *testing.T) {
	const text = `{"Pending":"0000000000000000","Blocked":"0000000000004000","Ignored":"8000000000000000","Caught":"ffffffffffffffff"}`
	set := procfs.Signals{Blocked: 0x4000, Ignored: 1 << 63, Caught: 1<<64 - 1}
	data, err := json.Marshal(set)
	if err != nil || string(data) != text {
		t.Errorf("got %s, error %v, want %s", data, err, text)
	}
	var again procfs.Signals
	if err := json.Unmarshal(data, &again); err != nil || again != set {
		t.Errorf("read back as %+v, error %v", again, err)
	}
	if err := json.Unmarshal([]byte(`{"Caught":"all"}`), &again); err == nil {
		t.Error("a word is taken for a mask")
	}
}

func FuzzParseSignalSet(f *testing.F) {
	for _, seed := range []string{"0000000000014000", "ffffffffffffffff", "FFFFFFFFFFFFFFFF", "00000000000g4000", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, mask []byte) {
		set, err := procfs.ParseSignalSet(mask)
		if err != nil {
			if set != 0 || !errors.Is(err, procfs.ErrMalformed) {
				t.Fatalf("got %x, error %v", set, err)
			}
			return
		}
		if text, err := set.MarshalText(); err != nil || !strings.EqualFold(string(text), string(mask)) {
			t.Fatalf("%s is written as %s, error %v", mask, text, err)
		}
	})
}
