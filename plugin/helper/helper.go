// Package helper has the programs that read /proc on an engine's host (cmd/pidns-helper), as
// make build puts them into the plugin. A plugin that was built by go build alone has none.
package helper

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// Architectures are the architectures that have a helper, by Go's names.
var Architectures = []string{"amd64", "arm64"}

// kernelNames are their names in uname -m and in an engine's Info.Architecture.
var kernelNames = map[string]string{"x86_64": "amd64", "aarch64": "arm64"}

// binaries has the programs. It also has another file, because an empty folder could not be
// embedded before they are built.
//
//go:embed all:binaries
var binaries embed.FS

// mostProgram is the maximum size of a helper in bytes. A helper with the kernel's iterator of
// tasks has almost 5 MB. make refuses a helper without it that has more than 3 MB.
const mostProgram = 8 << 20

// Helper is a static program for Linux.
type Helper struct {
	// Architecture is one of Architectures.
	Architecture string
	// Gzip is the program, compressed by gzip.
	Gzip []byte
	// Digest is the SHA-256 of the program itself, in hexadecimal digits, and Size its length
	// in bytes. The same source gives the same digest, however it is compressed.
	Digest string
	Size   int
}

// UnsupportedError means that there is no helper for an architecture.
type UnsupportedError struct {
	// Architecture is as the engine named it.
	Architecture string
}

// Error names the architectures that have a helper.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("there is no helper for %s, only for %s", e.Architecture, strings.Join(Architectures, " and "))
}

// MissingError means that this plugin was built without its helpers.
type MissingError struct {
	// Architecture is the one that was asked for.
	Architecture string
}

// Error says how to build the helpers.
func (e *MissingError) Error() string {
	return fmt.Sprintf("this plugin was built without the helper for %s: build it with make build", e.Architecture)
}

// Program is the helper for an architecture, by Go's name or the kernel's. An error is an
// *UnsupportedError, a *MissingError, or about a damaged file.
func Program(architecture string) (Helper, error) { return program(binaries, architecture) }

func program(files fs.FS, architecture string) (Helper, error) {
	goName := architecture
	if name, known := kernelNames[architecture]; known {
		goName = name
	}
	if !slices.Contains(Architectures, goName) {
		return Helper{}, &UnsupportedError{Architecture: architecture}
	}
	packed, err := fs.ReadFile(files, "binaries/pidns-helper-linux-"+goName+".gz")
	if err != nil {
		return Helper{}, &MissingError{Architecture: goName}
	}
	data, err := unpack(packed)
	if err != nil {
		return Helper{}, fmt.Errorf("unpack the helper for %s: %w", goName, err)
	}
	sum := sha256.Sum256(data)
	return Helper{Architecture: goName, Gzip: packed, Digest: hex.EncodeToString(sum[:]), Size: len(data)}, nil
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, mostProgram+1))
	if err == nil && len(data) > mostProgram {
		err = fmt.Errorf("it has more than %d bytes", mostProgram)
	}
	return data, err
}
