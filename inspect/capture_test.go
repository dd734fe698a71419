package inspect_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func encoded(t testing.TB, w *World) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := w.Capture.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCaptureRoundTrip(t *testing.T) {
	w := Demo()
	got, err := inspect.Decode(bytes.NewReader(encoded(t, w)))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*got, w.Capture) {
		t.Errorf("got\n%+v\nwant\n%+v", *got, w.Capture)
	}
}

func TestCutCaptureIsRefused(t *testing.T) {
	whole := encoded(t, Demo())
	for n := range len(whole) - 2 { // the last two are "}\n"
		if _, err := inspect.Decode(bytes.NewReader(whole[:n])); err == nil {
			t.Fatalf("a capture cut at byte %d of %d was accepted", n, len(whole))
		}
	}
}

func TestCaptureSchema(t *testing.T) {
	change := func(schema string) []byte {
		var object map[string]any
		if err := json.Unmarshal(encoded(t, Demo()), &object); err != nil {
			t.Fatal(err)
		}
		object["Schema"], object["NewKey"] = schema, "ignored"
		data, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if _, err := inspect.Decode(bytes.NewReader(change("1.99"))); err != nil {
		t.Errorf("a newer minor version was refused: %v", err)
	}
	if _, err := inspect.Decode(bytes.NewReader(change("2.0"))); !errors.Is(err, inspect.ErrNewerSchema) {
		t.Errorf("a newer major version: got %v, want ErrNewerSchema", err)
	}
	for _, schema := range []string{"", "x", "0.1", "-1.0"} {
		if _, err := inspect.Decode(bytes.NewReader(change(schema))); err == nil || errors.Is(err, inspect.ErrNewerSchema) {
			t.Errorf("schema %q: got %v, want a plain refusal", schema, err)
		}
	}
	for _, text := range []string{"", "null", "[]", "{}", `{"Schema":1}`, `{"Schema":"1.0"} trailing`} {
		if _, err := inspect.Decode(bytes.NewReader([]byte(text))); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestUnsoundCaptureIsRefused(t *testing.T) {
	for name, w := range map[string]*World{
		"no PIDs":                Demo().Process(300, 1, "x", func(p *procfs.Process) { p.NSPIDs = nil }),
		"another PID":            Demo().Process(300, 1, "x", func(p *procfs.Process) { p.NSPIDs = []int{5} }),
		"PID 0":                  Demo().Process(0, 1, "x"),
		"one process twice":      Demo().Process(101, 1, "x"),
		"one container twice":    Demo().Container("twin", "a", 0),
		"a container without ID": Demo().Container("none", "", 0),
	} {
		if _, err := inspect.Decode(bytes.NewReader(encoded(t, w))); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Whatever a file says, nothing may hang or panic, and every process of a
// container is drawn once.
func FuzzCapture(f *testing.F) {
	f.Add(encoded(f, Demo()))
	f.Add([]byte(`{"Schema":"1.0","Snapshot":{"Processes":[{"PID":1,"ParentPID":1}]}}`))
	f.Add([]byte(`{"Schema":"1.0","Containers":[{"ID":"x","Name":"x","Status":"running","HostPID":1,"PIDMode":"container:x"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		capture, err := inspect.Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		ix := inspect.NewIndex(capture)
		chosen, _ := ix.Choose(nil, inspect.Filter{})
		zombie.Find(ix, chosen)
		for _, c := range chosen {
			tree := ix.Tree(c)
			if got, want := countNodes(tree.Roots), len(ix.Rows(c)); got != want {
				t.Errorf("%d processes drawn, want %d", got, want)
			}
			_, _ = ix.FindContainerPID(c, []int{1})
		}
	})
}

func countNodes(nodes []*inspect.Node) int {
	n := len(nodes)
	for _, node := range nodes {
		n += countNodes(node.Children)
	}
	return n
}
