package procfs

import (
	"bytes"
	"fmt"
)

// Credentials decide which files a process may read (/proc/PID/status), as the user namespace
// of the reader sees them.
type Credentials struct {
	// FSUID and FSGID are the last of Uid and Gid, Groups the supplementary groups.
	FSUID, FSGID int
	Groups       []int
	// Effective are the effective capabilities (CapEff), which hold in the process's user
	// namespace.
	Effective Capabilities
}

// ParseCredentials reads the credentials from /proc/PID/status.
func ParseCredentials(status []byte) (Credentials, error) {
	var c Credentials
	var uid, gid, effective bool
	for line := range bytes.Lines(status) {
		key, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		var err error
		switch string(key) {
		case "Uid":
			c.FSUID, err = fileSystemID(value)
			uid = true
		case "Gid":
			c.FSGID, err = fileSystemID(value)
			gid = true
		case "Groups":
			if len(value) > 0 {
				c.Groups, err = parseIntegers(value)
			}
		case "CapEff":
			c.Effective, err = ParseCapabilities(value)
			effective = true
		}
		if err != nil {
			return Credentials{}, fmt.Errorf("%w status: %s: %w", ErrMalformed, key, err)
		}
	}
	if !uid || !gid || !effective || !bytes.HasSuffix(status, []byte("\n")) {
		return Credentials{}, fmt.Errorf("%w status: no Uid, Gid or CapEff", ErrMalformed)
	}
	return c, nil
}

// fileSystemID is the last of the four IDs, which counts for files.
func fileSystemID(value []byte) (int, error) {
	ids, err := parseIntegers(value)
	if err == nil && len(ids) != 4 {
		err = fmt.Errorf("%d IDs, want 4", len(ids))
	}
	if err != nil {
		return 0, err
	}
	return ids[3], nil
}
