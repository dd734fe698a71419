package procfs_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestOpt(t *testing.T) {
	tests := map[string]struct {
		opt     procfs.Opt[int]
		held    bool
		absence procfs.Absence
		or      int
		isZero  bool
	}{
		"held":      {procfs.Some(7), true, "", 7, false},
		"held zero": {procfs.Some(0), true, "", 0, false},
		"zero Opt":  {procfs.Opt[int]{}, false, procfs.Unread, -1, true},
		"unread":    {procfs.None[int](procfs.Unread), false, procfs.Unread, -1, true},
		"no reason": {procfs.None[int](""), false, procfs.Unread, -1, true},
		"no such":   {procfs.None[int]("lost"), false, procfs.Unread, -1, true},
		"denied":    {procfs.None[int](procfs.Denied), false, procfs.Denied, -1, false},
		"not held":  {procfs.None[int](procfs.NotHeld), false, procfs.NotHeld, -1, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			value, held := test.opt.Get()
			if held != test.held || test.opt.Held() != test.held || held && value != test.or {
				t.Errorf("got %d, %t", value, held)
			}
			if test.opt.Absence() != test.absence || test.opt.Or(-1) != test.or || test.opt.IsZero() != test.isZero {
				t.Errorf("got %q, %d, %t", test.opt.Absence(), test.opt.Or(-1), test.opt.IsZero())
			}
		})
	}
}

func TestOptAsJSON(t *testing.T) {
	sameAsJSON(t, procfs.Some(0), `0`)
	sameAsJSON(t, procfs.Some(uint64(1<<64-1)), `18446744073709551615`)
	sameAsJSON(t, procfs.Some(""), `""`)
	sameAsJSON(t, procfs.Some("absent"), `"absent"`)
	sameAsJSON(t, procfs.Some([]string{"sh", ""}), `["sh",""]`)
	sameAsJSON(t, procfs.Some([]string(nil)), `null`)
	sameAsJSON(t, procfs.Some(procfs.IDMapping{1, 2, 3}), `{"Inside":1,"Outside":2,"Length":3}`)
	for _, why := range []procfs.Absence{procfs.Denied, procfs.Gone, procfs.NotHeld, procfs.Unsupported, procfs.Malformed, procfs.Unread} {
		sameAsJSON(t, procfs.None[int](why), `{"absent":"`+string(why)+`"}`)
		sameAsJSON(t, procfs.None[[]string](why), `{"absent":"`+string(why)+`"}`)
		sameAsJSON(t, procfs.None[procfs.IDMapping](why), `{"absent":"`+string(why)+`"}`)
	}
}

// sameAsJSON checks that the Opt is written as text and read from it, also from indented text.
// An earlier value in the Opt is replaced.
func sameAsJSON[T any](t *testing.T, opt procfs.Opt[T], text string) {
	t.Helper()
	data, err := json.Marshal(opt)
	if err != nil || string(data) != text {
		t.Errorf("written as %s, error %v, want %s", data, err, text)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{data, indented.Bytes()} {
		for _, before := range []procfs.Opt[T]{{}, procfs.None[T](procfs.Gone), procfs.Some(*new(T))} {
			again := before
			if err := json.Unmarshal(data, &again); err != nil || !reflect.DeepEqual(again, opt) {
				t.Errorf("%s over %+v: read as %+v, error %v, want %+v", data, before, again, err, opt)
			}
		}
	}
}

func TestOptOfAnotherVersion(t *testing.T) {
	opt := procfs.Some(1)
	if err := json.Unmarshal([]byte(`{"absent":"eaten"}`), &opt); err != nil || opt != procfs.None[int](procfs.Malformed) {
		t.Errorf("got %+v, %v", opt, err)
	}
}

func TestOptRefusesJSON(t *testing.T) {
	for _, text := range []string{`"seven"`, `{"absent":7}`, `{"present":"gone"}`, `[]`} {
		opt := procfs.Some(1)
		if err := json.Unmarshal([]byte(text), &opt); err == nil {
			t.Errorf("%s: read as %+v", text, opt)
		}
	}
}

func TestZeroOptIsLeftOutOfJSON(t *testing.T) {
	data, err := json.Marshal(struct {
		Unread, Denied, Held procfs.Opt[int] `json:",omitzero"`
	}{Denied: procfs.None[int](procfs.Denied), Held: procfs.Some(0)})
	if want := `{"Denied":{"absent":"denied"},"Held":0}`; err != nil || string(data) != want {
		t.Errorf("got %s, error %v, want %s", data, err, want)
	}
}

func FuzzOptJSON(f *testing.F) {
	for _, seed := range []string{`["sh"]`, `null`, `{"absent":"gone"}`, `{"absent":7}`, `{"absent":""}`, "{\n \"absent\": \"gone\"\n}", `7`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var opt procfs.Opt[[]string]
		if err := json.Unmarshal(data, &opt); err != nil {
			return
		}
		text, err := json.Marshal(opt)
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		var again procfs.Opt[[]string]
		if err := json.Unmarshal(text, &again); err != nil || again.Absence() != opt.Absence() || !reflect.DeepEqual(again.Or(nil), opt.Or(nil)) {
			t.Fatalf("%s is read back as %+v, error %v, want %+v", text, again, err, opt)
		}
	})
}
