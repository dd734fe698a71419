package procfs

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

func TestOpt(t *testing.T) {
	tests := map[string]struct {
		opt     Opt[int]
		held    bool
		absence Absence
		or      int
		isZero  bool
	}{
		"held":      {Some(7), true, "", 7, false},
		"held zero": {Some(0), true, "", 0, false},
		"zero Opt":  {Opt[int]{}, false, Unread, -1, true},
		"unread":    {None[int](Unread), false, Unread, -1, true},
		"no reason": {None[int](""), false, Unread, -1, true},
		"no such":   {None[int]("lost"), false, Unread, -1, true},
		"denied":    {None[int](Denied), false, Denied, -1, false},
		"not held":  {None[int](NotHeld), false, NotHeld, -1, false},
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
	sameAsJSON(t, Some(0), `0`)
	sameAsJSON(t, Some(uint64(1<<64-1)), `18446744073709551615`)
	sameAsJSON(t, Some(""), `""`)
	sameAsJSON(t, Some("absent"), `"absent"`)
	sameAsJSON(t, Some([]string{"sh", ""}), `["sh",""]`)
	sameAsJSON(t, Some([]string(nil)), `null`)
	sameAsJSON(t, Some(IDMapping{1, 2, 3}), `{"Inside":1,"Outside":2,"Length":3}`)
	for _, why := range []Absence{Denied, Gone, NotHeld, Unsupported, Malformed, Unread} {
		sameAsJSON(t, None[int](why), `{"absent":"`+string(why)+`"}`)
		sameAsJSON(t, None[[]string](why), `{"absent":"`+string(why)+`"}`)
		sameAsJSON(t, None[IDMapping](why), `{"absent":"`+string(why)+`"}`)
	}
}

// sameAsJSON: the Opt is written as text and read from it, also where somebody
// has indented it. What was in the Opt before does not shine through.
func sameAsJSON[T any](t *testing.T, opt Opt[T], text string) {
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
		for _, before := range []Opt[T]{{}, None[T](Gone), Some(*new(T))} {
			again := before
			if err := json.Unmarshal(data, &again); err != nil || !reflect.DeepEqual(again, opt) {
				t.Errorf("%s over %+v: read as %+v, error %v, want %+v", data, before, again, err, opt)
			}
		}
	}
}

func TestOptOfAnotherVersion(t *testing.T) {
	opt := Some(1)
	if err := json.Unmarshal([]byte(`{"absent":"eaten"}`), &opt); err != nil || opt != None[int](Malformed) {
		t.Errorf("got %+v, %v", opt, err)
	}
}

func TestOptRefusesJSON(t *testing.T) {
	for _, text := range []string{`"seven"`, `{"absent":7}`, `{"present":"gone"}`, `[]`} {
		opt := Some(1)
		if err := json.Unmarshal([]byte(text), &opt); err == nil {
			t.Errorf("%s: read as %+v", text, opt)
		}
	}
}

func TestZeroOptIsLeftOutOfJSON(t *testing.T) {
	data, err := json.Marshal(struct {
		Unread, Denied, Held Opt[int] `json:",omitzero"`
	}{Denied: None[int](Denied), Held: Some(0)})
	if want := `{"Denied":{"absent":"denied"},"Held":0}`; err != nil || string(data) != want {
		t.Errorf("got %s, error %v, want %s", data, err, want)
	}
}

func FuzzOptJSON(f *testing.F) {
	for _, seed := range []string{`["sh"]`, `null`, `{"absent":"gone"}`, `{"absent":7}`, `{"absent":""}`, "{\n \"absent\": \"gone\"\n}", `7`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var opt Opt[[]string]
		if err := json.Unmarshal(data, &opt); err != nil {
			return
		}
		text, err := json.Marshal(opt)
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		var again Opt[[]string]
		if err := json.Unmarshal(text, &again); err != nil || again.Absence() != opt.Absence() || !reflect.DeepEqual(again.Or(nil), opt.Or(nil)) {
			t.Fatalf("%s is read back as %+v, error %v, want %+v", text, again, err, opt)
		}
	})
}
