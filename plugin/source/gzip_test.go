package source

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// gzipped is the text compressed by gzip.
func gzipped(t *testing.T, text io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.Copy(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A compressed capture is read like a plain one, whatever its name and wherever it comes from,
// and with the same limit.
func TestCompressedFile(t *testing.T) {
	var saved bytes.Buffer
	if err := two().Encode(&saved); err != nil {
		t.Fatal(err)
	}
	whole := gzipped(t, bytes.NewReader(saved.Bytes()))
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-6]++ // its checksum
	bomb := gzipped(t, io.LimitReader(blanks{}, 64<<20))
	for name, test := range map[string]struct {
		data []byte
		most int64
		err  string
	}{
		"whole": {whole, 0, ""}, "exactly": {whole, int64(saved.Len()), ""},
		"too long":   {whole, int64(saved.Len() - 1), "raise --max-snapshot"},
		"cut":        {whole[:len(whole)/2], 0, "compressed data is incomplete"},
		"damaged":    {damaged, 0, "compressed data is incomplete"},
		"begun":      {whole[:2], 0, "compressed data is incomplete"},
		"one byte":   {whole[:1], 0, "at the beginning"},
		"twice":      {append(bytes.Clone(whole), whole...), 0, "more data follows it"},
		"no capture": {gzipped(t, strings.NewReader("hello")), 0, "at the beginning"},
		"within":     {gzipped(t, bytes.NewReader(whole)), 0, "at the beginning"}, // compressed twice
		"a bomb":     {bomb, 1 << 20, "it is longer than 1048576 bytes"},
	} {
		path := filepath.Join(t.TempDir(), "saved")
		if err := os.WriteFile(path, test.data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, f := range []File{{Path: path, Most: test.most}, {Path: "-", In: bytes.NewReader(test.data), Most: test.most}} {
			c, err := f.Capture(t.Context(), need.Tree(nil))
			switch {
			case test.err == "" && (err != nil || names(c) != "demo other"):
				t.Errorf("%s, %.1s: got %v", name, f.Path, err)
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("%s, %.1s: got %v", name, f.Path, err)
			}
		}
	}
}

// blanks is endless.
type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
