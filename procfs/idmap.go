package procfs

import (
	"bytes"
	"errors"
	"fmt"
)

// IDMapping is one line of /proc/PID/uid_map: Length user IDs that begin at
// Inside in the process's user namespace and at Outside in the reader's.
type IDMapping struct {
	Inside, Outside, Length uint32
}

// ParseIDMap reads /proc/PID/uid_map. An empty file is a user namespace without a map.
func ParseIDMap(data []byte) ([]IDMapping, error) {
	var list []IDMapping
	for line := range bytes.Lines(data) {
		m, err := parseIDMapping(line)
		if err != nil {
			return nil, fmt.Errorf("%w uid_map: %w", ErrMalformed, err)
		}
		list = append(list, m)
	}
	return list, nil
}

func parseIDMapping(line []byte) (IDMapping, error) {
	if !bytes.HasSuffix(line, []byte("\n")) {
		return IDMapping{}, errors.New("cut")
	}
	fields := bytes.Fields(line)
	if len(fields) != 3 {
		return IDMapping{}, fmt.Errorf("%d fields, want 3", len(fields))
	}
	var v [3]uint32
	p := numbers{}
	for i, field := range fields {
		n := p.unsigned(field)
		if n > 1<<32-1 {
			return IDMapping{}, fmt.Errorf("%d is not a user ID", n)
		}
		v[i] = uint32(n)
	}
	return IDMapping{Inside: v[0], Outside: v[1], Length: v[2]}, p.err
}

// InsideID is the user ID inside the namespace of the reader's user ID id,
// and whether the map has one.
func InsideID(mappings []IDMapping, id int) (int, bool) {
	for _, m := range mappings {
		offset := int64(id) - int64(m.Outside)
		if offset >= 0 && offset < int64(m.Length) {
			return int(int64(m.Inside) + offset), true
		}
	}
	return 0, false
}

// OutsideID is the reader's user ID of the user ID id inside the namespace, and whether
// the map has one.
func OutsideID(mappings []IDMapping, id int) (int, bool) {
	for _, m := range mappings {
		offset := int64(id) - int64(m.Inside)
		if offset >= 0 && offset < int64(m.Length) {
			return int(int64(m.Outside) + offset), true
		}
	}
	return 0, false
}
