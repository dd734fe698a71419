package read

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

const (
	// mostScript is the size up to which a script is read, in bytes.
	mostScript = 64 << 10
	// mostWords is how many arguments are tried. The arguments before a script are options and
	// their values.
	mostWords = 4
)

// script reads the first text file that one of the first arguments names. It is NotHeld if
// there is none. It is Denied if the process may not read the file. Such a file may not be its
// script, and must not get into a snapshot that others read.
func (f FS) script(key procfs.Key, spend *allowance) procfs.Opt[string] {
	text, err := aside(spend, func() (procfs.Opt[string], error) {
		d, err := f.openKnown(key, spend)
		if err != nil {
			return procfs.None[string](absenceOf(err)), nil
		}
		defer d.close()
		return d.script(), nil
	})
	if err != nil {
		return procfs.None[string](absenceOf(err))
	}
	return text
}

func (d processDir) script() procfs.Opt[string] {
	data, _, err := d.cmdline("")
	if err != nil {
		return procfs.None[string](absenceOf(err))
	}
	args := strings.Split(string(data), "\x00")
	rights, err := d.rights()
	if err != nil {
		return procfs.None[string](absenceOf(err))
	}
	for _, arg := range args[min(1, len(args)):min(1+mostWords, len(args))] {
		if arg == "" || arg[0] == '-' || arg[0] == '+' {
			continue
		}
		if text, err := d.text(arg, rights); err == nil {
			return procfs.Some(text)
		} else if why := absenceOf(err); why == procfs.Denied || why == procfs.TimedOut || why == procfs.Unread {
			return procfs.None[string](why)
		}
	}
	return procfs.None[string](procfs.NotHeld)
}

// text reads a whole text file as the process sees it, if the process may read it.
func (d processDir) text(path string, rights rights) (string, error) {
	base, resolve, err := d.openBase(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = unix.Close(base) }()
	file, err := rights.do(func() (*os.File, error) { return openBelow(base, path, resolve) })
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
