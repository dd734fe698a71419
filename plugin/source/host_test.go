package source

import (
	"errors"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// What the host is, and which process serves its engine, is read once for a capture, whatever
// the number of rounds.
func TestHostIsReadOnce(t *testing.T) {
	r := newRig(one())
	r.scripted(
		at("Inspect", "demo", 1, func() { r.processes.become(runs(engineHost(), "demo", "a", 111)) }),
		at("Inspect", ID("a"), 1, func() { r.facts.change(ID("a"), hasPID(111)) }),
	)
	c := r.record(t, need.Tree([]string{"demo"}))
	if r.facts.times("PeerPID", "") != 1 || r.processes.times("Host") != 1 {
		t.Errorf("asked %d and %d times", r.facts.times("PeerPID", ""), r.processes.times("Host"))
	}
	if c.Proof.Verdict != inspect.Yes || !c.Host.Namespaces[procfs.PIDNamespace].Held() {
		t.Errorf("got %+v of %+v", c.Proof, c.Host)
	}
}

// Another PID namespace can be distinguished from the host's only if the host's own is known.
// Only an engine that is proved to be here may be replaced by /proc.
func TestWhatIsKnownOfTheHost(t *testing.T) {
	for name, test := range map[string]struct {
		peer        error
		namespaces  bool
		here, hosts bool // mayBeHere, and whether namespace 1010 may be the host's
	}{
		"here": {nil, true, true, false}, "elsewhere": {ErrNoPeer, true, false, false}, "nothing known": {errors.New("EIO"), false, false, true},
	} {
		w := one()
		if !test.namespaces {
			w.Host.Namespaces = nil
		}
		h := newRig(w).scripted(on("PeerPID", "", test.peer)).host()
		h.begin(t.Context())
		if h.mayBeHere() != test.here || h.isHosts(1010) != test.hosts || !h.isHosts(1) {
			t.Errorf("%s: here %t, host's %t", name, h.mayBeHere(), h.isHosts(1010))
		}
	}
}

// An index is of the current capture. It is dropped when facts that it depends on change, and
// kept when others are added.
func TestSceneDropsItsIndex(t *testing.T) {
	s := scene{capture: &two().Capture}
	first := s.indexed()
	s.note(func(c *inspect.Capture) { c.Tool = "x" })
	if s.indexed() != first || s.capture.Tool != "x" {
		t.Error("a note dropped it")
	}
	s.change(func(c *inspect.Capture) { c.Containers = c.Containers[:1] })
	if ix := s.indexed(); ix == first || ix.Container(ID("b")) != nil || ix.Container(ID("a")) == nil {
		t.Error("it is of the capture as it was")
	}
}
