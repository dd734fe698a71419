package inspect_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// noInternals is why the kernel's iterator has no facts about the process.
func noInternals(why procfs.Absence) Change {
	return func(p *procfs.Process) { p.Internals = procfs.None[procfs.Internals](why) }
}

// Captures of versions with only one collector were read from files.
func TestReadBy(t *testing.T) {
	for _, test := range []struct{ given, want inspect.Collector }{
		{inspect.Collector{}, inspect.Collector{Name: inspect.CollectorProc}},
		{inspect.Collector{Name: inspect.CollectorBPF}, inspect.Collector{Name: inspect.CollectorBPF}},
		{inspect.Collector{Name: inspect.CollectorProc, Reason: "no rights"}, inspect.Collector{Name: inspect.CollectorProc, Reason: "no rights"}},
	} {
		w := NewWorld()
		w.Collector = test.given
		if got := w.ReadBy(); got != test.want {
			t.Errorf("%+v: got %+v, want %+v", test.given, got, test.want)
		}
	}
}

// No file shows whether a process adopts orphans. Without the kernel's iterator this is unknown,
// and the iterator is recommended only where it can help.
func TestSubreaper(t *testing.T) {
	byFiles := inspect.Collector{Name: inspect.CollectorProc}
	refused := inspect.Collector{Name: inspect.CollectorProc, Reason: "the kernel has no BTF"}
	byKernel := inspect.Collector{Name: inspect.CollectorBPF}
	tests := map[string]struct {
		collector inspect.Collector
		change    Change
		want      procfs.Opt[bool]
		wouldTell bool
	}{
		"it does":                          {byKernel, Internal(IsSubreaper), procfs.Some(true), false},
		"it does not":                      {byKernel, Internal(), procfs.Some(false), false},
		"nobody asked":                     {byFiles, noInternals(procfs.Unread), procfs.None[bool](procfs.Unread), true},
		"nobody could ask then":            {inspect.Collector{}, noInternals(procfs.Unread), procfs.None[bool](procfs.Unread), true},
		"the kernel would not be asked":    {refused, noInternals(procfs.Unread), procfs.None[bool](procfs.Unsupported), false},
		"missed by the kernel's iterator":  {byKernel, noInternals(procfs.Unread), procfs.None[bool](procfs.Unread), false},
		"a kernel thread":                  {byKernel, noInternals(procfs.NotHeld), procfs.None[bool](procfs.NotHeld), false},
		"a kernel thread, refused as well": {refused, noInternals(procfs.NotHeld), procfs.None[bool](procfs.NotHeld), false},
		"gone while it was asked":          {byFiles, noInternals(procfs.Gone), procfs.None[bool](procfs.Gone), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := Alone("app", test.change)
			w.Collector = test.collector
			ix := w.Index()
			p := ix.ProcessAt(101)
			if got := ix.Subreaper(p); got != test.want {
				t.Errorf("subreaper: got %+v, want %+v", got, test.want)
			}
			if got := ix.KernelWouldTell(p); got != test.wouldTell {
				t.Errorf("the kernel would tell: got %t, want %t", got, test.wouldTell)
			}
			if row := ix.RowOf(ix.Container(ID("a")), p); row.Subreaper != test.want {
				t.Errorf("in its row: got %+v, want %+v", row.Subreaper, test.want)
			}
		})
	}
}
