package trace

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// The most that is read of a line, and of rows.
const (
	mostLine = 64 << 10
	mostRows = 100_000
)

// Decode reads rows that were written as JSON, one a line, and returns those of one container. Keys
// that are not known are ignored.
func Decode(from io.Reader, containerID string) ([]Row, error) {
	var rows []Row
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 4096), mostLine)
	n := 0
	for n = 1; lines.Scan(); n++ {
		var r Row
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("line %d is not a row of trace --format json: %w", n, err)
		}
		if r.Time.IsZero() || r.Event == "" || r.ContainerID == "" || r.Event == Exit && r.ExitCode == nil || r.hasOutcome() && (r.ExitCode == nil || r.Seconds == nil) || r.Event == Reaping && r.Seconds == nil {
			return nil, fmt.Errorf("line %d is not a row of trace --format json: keys are missing", n)
		}
		if r.ContainerID == containerID {
			rows = append(rows, r)
		}
		if len(rows) > mostRows {
			return nil, fmt.Errorf("more than %d rows about the container", mostRows)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n, err)
	}
	return rows, nil
}

// hasOutcome reports whether the row of a signal includes the exit of the process.
func (r *Row) hasOutcome() bool {
	return r.Event == SignalSent && (r.Outcome == Exited || r.Outcome == Killed)
}
