package wire

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

func ownServer(t *testing.T) Server {
	t.Helper()
	proc, err := read.Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	return Server{Proc: proc, Tool: "test"}
}

// ownRecording are the lines of a recording of this host.
func ownRecording(t *testing.T, order Order) []byte {
	t.Helper()
	var lines bytes.Buffer
	if err := Record(t.Context(), &lines, ownServer(t), order); err != nil {
		t.Fatal(err)
	}
	return lines.Bytes()
}

// A recording of this host answers as the host does.
func TestRecordedAnswersAsTheHost(t *testing.T) {
	order := Order{Hello: Hello{Nonce: "n"}, Settle: time.Millisecond}
	r, err := ReadRecorded(bytes.NewReader(ownRecording(t, order)), "n")
	if err != nil {
		t.Fatal(err)
	}
	proc := ownServer(t).Proc
	if got := r.Welcome(); got.PID.Or(0) != os.Getpid() || got.BootID != proc.Host().BootID || got.Tool != "test" {
		t.Errorf("got %+v", got)
	}
	own, err := r.Process(os.Getpid(), procfs.Detail{})
	if err != nil || own.Comm == "" || len(own.Namespaces) != len(procfs.NamespaceTypes) || !own.Args.Held() {
		t.Errorf("got %+v, %v", own, err)
	}
	if got, want := r.Host(), proc.Host(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := r.Process(1<<30, procfs.Detail{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if !r.Lives(own.Key) || r.Lives(procfs.Key{PID: own.PID, StartTicks: 1}) {
		t.Error("this process is dead, or another one alive")
	}
	if r.SecondLook() != time.Millisecond || r.Bytes() == 0 {
		t.Errorf("a second look after %s, %d bytes", r.SecondLook(), r.Bytes())
	}
	if got, want := r.OwnNamespace(procfs.UserNamespace), proc.OwnNamespace(procfs.UserNamespace); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := r.TaskLimits().ThreadsMax, proc.TaskLimits().ThreadsMax; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	path, _ := procfs.PIDsPath(own.Cgroups.Or(nil))
	if got := r.PIDsGroup(nil, path); got.Path != path || got.Current.Absence() == procfs.Unread && proc.PIDsMounts().PIDsGroup(own.Cgroups.Or(nil), path).Current.Held() {
		t.Errorf("got %+v", got)
	}
}

// What was not recorded is unread, and not empty.
func TestNotRecordedIsUnread(t *testing.T) {
	r := &Recorded{}
	r.record.snapshot.Processes = []procfs.Process{{Key: procfs.Key{PID: 7, StartTicks: 9}, NSPIDs: []int{7}}}
	r.index()
	a, err := r.Attention("", 7)
	if err != nil || a.Ended || a.Handling != nil || a.Program.Absence() != procfs.Unread || a.Stdin.Absence() != procfs.Unread || a.SignalFDs.Absence() != procfs.Unread {
		t.Errorf("got %+v, %v", a, err)
	}
	if _, err := r.Attention("", 8); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	held, err := r.Resources(7)
	if err != nil || held.ResidentBytes.Absence() != procfs.Unread || held.Listening.Absence() != procfs.Unread {
		t.Errorf("got %+v, %v", held, err)
	}
	if f := r.File(procfs.Key{PID: 7}, "/x"); f.Absence() != procfs.Unread {
		t.Errorf("got %v", f)
	}
	if current, most := r.PIDsUse("/x"); current.Absence() != procfs.Unread || most.Absence() != procfs.Unread {
		t.Errorf("got %v, %v", current, most)
	}
	if g := r.PIDsGroup(nil, "/x"); g.Current.Absence() != procfs.Unread || g.Max.Absence() != procfs.Unread {
		t.Errorf("got %+v", g)
	}
	if inode := r.OwnNamespace(procfs.UserNamespace); inode.Absence() != procfs.Unread {
		t.Errorf("got %v", inode)
	}
}

// A line is short enough for every log driver, and has no character that one changes.
func TestRecordLinesAreSafe(t *testing.T) {
	for line := range strings.Lines(string(ownRecording(t, Order{Hello: Hello{Nonce: "n"}}))) {
		if len(line) >= mostLineText || strings.ContainsAny(line, "\r\x00\x1b\"\\") || !strings.HasPrefix(line, recordMark) {
			t.Fatalf("a line of %d bytes: %.80q", len(line), line)
		}
	}
}

// A recording that was cut, changed, or made for another question is refused, in one line.
func TestRecordingsOfLiars(t *testing.T) {
	good := ownRecording(t, Order{Hello: Hello{Nonce: "n"}})
	lines := bytes.SplitAfter(good, []byte("\n"))
	if len(lines) < 4 {
		t.Fatalf("%d lines", len(lines))
	}
	joined := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	head := func(lines, length int) []byte {
		var out bytes.Buffer
		message := make([]byte, 0)
		_ = writeLines(&out, "n", message)
		return bytes.Replace(out.Bytes(), out.Bytes(), lineOf(0, headLine(lines, length, "n")), 1)
	}
	flipped := bytes.Clone(lines[1])
	at := len(recordMark) + 10
	flipped[at] ^= 1
	for name, test := range map[string]struct {
		lines []byte
		nonce string
		want  string
	}{
		"nothing":               {nil, "n", "has ended before line 0"},
		"another nonce":         {good, "m", "another question"},
		"cut":                   {joined(lines[:2]...), "n", "has ended before line 2"},
		"a lost line":           {joined(lines[0], lines[2]), "n", "another line than number 1"},
		"a changed line":        {joined(lines[0], flipped), "n", "line 1 of a recording, changed"},
		"another text":          {[]byte("hello\n"), "n", "another line than number 0"},
		"a line without end":    {bytes.Repeat([]byte("x"), 1<<20), "n", "a line of more than"},
		"lengths of all memory": {head(1<<28, 1<<30), "n", "bytes in"},
		"another count":         {head(1, mostLine+1), "n", "bytes in"},
		"no process list":       {joined(linesOf("n", []byte{0})), "n", "invalid answer"},
	} {
		_, err := ReadRecorded(bytes.NewReader(test.lines), test.nonce)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A recording whose processes no /proc has is refused, because they are looked up by their order.
func TestRecordingsWithOddProcesses(t *testing.T) {
	for name, list := range map[string][]procfs.Process{
		"twice":       {{Key: procfs.Key{PID: 3}, NSPIDs: []int{3}}, {Key: procfs.Key{PID: 3}, NSPIDs: []int{3}}},
		"no PIDs":     {{Key: procfs.Key{PID: 3}}},
		"another PID": {{Key: procfs.Key{PID: 3}, NSPIDs: []int{4}}},
		"PID 0":       {{NSPIDs: []int{0}}},
	} {
		r := record{welcome: Welcome{Nonce: "n"}, snapshot: procfs.Snapshot{Processes: list}}
		_, err := ReadRecorded(bytes.NewReader(linesOf("n", encode(func(c *coder) { c.record(&r) }))), "n")
		if err == nil || !strings.Contains(err.Error(), "with the PIDs") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func linesOf(nonce string, message []byte) []byte {
	var out bytes.Buffer
	_ = writeLines(&out, nonce, message)
	return out.Bytes()
}

// lineOf is one line with any content.
func lineOf(n int, text string) []byte {
	var out bytes.Buffer
	w := bufio.NewWriter(&out)
	writeLine(w, n, []byte(text))
	_ = w.Flush()
	return out.Bytes()
}

// An order passes through the command line unchanged.
func TestOrderOfAWord(t *testing.T) {
	want := Order{Hello: Hello{Tool: "1.2", Nonce: "n", Sought: procfs.Sought{Marks: []string{"a b", "\x00"}, Signs: []procfs.Sign{{Marks: []string{"a"}, Script: true}}}}, Settle: time.Second}
	got, err := ParseOrder(want.Word())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, word := range []string{"", "x", "00", want.Word()[2:], want.Word() + "00"} {
		if _, err := ParseOrder(word); err == nil {
			t.Errorf("%q was accepted", word)
		}
	}
}

// A recording ends with its context.
func TestRecordEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var lines bytes.Buffer
	if err := Record(ctx, &lines, ownServer(t), Order{}); !errors.Is(err, context.Canceled) || lines.Len() > 0 {
		t.Errorf("got %v, %d bytes", err, lines.Len())
	}
}

// What a recording of this host costs to make, and to read.
func BenchmarkRecord(b *testing.B) {
	proc, err := read.Open("/proc")
	if err != nil {
		b.Fatal(err)
	}
	var lines bytes.Buffer
	b.Run("make", func(b *testing.B) {
		for b.Loop() {
			lines.Reset()
			if err := Record(b.Context(), &lines, Server{Proc: proc}, Order{Hello: Hello{Nonce: "n"}}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(lines.Len()), "bytes")
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			r, err := ReadRecorded(bytes.NewReader(lines.Bytes()), "n")
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(len(r.record.snapshot.Processes)), "processes")
		}
	})
}
