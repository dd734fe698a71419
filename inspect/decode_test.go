package inspect_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A file is read in pieces of any size.
func TestDecodeInPieces(t *testing.T) {
	w := Demo().Process(300, 101, `q"uo\te`, In("a", 9), Args(`"`, `\`, "\x07", "é", "{[,:", strings.Repeat("x", 300<<10)))
	for name, r := range map[string]func(data []byte) (*inspect.Capture, error){
		"at once": func(data []byte) (*inspect.Capture, error) { return inspect.Decode(bytes.NewReader(data)) },
		"byte by byte": func(data []byte) (*inspect.Capture, error) {
			return inspect.Decode(iotest.OneByteReader(bytes.NewReader(data)))
		},
		"with its end": func(data []byte) (*inspect.Capture, error) {
			return inspect.Decode(iotest.DataErrReader(bytes.NewReader(data)))
		},
	} {
		got, err := r(encoded(t, w))
		if err != nil || !reflect.DeepEqual(*got, w.Capture) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Keys may be spelt, ordered and spaced as in encoding/json, and unknown keys are ignored.
func TestDecodeTakesWhatJSONTakes(t *testing.T) {
	for _, text := range []string{
		`{"Snapshot":{"Processes":[{"PID":7,"NSPIDs":[7]}]},"Schema":"1.0"}`,
		` { "schema" : "1.0" , "snapshot" : { "processes" : [ { "pid" : 7 , "nspids" : [ 7 ] , "New" : { "a" : [ 1 , "}" ] } } ] } } `,
		"{\"\\u0053chema\":\"1.0\",\"Snapshot\":{\"Processes\":[{\"P\\u0049D\":7,\"NSPIDs\":[7],\"Comm\":\"\\u0041\"}]}}\n",
		`{"Schema":"1.0","Snapshot":null,"SecondLook":null,"Containers":null}`,
		`{"Schema":"1.0","Snapshot":{"Processes":null},"SecondLook":{"Zombies":null}}`,
		`{"Schema":"1.0","Events":{"Product":"Engine","events":[{"Action":"die","ExitCode":7},null,{}]},"Containers":[{"ID":"a"},{"id":"b","New":[1]}],"Execs":[],"HOLDINGS":[{"PID":7}]}`,
		`{"Schema":"1.0","Events":{},"Listing":null,"Problems":[null],"Limits":{"TaskLimits":{}},"Threads":{"7":{"PID":6}},"New":{"a":[{}]}}`,
		`{"Schema":"1.0","SecondLook":{"Zombies":[{"PID":7,"StartTicks":18446744073709551615,"ParentPID":-1}],"At":"2026-03-01T12:00:00Z"}}`,
		`{"Schema":"1.0","Snapshot":{"Processes":[{"PID":7,"NSPIDs":[7],"Args":null,"Cgroups":[{"Path":"/a"}]},{"PID":8,"NSPIDs":[8],"Cgroups":[{"Path":"/a"}]}]}}`,
	} {
		decodesLikeJSON(t, []byte(text), true)
	}
	for _, text := range []string{
		`{"Schema":"1.0","Snapshot":{"Processes":[{"PID":7,"NSPIDs":[7]},]}}`, `{"Schema":"1.0",}`, `{"Schema":"1.0" "Tool":""}`,
		`{"Schema":"1.0","Snapshot":{"Processes":[{"PID":07,"NSPIDs":[7]}]}}`, `{"Schema":"1.0","Snapshot":{"Processes":[{"PID":7,"NSPIDs":[7,]}]}}`,
		`{"Schema":"1.0","Snapshot":{"Processes":[{"PID":1e1,"NSPIDs":[10]}]}}`, `{"Schema":"1.0","Snapshot":{"Processes":[{"PID":7.5}]}}`,
		`{"Schema":"1.0","Snapshot":{"Processes":[{"PID":99999999999999999999}]}}`, `{"Schema":"1.0","Snapshot":{"Processes":[7]}}`,
		`{"Schema":"1.0","Containers":{}}`, `{"Schema":"1.0","Containers":[7]}`, `{"Schema":"1.0","Containers":7}`, `{"Schema":"1.0","Containers":[{"ID":"a"},]}`,
		`{"Schema":"1.0","Events":[]}`, `{"Schema":"1.0","Events":7}`, `{"Schema":"1.0","Events":{"Events":{}}}`, `{"Schema":"1.0","Events":{"Events":[{"Action":7}]}}`,
		`{"Schema":"1.0","New":{]}`, `{"Schema":"1.0","New":nul}`, `{"Schema":"1.0","Containers":[{"ID":"a"}`, `{"Schema":"1.0","Events":{"Product":"a"`,
		`{"Schema":"1.0","Snapshot":[]}`, `{"Schema":"1.0","Snapshot":{"Processes":{}}}`, `{"Schema":"1.0","SecondLook":nul}`, `{"Schema":"1.0","Tool":"a` + "\n" + `b"}`,
		`{"Schema":"1.0","Snapshot":{"Processes":[{"Comm":"a` + "\x01" + `"}]}}`, `{"Schema":"1.0"}}`, `{"Schema":"1.0","Containers":[}]}`, `{Schema:"1.0"}`, `{"Schema":}`,
	} {
		decodesLikeJSON(t, []byte(text), false)
	}
}

// decodesLikeJSON checks that the text is accepted or refused as in encoding/json, with the same
// result.
func decodesLikeJSON(t *testing.T, data []byte, sound bool) {
	t.Helper()
	var want inspect.Capture
	err := json.Unmarshal(data, &want)
	got, gotErr := inspect.Decode(bytes.NewReader(data))
	switch {
	case (err == nil) != sound || (gotErr == nil) != sound:
		t.Errorf("%q: got %v, want %v", data, gotErr, err)
	case sound && !reflect.DeepEqual(*got, want):
		t.Errorf("%q: got\n%+v\nwant\n%+v", data, *got, want)
	}
}

// The decoder reads what encoding/json reads, and refuses what it refuses.
func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, Demo()))
	f.Add(encoded(f, TwoContainers()))
	f.Add([]byte(`{"Schema":"1.0","Snapshot":{"Processes":[{"PID":1,"ParentPID":1,"NSPIDs":[1],"Args":["\u00e9\""]}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := inspect.Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		var want inspect.Capture
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("%q: taken, but %v", data, err)
		}
		if repeats(data) { // encoding/json merges the values of a repeated key
			return
		}
		if !reflect.DeepEqual(*got, want) {
			t.Fatalf("%q: got\n%+v\nwant\n%+v", data, *got, want)
		}
	})
}

// repeats reports whether an object has a key twice, in any spelling.
func repeats(data []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(data))
	var keys []map[string]bool
	isKey := false
	for {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				keys, isKey = append(keys, map[string]bool{}), true
				continue
			case '[':
				keys = append(keys, nil)
			default:
				keys = keys[:len(keys)-1]
			}
		case string:
			if isKey && len(keys) > 0 && keys[len(keys)-1] != nil {
				key := strings.ToLower(token)
				if keys[len(keys)-1][key] {
					return true
				}
				keys[len(keys)-1][key], isKey = true, false
				continue
			}
		}
		isKey = true
	}
}

// A capture takes little more memory than the result, and values that processes have in common
// exist once.
func TestDecodeHoldsLittle(t *testing.T) {
	allocated := func(n int) int {
		data := encoded(t, Huge["zombies of one parent"](n))
		return int(testing.AllocsPerRun(1, func() {
			if _, err := inspect.Decode(bytes.NewReader(data)); err != nil {
				t.Fatal(err)
			}
		}))
	}
	few, many := allocated(1000), allocated(4000)
	if each := float64(many-few) / 3000; each > 8 {
		t.Errorf("%.1f allocations for each process", each)
	}
	c, err := inspect.Decode(bytes.NewReader(encoded(t, Huge["zombies of one parent"](2))))
	if err != nil {
		t.Fatal(err)
	}
	a, b := c.Snapshot.Processes[4], c.Snapshot.Processes[5]
	if &a.Cgroups.Or(nil)[0] != &b.Cgroups.Or(nil)[0] || reflect.ValueOf(a.Namespaces).Pointer() != reflect.ValueOf(b.Namespaces).Pointer() {
		t.Error("two processes in the same control groups and namespaces hold them twice")
	}
	if a.Namespace(procfs.PIDNamespace) != procfs.Some[uint64](7) {
		t.Errorf("got %+v", a)
	}
}
