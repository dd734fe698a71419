package helper

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

func packed(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A helper is found by Go's name of an architecture and by the kernel's.
func TestProgram(t *testing.T) {
	file := packed(t, "program")
	files := fstest.MapFS{"binaries/pidns-helper-linux-amd64.gz": {Data: file}}
	for _, architecture := range []string{"amd64", "x86_64"} {
		h, err := program(files, architecture)
		if err != nil || h.Architecture != "amd64" || !bytes.Equal(h.Gzip, file) || h.Size != len("program") || h.Digest != fmt.Sprintf("%x", sha256.Sum256(file)) {
			t.Errorf("%s: %+v, %v", architecture, h, err)
		}
		if data, err := h.Unpack(); err != nil || string(data) != "program" {
			t.Errorf("%s: %q, %v", architecture, data, err)
		}
	}
	var missing *MissingError
	if _, err := program(files, "aarch64"); !errors.As(err, &missing) || missing.Architecture != "arm64" || !strings.Contains(err.Error(), "make build") {
		t.Errorf("one that was not built: %v", err)
	}
	var unsupported *UnsupportedError
	if _, err := program(files, "s390x"); !errors.As(err, &unsupported) || err.Error() != "there is no helper for s390x, only for amd64 and arm64" {
		t.Errorf("one that there is not: %v", err)
	}
}

func TestUnpackRefuses(t *testing.T) {
	whole := packed(t, strings.Repeat("x", 1000))
	for name, h := range map[string]Helper{
		"no gzip":      {Gzip: []byte("program"), Size: 7},
		"cut":          {Gzip: whole[:len(whole)-9], Size: 1000},
		"another size": {Gzip: whole, Size: 999},
		"too large":    {Gzip: packed(t, string(make([]byte, mostProgram+5))), Size: mostProgram + 5},
	} {
		if data, err := h.Unpack(); err == nil || data != nil {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
}

// What this plugin carries can be unpacked, or is said to be missing.
func TestCarried(t *testing.T) {
	for _, architecture := range Architectures {
		h, err := Program(architecture)
		var missing *MissingError
		if errors.As(err, &missing) {
			continue
		}
		if data, err := h.Unpack(); err != nil || !bytes.HasPrefix(data, []byte("\x7fELF")) {
			t.Errorf("%s: %d bytes, %v", architecture, len(data), err)
		}
	}
}
