package inspect_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

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

// A file that could not be read is not reported as invalid. An invalid file is reported with the
// position. Values of another type do not become zero.
func TestDecodeSaysWhatIsWrong(t *testing.T) {
	lost := errors.New("the disk is gone")
	if _, err := inspect.Decode(iotest.ErrReader(lost)); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
	for text, want := range map[string]string{
		`{"Schema":"1.0","Containers":7}`:                                      "it is cut or damaged: ",
		`{"Schema":"1.0","Snapshot":{"Processes":[{"PID":"7"}]}}`:              "it is cut or damaged: ",
		`{"Schema":"1.0","Containers":[{"ID":""}]}`:                            `it is inconsistent: container ID ""`,
		`{"Schema":"1.0","Snapshot":{"Processes":[{"PID":7,"NSPIDs":[8]}]}}`:   "it is inconsistent: process 7 has the PIDs [8]",
		`{"Schema":"1.0","Snapshot":{"Processes":[{"PID":-1,"NSPIDs":[-1]}]}}`: "it is inconsistent: process -1 has the PIDs [-1]",
		`{"Schema":"2.7"}`: "newer schema: it has version 2.7, this docker pidns reads up to 1; use a newer one",
		`{"Schema":"one"}`: `it is not a snapshot of docker pidns: schema version "one"`,
	} {
		if _, err := inspect.Decode(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// A capture of the first version has none of the later keys. Their facts count as not read.
func TestDecodeOfTheFirstVersion(t *testing.T) {
	c, err := inspect.Decode(strings.NewReader(`{"Schema":"1.0","Containers":[{"ID":"x","Name":"x","Status":"running","HostPID":7}],
		"Snapshot":{"Root":"/proc","Processes":[{"PID":7,"StartTicks":7,"NSPIDs":[7,1]}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	ix := inspect.NewIndex(c)
	p := ix.ProcessAt(7)
	if c.SecondLook != nil || c.Listing != nil || c.Events != nil || c.Limits != nil || c.Threads != nil || p.Cgroups.Absence() != procfs.Unread || p.WaitStatus.Absence() != procfs.Unread {
		t.Errorf("something was read: %+v", c)
	}
	if b := ix.Binding(ix.Container("x")); b.Outcome != inspect.Unproven {
		t.Errorf("it is bound: %+v", b)
	}
	if got := ix.Who(8); got.Role != inspect.WhoUnknown {
		t.Errorf("a number that could be a thread's: got %s", got.Role)
	}
}

// A process's name is written unchanged, and its command line is restored.
func TestCaptureKeepsHostileText(t *testing.T) {
	args := []string{"sh", "-c", "a <b> && c \u2028 \x1b[31m \n", "", "\u00e9"}
	w := Alone("a<b>&\x07", Args(args...))
	file := encoded(t, w)
	if !bytes.Contains(file, []byte(`"Comm":"a<b>&`)) {
		t.Error("it cannot be searched for as it was typed")
	}
	saved, err := inspect.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	p := inspect.NewIndex(saved).ProcessAt(101)
	if got := p.Args.Or(nil); !reflect.DeepEqual(got, args) || p.Comm != "a<b>&\x07" {
		t.Errorf("got %q, %q", p.Comm, got)
	}
}

// Bytes that are not UTF-8, such as a name that the kernel cut within a character, are restored
// too. Readers that do not know the key get JSON's replacement characters.
func TestCaptureKeepsBytes(t *testing.T) {
	w := Alone("a\xc3", Args("latin\xe9", "", "\xff\x00", "plain"))
	file := encoded(t, w)
	saved, err := inspect.Decode(bytes.NewReader(file))
	if err != nil || !reflect.DeepEqual(*saved, w.Capture) {
		t.Errorf("got %+v, %v", saved, err)
	}
	var old inspect.Capture
	if err := json.Unmarshal(file, &old); err != nil || old.Snapshot.Processes[len(old.Snapshot.Processes)-1].Comm != "a\ufffd" {
		t.Errorf("got %+v, %v", old, err)
	}
	if bytes.Contains(encoded(t, Demo()), []byte("NotUTF8")) {
		t.Error("the key is there, although nothing needs it")
	}
}

// Text that processes chose is escaped in the same way everywhere.
func TestCaptureEscapesAlike(t *testing.T) {
	file := encoded(t, Alone("a<b>&", Args("a<b>&", "c && d")))
	if bytes.Contains(file, []byte(`\u003c`)) || !bytes.Contains(file, []byte(`"Args":["a<b>&","c && d"]`)) {
		t.Errorf("got %s", file)
	}
}

// The encoder writes its own version, whatever was decoded before.
func TestEncodeWritesItsOwnVersion(t *testing.T) {
	w := Demo()
	w.Schema = "1.99"
	if got := encoded(t, w); !bytes.HasPrefix(got, []byte(`{"Schema":"1.7",`)) {
		t.Errorf("got %.40s", got)
	}
}

// No file may make the program hang or panic, and every process of a container is drawn once.
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

// endless returns the same byte forever.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

// An input that is not a capture from its first byte on is not read to its end. It may have
// none.
func TestDecodeOfWhatNeverEnds(t *testing.T) {
	for _, first := range []byte{0, 'x', 0x1f} {
		if _, err := inspect.Decode(endless(first)); err == nil || !strings.Contains(err.Error(), "at the beginning") {
			t.Errorf("%q: %v", first, err)
		}
	}
}
