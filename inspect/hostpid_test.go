package inspect_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestParseContainerPID(t *testing.T) {
	for text, want := range map[string]string{"7": "7", "9>3>1": "9>3>1", "9/3": "9>3"} {
		chain, err := inspect.ParseContainerPID(text)
		if err != nil || inspect.ChainString(chain) != want {
			t.Errorf("%q: got %v, %v; want %s", text, chain, err, want)
		}
	}
	for _, text := range []string{"", "x", "0", "-1", ">", "1>x", "1 2", "1//", ">1", "+1", "1>", "99999999999999999999"} {
		if chain, err := inspect.ParseContainerPID(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, chain)
		}
	}
}

func FuzzParseContainerPID(f *testing.F) {
	for _, seed := range []string{"7", "9>3>1", "9/3", "", "-1", "1>x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		chain, err := inspect.ParseContainerPID(text)
		if (err == nil) != (len(chain) > 0) {
			t.Fatalf("%q: got %v and %v", text, chain, err)
		}
		if err != nil {
			return
		}
		again, err := inspect.ParseContainerPID(inspect.ChainString(chain))
		if err != nil || !slices.Equal(again, chain) {
			t.Errorf("%q: read %v, then %v, %v", text, chain, again, err)
		}
	})
}

func TestFindContainerPID(t *testing.T) {
	// demo, a joiner, two namespaces nested inside demo, one of them two deep.
	w := Demo().Container("demo-x", "b", 201, JoinedTo(ID("a"))).
		Process(200, 1, "containerd-shim", ShimOf("b")).
		Process(201, 200, "sleep", In("b", 50), NS(7)).
		Process(210, 101, "sh", In("b", 51), NS(7)).
		Process(401, 101, "init", In("a", 61, 1), NS(8)).
		Process(402, 401, "x", In("a", 62, 2), NS(8)).
		Process(403, 402, "init", In("a", 63, 3, 1), NS(9)).
		Process(404, 403, "y", In("a", 64, 4, 5), NS(9)).
		Process(501, 101, "init", In("a", 71, 1), NS(10)).
		Container("other", "c", 601).
		Process(600, 1, "containerd-shim", ShimOf("c")).
		Process(601, 600, "sleep", In("c", 1), NS(11)).
		Process(602, 601, "sleep", In("c", 61), NS(11)).
		Process(701, 1, "sleep", func(p *procfs.Process) { p.NSPIDs = []int{701, 81} }, NS(7)).
		Process(702, 1, "sleep", In("a", 82), NS(12)).
		Process(703, 1, "sleep", In("a"))
	tests := map[string]struct {
		container, pid string
		want           int
	}{
		"init":                                {"demo", "1", 101},
		"zombie":                              {"demo", "7", 110},
		"exec":                                {"demo", "21", 120},
		"process of a joiner":                 {"demo", "50", 201},
		"the owner's, by the joiner":          {"demo-x", "1", 101},
		"orphan of the joiner":                {"demo-x", "51", 210},
		"nested, by its outer PID":            {"demo", "62", 402},
		"nested, by chain":                    {"demo", "62>2", 402},
		"nested two deep":                     {"demo", "64>4>5", 404},
		"nested, innermost":                   {"demo", "5", 404},
		"same number elsewhere":               {"other", "61", 602},
		"entered by nsenter":                  {"demo", "81", 701},
		"in its cgroup, not in its namespace": {"demo", "82", 0},
		"in its cgroup, not in any":           {"demo", "703", 0},
		"not there":                           {"demo", "99", 0},
		"no such chain":                       {"demo", "62>9", 0},
		"a number of the other":               {"other", "7", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := w.Index()
			c, _ := Find(t, ix, test.container, 0)
			chain, err := inspect.ParseContainerPID(test.pid)
			if err != nil {
				t.Fatal(err)
			}
			p, err := ix.FindContainerPID(c, chain)
			if err != nil {
				t.Fatal(err)
			}
			if got := hostPIDOf(p); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func hostPIDOf(p *procfs.Process) int {
	if p == nil {
		return 0
	}
	return p.PID
}

// Of a process that was not read whole it is not known where it is.
func TestFindContainerPIDOfASurvey(t *testing.T) {
	ix := NewWorld().Container("agent", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sh", In("a")).
		Process(7, 1, "cron", func(p *procfs.Process) { p.StatOnly, p.NSPIDs = true, nil }).Index()
	if p, err := ix.FindContainerPID(ix.Container(ID("a")), []int{99}); p != nil || err != nil {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestFindContainerPIDAmbiguous(t *testing.T) {
	w := Demo().
		Process(401, 101, "init", In("a", 61, 1), NS(8)).Process(402, 401, "x", In("a", 62, 2), NS(8)).
		Process(501, 101, "init", In("a", 71, 1), NS(10)).Process(502, 501, "x", In("a", 72, 2), NS(10))
	ix := w.Index()
	c, _ := Find(t, ix, "demo", 0)
	_, err := ix.FindContainerPID(c, []int{2})
	var ambiguous *inspect.AmbiguousPIDError
	if !errors.As(err, &ambiguous) || err.Error() != "one of '62>2', '72>2'" {
		t.Errorf("got %v, want both chains", err)
	}
}

// What a process is called inside finds it again from the outside.
func TestContainerPIDsRoundTrip(t *testing.T) {
	ix := Demo().Process(401, 101, "init", In("a", 61, 1), NS(8)).Process(402, 401, "x", In("a", 62, 2), NS(8)).Index()
	c, _ := Find(t, ix, "demo", 0)
	for _, p := range ix.ProcessesOf(c) {
		got, err := ix.FindContainerPID(c, ix.ContainerPIDs(c, p))
		if err != nil || got != p {
			t.Errorf("process %d: found %v, %v", p.PID, hostPIDOf(got), err)
		}
	}
}
