package render

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// savedLimits are those of the containers of a saved host, one of which has given a hostile name
// to a control group.
func savedLimits(t *testing.T) []limit.Set {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "testdata", "limits.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	capture, err := inspect.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	ix := inspect.NewIndex(capture)
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	return limit.Find(ix, chosen)
}

func TestLimitsAtSeveralWidths(t *testing.T) {
	for _, width := range []int{0, 40, 80, 200} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			list := savedLimits(t)
			var b bytes.Buffer
			screen := Screen{Out: &b, Width: width, ASCII: true}
			for _, options := range []LimitOptions{{}, {Named: true}} {
				if err := screen.Limits(list, options); err != nil {
					t.Fatal(err)
				}
			}
			if err := screen.Limits(list[:1], LimitOptions{Named: true}); err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("limits-%d", width), b.Bytes())
			noRawText(t, b.String())
			for line := range strings.Lines(b.String()) {
				if columns := text.StringWidth(strings.TrimSuffix(line, "\n")); width >= 80 && columns > width {
					t.Errorf("%d columns: %s", columns, line)
				}
			}
		})
	}
}

func TestLimitColoursRepeatWords(t *testing.T) {
	var plain, coloured bytes.Buffer
	for out, colour := range map[*bytes.Buffer]bool{&plain: false, &coloured: true} {
		if err := (Screen{Out: out, Width: 100, Colour: colour}).Limits(savedLimits(t), LimitOptions{Named: true}); err != nil {
			t.Fatal(err)
		}
	}
	if plain.String() == coloured.String() {
		t.Error("there is no colour")
	}
	if got := text.StripEscape(coloured.String()); got != plain.String() {
		t.Errorf("without its colours it is\n%s\nwant\n%s", got, plain.String())
	}
}

// The holders of a user's limit are named together with the host's own share, however small that
// is, because the host's user has the same user ID.
func TestHoldersOfAUser(t *testing.T) {
	of := func(name string, tasks int) limit.Share {
		if name == "" {
			return limit.Share{Tasks: tasks}
		}
		return limit.Share{Container: &inspect.Container{Name: name}, Tasks: tasks}
	}
	many := []limit.Share{of("a", 40), of("b", 30), of("c", 20), of("", 1)}
	for want, l := range map[Safe]limit.Limit{
		"a 40, host 1, 2 more":  {Kind: limit.User, Scope: limit.ScopeUser, Shares: many},
		"a 40, b 30, 2 more":    {Kind: limit.Numbers, Scope: limit.ScopeHost, Shares: many},
		"host 50, a 40, 2 more": {Kind: limit.User, Scope: limit.ScopeUser, Shares: []limit.Share{of("", 50), of("a", 40), of("b", 30), of("c", 20)}},
		"a 40, b 30, c 20":      {Kind: limit.User, Scope: limit.ScopeUser, Shares: many[:3]},
	} {
		l.Fill = limit.Fill{Processes: 91}
		if got := holders(&l); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Long names and paths fit the screen. The end of a path is kept, because it is the most
// important part.
func TestLongNamesAndPathsOfLimits(t *testing.T) {
	list := savedLimits(t)
	for i := range list {
		list[i].Container.Name = strings.Repeat("long-", 12) + fmt.Sprint(i)
		for j := range list[i].Limits {
			if l := &list[i].Limits[j]; l.Scope == limit.ScopeParent {
				l.Path = "/kubepods.slice/kubepods-burstable.slice/" + strings.Repeat("pod0123456789abcdef", 4) + ".slice/the-end"
			}
		}
	}
	for _, options := range []LimitOptions{{}, {All: true}, {Named: true}} {
		var b bytes.Buffer
		if err := (Screen{Out: &b, Width: 80, ASCII: true}).Limits(list, options); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if columns := text.StringWidth(strings.TrimSuffix(line, "\n")); columns > 80 && !strings.Contains(line, "docker ") {
				t.Errorf("%d columns: %s", columns, line)
			}
		}
		if !strings.Contains(b.String(), "he-end") {
			t.Errorf("the end of a path is cut off\n%s", b.String())
		}
	}
}

// With --all a container that only the host's limits bound has a row with its own group, and the
// host's limits are shown once.
func TestAllLimitsShowTheHostsOnce(t *testing.T) {
	list := savedLimits(t)
	for i := range list {
		for j := range list[i].Limits {
			l := &list[i].Limits[j]
			l.First = l.Kind == limit.Numbers && l.Scope == limit.ScopeHost
			if l.Scope == limit.ScopeContainer {
				l.Max = procfs.None[int](procfs.NotHeld)
			}
		}
		list[i].Unread = nil
	}
	var b bytes.Buffer
	if err := (Screen{Out: &b}).Limits(list, LimitOptions{All: true}); err != nil {
		t.Fatal(err)
	}
	for want, n := range map[string]int{"\n-          pid_max": 1, "  pid_max ": 1, "\ndemo       pids.max        8     none        -  its cgroup ": 1} {
		if got := strings.Count(b.String(), want); got != n {
			t.Errorf("%d of %q, want %d\n%s", got, want, n, b.String())
		}
	}
}

// A container without a limit of its own is reported as such, after its name or with it.
func TestNoLimitOfItsOwn(t *testing.T) {
	list := savedLimits(t)
	for want, some := range map[string][]limit.Set{"\ndemo-x has no pids limit of its own.\n": list[2:3], "\ndemo-x     It has no pids limit of its own.\n": list[:3]} {
		var b bytes.Buffer
		if err := (Screen{Out: &b}).Limits(some, LimitOptions{Named: true}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) || strings.Contains(b.String(), "demo has no") {
			t.Errorf("want %q in\n%s", want, b.String())
		}
	}
}
