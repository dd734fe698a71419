package explain_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/trace"
)

// What a trace saw of the end replaces what is guessed without it, if it is of this run and about the
// main process.
func TestSeen(t *testing.T) {
	started, finished := TakenAt.Add(-time.Hour), TakenAt.Add(-time.Minute)
	killed, seconds := 137, 0.002
	kill := trace.Row{
		Time: finished.Add(-3 * time.Millisecond), Event: trace.SignalSent, ContainerID: ID("a"), Container: "gone", ContainerPID: 1, HostPID: 101, Command: "sleep", Signal: "SIGKILL",
		Sender: trace.FromHost, SenderCommand: "bash", SenderHostPID: 4411, SenderUser: "alice", Outcome: trace.Killed, ExitCode: &killed, Seconds: &seconds, Certainty: inspect.Certain,
	}
	change := func(f func(*trace.Row)) trace.Row {
		r := kill
		f(&r)
		return r
	}
	term := change(func(r *trace.Row) {
		r.Time, r.Signal, r.Outcome, r.Dropped, r.DroppedReason, r.ExitCode, r.Seconds = finished.Add(-time.Second), "SIGTERM", trace.Dropped, true, trace.NoHandler, nil, nil
	})
	const nothing = "The trace does not show its exit."
	const saw = "The trace saw at 11:58:59.997 UTC: SIGKILL to PID 1 (sleep, 101) from bash (4411) of user alice on the host, killed after 2 ms (exit code 137)."
	for name, test := range map[string]struct {
		rows []trace.Row
		want []string
		sure inspect.Certainty
	}{
		"the kill":            {[]trace.Row{kill}, []string{saw}, inspect.Certain},
		"a kill by its group": {[]trace.Row{change(func(r *trace.Row) { r.Certainty = inspect.Likely })}, []string{saw}, inspect.Likely},
		"what was before": {[]trace.Row{term, kill}, []string{
			"The trace saw at 11:58:59.000 UTC: SIGTERM to PID 1 (sleep, 101) from bash (4411) of user alice on the host, dropped by the kernel: PID 1 has no handler.", saw,
		}, inspect.Certain},
		"an exit by itself": {[]trace.Row{change(func(r *trace.Row) {
			r.Event, r.Signal, r.Sender, r.Seconds, r.Certainty, r.Outcome = trace.Exit, "", "", nil, "", trace.Killed
		})}, []string{"The trace saw at 11:58:59.997 UTC: PID 1 (sleep, 101) is killed, exit code 137, by SIGKILL, but the trace did not see the signal."}, inspect.Certain},
		"another process":  {[]trace.Row{change(func(r *trace.Row) { r.ContainerPID = 7 })}, []string{nothing}, inspect.Certain},
		"another run":      {[]trace.Row{change(func(r *trace.Row) { r.Time = started.Add(-time.Minute) })}, []string{nothing}, inspect.Certain},
		"another moment":   {[]trace.Row{change(func(r *trace.Row) { r.Time = finished.Add(-time.Minute) })}, []string{nothing}, inspect.Certain},
		"a later exit":     {[]trace.Row{change(func(r *trace.Row) { r.Time = finished.Add(time.Minute) })}, []string{nothing}, inspect.Certain},
		"only what failed": {[]trace.Row{term}, []string{nothing}, inspect.Certain},
	} {
		t.Run(name, func(t *testing.T) {
			w := NewWorld()
			w.Containers = []inspect.Container{{ID: ID("a"), Name: "gone", Status: "exited", StartedAt: started, FinishedAt: finished, ExitCode: 137, AnsweredAt: TakenAt}}
			ix := w.Index()
			said := explain.Ended(ix, ix.ContainerNamed("gone"), test.rows...)[1:]
			for i, want := range test.want {
				sure := test.sure
				if i < len(test.want)-1 {
					sure = inspect.Certain
				}
				if got := said[i]; got.Text != want || got.Certainty != sure {
					t.Fatalf("got %q, %s", got.Text, got.Certainty)
				}
			}
			if test.want[0] == saw && test.sure == inspect.Likely {
				unknown := change(func(r *trace.Row) { r.Sender = trace.UnknownSender })
				if also := explain.Ended(ix, ix.ContainerNamed("gone"), unknown); len(also) <= len(said)+1 {
					t.Errorf("an unknown sender leaves the other causes open: %q", texts(also))
				}
			}
			guessed := slices.ContainsFunc(said, func(s explain.Statement) bool { return strings.HasPrefix(s.Text, "Cause unknown") })
			if guessed != (test.want[0] == nothing) {
				t.Errorf("other causes are stated: %t: %q", guessed, texts(said))
			}
		})
	}
}

// A container that has joined a PID namespace is known by what the trace knew of it.
func TestSeenJoined(t *testing.T) {
	finished, killed, seconds := TakenAt.Add(-time.Minute), 137, 0.002
	w := NewWorld()
	w.Containers = []inspect.Container{{ID: ID("b"), Name: "side", Status: "exited", PIDMode: "container:" + ID("a"), StartedAt: TakenAt.Add(-time.Hour), FinishedAt: finished, ExitCode: 137}}
	ix := w.Index()
	row := trace.Row{Time: finished, Event: trace.SignalSent, ContainerID: ID("b"), ContainerPID: 9, Command: "sleep", HostPID: 31, Signal: "SIGKILL", Sender: trace.NamespaceEnd, SenderContainer: "demo", Outcome: trace.Killed, ExitCode: &killed, Seconds: &seconds}
	for main, want := range map[bool]string{
		true:  "The trace saw at 11:59:00.000 UTC: SIGKILL to main process sleep (31, inside 9) by the kernel, because PID 1 of demo exited, killed after 2 ms (exit code 137).",
		false: "The trace does not show its exit.",
	} {
		row.Main = main
		if got := texts(explain.Ended(ix, ix.ContainerNamed("side"), row)); !slices.Contains(got, "certain: "+want) {
			t.Errorf("main %t: got %q", main, got)
		}
	}
}
