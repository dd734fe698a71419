package procfs

import (
	"bytes"
	"errors"
	"fmt"
)

// Status are the values of /proc/PID/status that are used.
type Status struct {
	// TGID is the PID of the process to which a thread belongs (Tgid). It is 0 for a process
	// that was reaped while the kernel wrote the file.
	TGID int
	// State is the state of the thread whose status it is (State), "" if there is none.
	State     State
	TracerPID int
	UIDs      UIDs
	// NSPIDs and NSSIDs are the NSpid and NSsid lines, outermost namespace
	// first. A kernel without PID namespaces has neither.
	NSPIDs  []int
	NSSIDs  []int
	Signals Signals
	// ThreadPending are the signals that wait only for the main thread, or for the thread
	// whose status it is (SigPnd).
	ThreadPending SignalSet
	// Effective are the effective capabilities (CapEff).
	Effective Opt[Capabilities]
}

// ParseStatus reads /proc/PID/status. Unknown keys are skipped. A file without Tgid or Uid is
// malformed, and so is a file whose last line is cut.
func ParseStatus(data []byte) (Status, error) {
	if !bytes.HasSuffix(data, []byte("\n")) {
		return Status{}, fmt.Errorf("%w status: cut", ErrMalformed)
	}
	var s Status
	var seen statusSeen
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n')
		line := data[:end]
		data = data[end+1:]
		colon := bytes.IndexByte(line, ':')
		if colon < 0 {
			return Status{}, fmt.Errorf("%w status: line %q without a colon", ErrMalformed, line)
		}
		if err := s.take(line[:colon], line[colon+1:], &seen); err != nil {
			return Status{}, fmt.Errorf("%w status: %s: %w", ErrMalformed, line[:colon], err)
		}
	}
	if !seen.tgid || !seen.uid {
		return Status{}, fmt.Errorf("%w status: no Tgid or no Uid", ErrMalformed)
	}
	return s, nil
}

type statusSeen struct{ tgid, uid bool }

// take takes the value of one line. Most lines of the file are not used.
func (s *Status) take(key, value []byte, seen *statusSeen) (err error) {
	switch string(key) {
	case "State":
		value = bytes.TrimSpace(value)
		s.State = State(value[:min(1, len(value))])
	case "Tgid":
		p := numbers{}
		s.TGID, seen.tgid = int(p.unsigned32(bytes.TrimSpace(value))), true
		return p.err
	case "TracerPid":
		p := numbers{}
		s.TracerPID = p.integer(bytes.TrimSpace(value))
		return p.err
	case "Uid":
		s.UIDs, err = parseUIDs(value)
		seen.uid = true
	case "NSpid":
		s.NSPIDs, err = parseIntegers(value)
	case "NSsid":
		s.NSSIDs, err = parseIntegers(value)
	case "SigPnd":
		s.ThreadPending, err = ParseSignalSet(bytes.TrimSpace(value))
	case "ShdPnd":
		s.Signals.Pending, err = ParseSignalSet(bytes.TrimSpace(value))
	case "SigBlk":
		s.Signals.Blocked, err = ParseSignalSet(bytes.TrimSpace(value))
	case "SigIgn":
		s.Signals.Ignored, err = ParseSignalSet(bytes.TrimSpace(value))
	case "SigCgt":
		s.Signals.Caught, err = ParseSignalSet(bytes.TrimSpace(value))
	case "CapEff":
		s.Effective, err = someOf(ParseCapabilities(bytes.TrimSpace(value)))
	}
	return err
}

func parseUIDs(value []byte) (UIDs, error) {
	ids, err := parseIntegers(value)
	if err != nil {
		return UIDs{}, err
	}
	if len(ids) != 4 {
		return UIDs{}, fmt.Errorf("%d user IDs, want 4", len(ids))
	}
	return UIDs{Real: ids[0], Effective: ids[1], Saved: ids[2], FS: ids[3]}, nil
}

func parseIntegers(value []byte) ([]int, error) {
	p := numbers{}
	var list []int
	for field := range bytes.FieldsSeq(value) {
		list = append(list, p.integer(field))
	}
	if p.err != nil {
		return nil, p.err
	}
	if len(list) == 0 {
		return nil, errors.New("no number")
	}
	return list, nil
}
