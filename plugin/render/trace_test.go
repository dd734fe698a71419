package render_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect/trace"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// traced are three rows of two containers.
func traced() []trace.Row {
	at := time.Date(2026, 12, 1, 10, 2, 11, 204_000_000, time.Local)
	zero, killed, soon, later := 0, 137, 0.212, 0.0001
	return []trace.Row{
		{Time: at, Event: trace.SignalSent, Container: "web", ContainerID: "a", HostPID: 8090, ContainerPID: 1, Command: "nginx", Signal: "SIGTERM", Sender: trace.Engine, EngineAction: trace.Stop, Outcome: trace.Exited, ExitCode: &zero, Seconds: &soon},
		{Time: at.Add(time.Second), Event: trace.SignalSent, Container: "a-name-that-is-longer", ContainerID: "b", HostPID: 21001, ContainerPID: 1, Command: "no\x1b[31mde", Signal: "SIGKILL", Sender: trace.Engine, EngineAction: trace.Stop, GraceOver: true, Outcome: trace.Killed, ExitCode: &killed, Seconds: &later},
		{Time: at.Add(2 * time.Second), Event: trace.Exit, Container: "web", ContainerID: "a", HostPID: 9000, ContainerPID: 7, Command: "job", Outcome: trace.Exited, ExitCode: &zero},
	}
}

func writeTrace(t *testing.T, width int, format render.Format) string {
	t.Helper()
	var out bytes.Buffer
	lines := render.Screen{Out: &out, Width: width}.NewTrace(format, []string{"web"})
	for _, row := range traced() {
		if err := lines.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// Each row is a line as it comes, in columns that only grow. On a narrow terminal what belongs to it is
// below. Text that a process chose is escaped.
func TestTrace(t *testing.T) {
	for width, want := range map[int]string{
		0: `10:02:11.204  web        SIGTERM to PID 1 (nginx, 8090)        from docker stop                          exits with 0 after 212 ms
10:02:12.204  a-name-that-is-longer  SIGKILL to PID 1 (no\x1b[31mde, 21001)  from docker stop, after the grace period  killed within 1 ms (exit code 137)
10:02:13.204  web                    job (9000, inside 7) exits with 0       no signal seen before
`,
		80: `10:02:11.204  web        SIGTERM to PID 1 (nginx, 8090)
              from docker stop, exits with 0 after 212 ms
10:02:12.204  a-name-that-is-longer  SIGKILL to PID 1 (no\x1b[31mde, 21001)
              from docker stop, after the grace period
              killed within 1 ms (exit code 137)
10:02:13.204  web                    job (9000, inside 7) exits with 0
              no signal seen before
`,
	} {
		if got := writeTrace(t, width, ""); got != want {
			t.Errorf("width %d: got\n%swant\n%s", width, got, want)
		}
	}
}

// As JSON there is one object for each row, with every key.
func TestTraceJSON(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(writeTrace(t, 0, "json")), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines", len(lines))
	}
	keys := 0
	for i, line := range lines {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		if i > 0 && len(row) != keys {
			t.Errorf("row %d has %d keys, the first %d", i, len(row), keys)
		}
		keys = len(row)
		if got, isNull := row["Signal"], row["Signal"] == nil; isNull != (i == 2) {
			t.Errorf("row %d: Signal %v", i, got)
		}
	}
	if rows, err := trace.Decode(strings.NewReader(strings.Join(lines, "\n")), "a"); err != nil || len(rows) != 2 || rows[0].EngineAction != trace.Stop || !rows[0].Time.Equal(traced()[0].Time) {
		t.Errorf("read again: %+v, %v", rows, err)
	}
}

func TestTraceSummary(t *testing.T) {
	lines := render.Screen{}.NewTrace("", nil)
	many := map[string]int{}
	for i := range 13 {
		many[string(rune('a'+i))] = i + 1
	}
	for _, test := range []struct {
		told map[string]int
		lost uint64
		want string
	}{
		{nil, 0, "0 events"},
		{map[string]int{"web": 2, "api": 2, "a\nb": 3}, 0, `7 events: a\nb 3, api 2, web 2`},
		{many, 0, "91 events: m 13, l 12, k 11, j 10, i 9, h 8, g 7, f 6, e 5, d 4, 3 more containers"},
		{map[string]int{"web": 1}, 5, "1 event: web 1|5 events lost, because they were not read fast enough: some rows are missing"},
	} {
		var got []string
		for _, line := range lines.Summary(test.told, test.lost) {
			got = append(got, string(line))
		}
		if strings.Join(got, "|") != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
