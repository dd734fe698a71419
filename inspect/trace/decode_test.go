package trace_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/trace"
)

// What was written about the container is read again, and says the same.
func TestDecode(t *testing.T) {
	s := newScene(t, trace.Options{})
	s.sent(15, s.of(21), onHost(900, "runc", 0), s.underShim(20), caught)
	s.event("a", "kill", 15)
	s.at = s.at.Add(3e9)
	written := s.Settle(s.at)
	s.sent(9, s.of(31), s.of(22))
	s.exits(s.of(31), 1e6, 9)
	s.exits(s.of(21), 2e6, 0)
	written = append(written, s.rows()...)
	var text strings.Builder
	for _, row := range written {
		line, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(line, '\n'))
	}
	got, err := trace.Decode(strings.NewReader(text.String()+"\n"), ID("a"))
	if err != nil {
		t.Fatal(err)
	}
	want := []trace.Row{written[0], written[2]}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for i := range got {
		if got[i].Sentence() != want[i].Text {
			t.Errorf("got %s, want %s", got[i].Sentence(), want[i].Text)
		}
	}
}

func TestDecodeMalformed(t *testing.T) {
	const begin = `{"Time":"2026-12-01T10:00:00Z","ContainerID":"a",`
	for text, want := range map[string]string{
		"no json":                            "line 1 is not a row of trace --format json: invalid character",
		begin + `"Event":"exit"}`:            "line 1 is not a row of trace --format json: keys are missing",
		begin + `"Event":"reaping"}`:         "line 1 is not a row of trace --format json: keys are missing",
		"\n" + `{"Time":null}`:               "line 2 is not a row of trace --format json: keys are missing",
		`{"Container":"web","Topic":"end"}`:  "line 1 is not a row of trace --format json: keys are missing",
		strings.Repeat("x", 100_000):         "line 1: bufio.Scanner: token too long",
		begin + `"Event":"signal","Time":7}`: "line 1 is not a row of trace --format json: ",
		begin + `"Event":"signal","Outcome":"killed","ExitCode":137}`: "line 1 is not a row of trace --format json: keys are missing",
	} {
		if rows, err := trace.Decode(strings.NewReader(text), "a"); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.60s: got %v, %v", text, rows, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"Time":"2026-12-01T10:00:00Z","ContainerID":"a","Event":"exit","ExitCode":137,"Outcome":"killed"}`)
	f.Add(`{"Time":"2026-12-01T10:00:00Z","ContainerID":"a","Event":"reaping","Seconds":1e300}`)
	f.Fuzz(func(t *testing.T, text string) {
		rows, _ := trace.Decode(strings.NewReader(text), "a")
		for _, row := range rows {
			if row.Sentence() == "" || row.Clause() == "" {
				t.Errorf("%+v says nothing", row)
			}
		}
	})
}
