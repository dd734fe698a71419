package read

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

const (
	// mostScript is the size up to which a script is read, in bytes.
	mostScript = 64 << 10
	// mostWords is how many arguments are tried: those before it are options and
	// their values.
	mostWords = 4
)

// script reads the text file that the first of the arguments names that names
// one. NotHeld where none does.
func (d processDir) script() procfs.Opt[string] {
	data, _, err := d.cmdline("")
	if err != nil {
		return procfs.None[string](absenceOf(err))
	}
	args := strings.Split(string(data), "\x00")
	for _, arg := range args[min(1, len(args)):min(1+mostWords, len(args))] {
		if arg == "" || arg[0] == '-' || arg[0] == '+' {
			continue
		}
		if text, err := d.text(arg); err == nil {
			return procfs.Some(text)
		} else if why := absenceOf(err); why == procfs.Denied {
			return procfs.None[string](why)
		}
	}
	return procfs.None[string](procfs.NotHeld)
}

// text reads a whole text file as the process sees it.
func (d processDir) text(path string) (string, error) {
	file, err := d.openInside(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, mostScript+1))
	switch {
	case err != nil:
		return "", err
	case len(data) > mostScript, bytes.IndexByte(data, 0) >= 0:
		return "", fmt.Errorf("read %s: %w", path, procfs.ErrMalformed)
	default:
		return string(data), nil
	}
}
