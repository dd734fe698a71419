// Package helper has the programs that read /proc on an engine's host (cmd/pidns-helper), as
// make build puts them into the plugin. A plugin that was built by go build alone has none.
package helper

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// Architectures are those for which there is a helper, as Go names them.
var Architectures = []string{"amd64", "arm64"}

// kernelNames are the names that uname -m and an engine's Info.Architecture have for them.
var kernelNames = map[string]string{"x86_64": "amd64", "aarch64": "arm64"}

// binaries holds the programs, and a file without which the folder could not be embedded
// before they are built.
//
//go:embed all:binaries
var binaries embed.FS

// mostProgram is how large a helper may be in bytes, and the Makefile refuses larger ones.
const mostProgram = 3 << 20

// Helper is a static program for Linux.
type Helper struct {
	// Architecture is one of Architectures.
	Architecture string
	// Gzip is the program as gzip has compressed it, and Digest the SHA-256 of that, in
	// hexadecimal.
	Gzip   []byte
	Digest string
	// Size is the length of the program itself in bytes.
	Size int
}

// UnsupportedError means that there is no helper for an architecture.
type UnsupportedError struct {
	// Architecture is as the engine named it.
	Architecture string
}

// Error names those that there are.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("there is no helper for %s, only for %s", e.Architecture, strings.Join(Architectures, " and "))
}

// MissingError means that this plugin was built without its helpers.
type MissingError struct {
	// Architecture is the one that was asked for.
	Architecture string
}

// Error says how to get them.
func (e *MissingError) Error() string {
	return fmt.Sprintf("this plugin was built without the helper for %s: build it with make build", e.Architecture)
}

// Program is the helper for an architecture, by Go's name or the kernel's. An error is an
// *UnsupportedError or a *MissingError.
func Program(architecture string) (Helper, error) { return program(binaries, architecture) }

func program(files fs.FS, architecture string) (Helper, error) {
	goName := architecture
	if name, known := kernelNames[architecture]; known {
		goName = name
	}
	if !slices.Contains(Architectures, goName) {
		return Helper{}, &UnsupportedError{Architecture: architecture}
	}
	data, err := fs.ReadFile(files, "binaries/pidns-helper-linux-"+goName+".gz")
	const sizeField = 4 // the last bytes of a gzip file (RFC 1952, ISIZE)
	if err != nil || len(data) < sizeField {
		return Helper{}, &MissingError{Architecture: goName}
	}
	sum := sha256.Sum256(data)
	size := binary.LittleEndian.Uint32(data[len(data)-sizeField:])
	return Helper{Architecture: goName, Gzip: data, Digest: hex.EncodeToString(sum[:]), Size: int(size)}, nil
}

// Unpack returns the program itself.
func (h *Helper) Unpack() ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(h.Gzip))
	if err != nil {
		return nil, fmt.Errorf("unpack the helper: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(r, mostProgram+1))
	if err == nil && len(data) != h.Size {
		err = errors.New("it has another size than it says")
	}
	if err != nil {
		return nil, fmt.Errorf("unpack the helper: %w", err)
	}
	return data, nil
}
