package procfs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

var cmdlineTests = map[string]struct {
	data string
	want []string
}{
	"nothing":                     {"", nil},
	"one argument":                {"init\x00", []string{"init"}},
	"several":                     {"sh\x00-c\x00sleep 1; exit\x00", []string{"sh", "-c", "sleep 1; exit"}},
	"one empty argument":          {"\x00", []string{""}},
	"empty arguments everywhere":  {"\x00a\x00\x00b\x00\x00", []string{"", "a", "", "b", ""}},
	"title without a final NUL":   {"nginx: worker process", []string{"nginx: worker process"}},
	"last argument cut":           {"sh\x00-c\x00sle", []string{"sh", "-c", "sle"}},
	"newline, ESC and bidi":       {"a\nb\x00\x1b[2J\x00\u202eevil\x00", []string{"a\nb", "\x1b[2J", "\u202eevil"}},
	"bytes that are no UTF-8":     {"\xff\xfe\x00", []string{"\xff\xfe"}},
	"title padded with NUL bytes": {"title\x00\x00\x00", []string{"title", "", ""}},
}

func TestParseCmdline(t *testing.T) {
	for name, test := range cmdlineTests {
		t.Run(name, func(t *testing.T) {
			procfstest.Equal(t, procfs.ParseCmdline([]byte(test.data)), test.want)
		})
	}
}

func TestParseCmdlineOfEveryCut(t *testing.T) {
	const whole = "sh\x00\x00-c\x00sleep\x00"
	args := procfs.ParseCmdline([]byte(whole))
	for n := 1; n < len(whole); n++ {
		got := procfs.ParseCmdline([]byte(whole[:n]))
		last := len(got) - 1
		if !slices.Equal(got[:last], args[:last]) || !strings.HasPrefix(args[last], got[last]) {
			t.Errorf("cut to %q: got %q", whole[:n], got)
		}
	}
}

func FuzzParseCmdline(f *testing.F) {
	for _, test := range cmdlineTests {
		f.Add([]byte(test.data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		args := procfs.ParseCmdline(data)
		if (args == nil) != (len(data) == 0) {
			t.Fatalf("%q: got %q", data, args)
		}
		// Only the final NUL is lost, which may have been missing.
		joined := strings.Join(args, "\x00")
		if joined != strings.TrimSuffix(string(data), "\x00") {
			t.Fatalf("%q: got %q", data, args)
		}
	})
}
