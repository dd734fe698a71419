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
)

// savedLimits are those of the containers of a saved host, one of which has
// given a control group a hostile name.
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

// Who holds a user's limit is named with the host's own, however little that is: the
// host's user has the same number.
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
