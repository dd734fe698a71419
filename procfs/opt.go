package procfs

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Absence says why a value is not there. It is empty if the value is there.
type Absence string

// The reasons for which a value can be absent.
const (
	// Unread means that no attempt was made to read it.
	Unread Absence = "unread"
	// Denied means that the reader lacks the right to read it.
	Denied Absence = "denied"
	// Gone means that the process or its file vanished while it was read.
	Gone Absence = "gone"
	// NotHeld means that the kernel or the engine has no such value for this object.
	NotHeld Absence = "not-held"
	// Unsupported means that this kernel or engine does not offer the value.
	Unsupported Absence = "unsupported"
	// Malformed means that it was read and could not be understood.
	Malformed Absence = "malformed"
	// TooLong means that it is longer than what is read of it.
	TooLong Absence = "too-long"
	// TooLarge means that reading it takes more than is read of one file, or for one
	// container.
	TooLarge Absence = "too-large"
	// TimedOut means that it was not read in time, for example on a file system that does not
	// answer.
	TimedOut Absence = "timed-out"
)

// Opt is a value that may be absent, with the reason for its absence. The
// zero Opt is [Unread], so that forgetting to read never looks like a result.
type Opt[T any] struct {
	value T
	held  bool
	// why is an index in absences. An Opt with the reason itself would take twice as much
	// memory, and every process has many.
	why uint8
}

// absences are all reasons for an absence.
var absences = [...]Absence{Unread, Denied, Gone, NotHeld, Unsupported, Malformed, TooLong, TooLarge, TimedOut}

// Some returns an Opt that holds v.
func Some[T any](v T) Opt[T] { return Opt[T]{value: v, held: true} }

// None returns an Opt without a value, with the reason why. The reason is [Unread] unless why
// is one of the reasons above.
func None[T any](why Absence) Opt[T] {
	return Opt[T]{why: uint8(max(slices.Index(absences[:], why), 0))}
}

// Get returns the value, and whether there is one.
func (o Opt[T]) Get() (T, bool) { return o.value, o.held }

// Or returns the value, or def if there is none.
func (o Opt[T]) Or(def T) T {
	if o.held {
		return o.value
	}
	return def
}

// Held reports whether there is a value.
func (o Opt[T]) Held() bool { return o.held }

// Absence says why there is no value. It is empty if there is one.
func (o Opt[T]) Absence() Absence {
	if o.held {
		return ""
	}
	return absences[o.why]
}

// IsZero reports whether o is the zero Opt (unread), which encoding/json leaves out with
// omitzero.
func (o Opt[T]) IsZero() bool { return !o.held && o.why == 0 }

type absentJSON struct {
	Absent Absence `json:"absent"`
}

// MarshalJSON writes the value itself, or {"absent":"<reason>"}.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if o.held {
		return marshal(o.value)
	}
	return json.Marshal(absentJSON{o.Absence()})
}

// marshal leaves <, > and & as they are. Whether they are escaped is decided by the encoder of
// which the value is a part (json.Encoder.SetEscapeHTML).
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// UnmarshalJSON reads what MarshalJSON wrote. T must not itself be an object
// with the key "absent".
func (o *Opt[T]) UnmarshalJSON(data []byte) error {
	var a absentJSON
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) && json.Unmarshal(data, &a) == nil && a.Absent != "" {
		if !slices.Contains(absences[:], a.Absent) {
			a.Absent = Malformed // a reason of a later version
		}
		*o = None[T](a.Absent)
		return nil
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*o = Some(v)
	return nil
}

// someOf is the value that a parser returned, or the zero Opt with its error.
func someOf[T any](v T, err error) (Opt[T], error) {
	if err != nil {
		return Opt[T]{}, err
	}
	return Some(v), nil
}
