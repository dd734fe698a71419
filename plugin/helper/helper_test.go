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
		if err != nil || h.Architecture != "amd64" || !bytes.Equal(h.Gzip, file) || h.Size != len("program") || h.Digest != fmt.Sprintf("%x", sha256.Sum256([]byte("program"))) {
			t.Errorf("%s: %+v, %v", architecture, h, err)
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

func TestDamagedProgram(t *testing.T) {
	whole := packed(t, strings.Repeat("x", 1000))
	for name, data := range map[string][]byte{
		"no gzip": []byte("program"), "cut": whole[:len(whole)-9], "too large": packed(t, string(make([]byte, mostProgram+5))), "empty": nil,
	} {
		h, err := program(fstest.MapFS{"binaries/pidns-helper-linux-arm64.gz": {Data: data}}, "arm64")
		if err == nil || h.Size != 0 || !strings.Contains(err.Error(), "unpack the helper for arm64") {
			t.Errorf("%s: %d bytes, %v", name, h.Size, err)
		}
	}
}

// This plugin carries a program for each architecture, or reports that it is missing.
func TestCarried(t *testing.T) {
	for _, architecture := range Architectures {
		h, err := Program(architecture)
		var missing *MissingError
		if err != nil && !errors.As(err, &missing) || err == nil && h.Size < 1<<20 {
			t.Errorf("%s: %d bytes, %v", architecture, h.Size, err)
		}
	}
}
