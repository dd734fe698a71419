package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// A saved capture is read from a file or from the standard input, and answers every question
// completely. The error about another file names it.
func TestFile(t *testing.T) {
	var saved bytes.Buffer
	if err := two().Encode(&saved); err != nil {
		t.Fatal(err)
	}
	text := saved.String()
	newer := strings.Replace(text, `"Schema":"1.`, `"Schema":"9.`, 1)
	path := filepath.Join(t.TempDir(), "saved.json")
	for name, test := range map[string]struct {
		text, err string
		is        error
	}{
		"whole": {text, "", nil}, "cut": {text[:len(text)/2], "it is cut or damaged", nil}, "newer": {newer, "use a newer one", inspect.ErrNewerSchema},
		"empty": {"", "it is cut or damaged", nil},
	} {
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, f := range []File{{Path: path}, {Path: "-", In: strings.NewReader(test.text)}} {
			c, err := f.Capture(t.Context(), need.MainPID("demo", false))
			if test.err == "" {
				if err != nil || names(c) != "demo other" || len(c.Snapshot.Processes) != 6 {
					t.Errorf("%s, %s: got %v, %v", name, f.Path, c, err)
				}
				continue
			}
			if err == nil || !strings.Contains(err.Error(), test.err) || !strings.HasPrefix(err.Error(), "read snapshot "+f.Path+": ") || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%s, %s: got %v", name, f.Path, err)
			}
		}
	}
}

// A missing file is an error, and reading an input can be abandoned.
func TestFileCannotBeRead(t *testing.T) {
	if _, err := (File{Path: filepath.Join(t.TempDir(), "none")}).Capture(t.Context(), need.Tree(nil)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	reader, writer := io.Pipe() // it is never written to
	defer func() { _ = writer.Close() }()
	if _, err := (File{Path: "-", In: reader}).Capture(ctx, need.Tree(nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A larger snapshot is read if the limit allows it, and refused otherwise.
func TestLongestFile(t *testing.T) {
	var text bytes.Buffer
	if err := one().Encode(&text); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "snapshot")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, "-"} {
		for most, works := range map[int64]bool{0: true, int64(text.Len()): true, 10: false} {
			f := File{Path: name, In: bytes.NewReader(text.Bytes()), Most: most}
			if _, err := f.Capture(t.Context(), need.Tree(nil)); (err == nil) != works || err != nil && !strings.Contains(err.Error(), "10") {
				t.Errorf("%s, %d bytes: got %v", name, most, err)
			}
		}
	}
}
