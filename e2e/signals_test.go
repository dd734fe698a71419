//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// forecast is a row of signals: the published keys.
type forecast struct {
	Container            string
	HostPID              int
	NSInit               bool
	StopSignal           string
	StopTimeoutSeconds   float64
	Forecast, Certainty  string
	Blocker              *int
	Reaps                string
	Evidence             []string
	Unheard              []int
	Number               int
	Signal, Disposition  string
	Blocked              bool
	Awaited              *bool
	Hears, DefaultAction string
	Absent               map[string]string
}

func forecasts(t testing.TB, a Answer) []forecast { return Decoded[forecast](t, a) }

func forecastOf(t testing.TB, b *Box) forecast {
	t.Helper()
	rows := forecasts(t, Ask(t, "signals", "--format", "json", b.Name))
	if len(rows) != 1 || rows[0].HostPID != b.PID() {
		t.Fatalf("got %+v", rows)
	}
	return rows[0]
}

// stop runs docker stop and reports how long it took, and the exit code of the main process.
func stop(b *Box) (took time.Duration, exit int) {
	b.T.Helper()
	began := time.Now()
	Docker(b.T, "stop", b.Name)
	took = time.Since(began)
	return took, Atoi(b.Inspect("{{.State.ExitCode}}"))
}

const grace = 4 * time.Second

// The forecast of docker stop is correct.
func TestForecastOfDockerStop(t *testing.T) {
	for name, test := range map[string]struct {
		options []string
		words   []string
		// ready is a process that exists when the container has started completely.
		ready    string
		forecast string
		certain  string
		killed   bool
		blocker  string
	}{
		"no handler":                 {nil, []string{"sleep", "infinity"}, "sleep infinity", "ignored", "certain", true, ""},
		"ignored":                    {nil, []string{"sh", "-c", "trap '' TERM; sleep 901; true"}, "sleep 901", "ignored", "certain", true, ""},
		"behind docker-init":         {[]string{"--init"}, []string{"sleep", "902"}, "sleep 902", "handled", "likely", false, ""},
		"deaf behind docker-init":    {[]string{"--init"}, []string{"sh", "-c", "trap '' TERM; sleep 903; true"}, "sleep 903", "ignored", "likely", true, "sh"},
		"a trap behind a child":      {nil, []string{"sh", "-c", "trap 'exit 0' TERM; sleep 904; true"}, "sleep 904", "delayed", "likely", true, "sleep 904"},
		"a trap beside a child":      {nil, []string{"sh", "-c", "trap 'exit 0' TERM; sleep 905 & wait"}, "sleep 905", "handled", "likely", false, ""},
		"a child that ends soon":     {nil, []string{"sh", "-c", "trap 'exit 0' TERM; while true; do sleep 1; done"}, "sleep 1", "handled", "likely", false, "any"},
		"a Go program":               {nil, []string{"workload", "never-waits"}, "workload never-waits", "handled", "likely", false, ""},
		"SIGKILL at once":            {[]string{"--stop-signal", "SIGKILL"}, []string{"sleep", "906"}, "sleep 906", "handled", "certain", false, ""},
		"a signal that does nothing": {[]string{"--stop-signal", "SIGWINCH"}, []string{"sleep", "907"}, "sleep 907", "ignored", "certain", true, ""},
		"the host's PID namespace":   {[]string{"--pid", "host"}, []string{"sleep", "908"}, "sleep 908", "handled", "certain", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := Run(t, append(append(append([]string{"--stop-timeout", strconv.Itoa(int(grace.Seconds()))}, test.options...), "--"), test.words...)...)
			b.EventuallyWith(test.ready)
			var f forecast
			Eventually(t, "it to have settled", func() bool { f = forecastOf(t, b); return f.Certainty == test.certain })
			if f.Forecast != test.forecast || f.StopTimeoutSeconds != grace.Seconds() {
				t.Errorf("got %+v", f)
			}
			if got := blockerOf(b, f); test.blocker != "any" && !strings.HasPrefix(got, test.blocker) || test.blocker == "" && got != "" {
				t.Errorf("the blocker is %q, want %q", got, test.blocker)
			}
			took, exit := stop(b)
			if killed := took >= grace && exit == 137; killed != test.killed || !killed && took >= grace {
				t.Errorf("docker stop took %s with exit code %d; the forecast was %+v", took, exit, f)
			}
		})
	}
}

// blockerOf is the command line of the process that is reported to delay the stop.
func blockerOf(b *Box, f forecast) string {
	if f.Blocker == nil {
		return ""
	}
	return strings.Join(b.Processes()[*f.Blocker].Args, " ")
}

// A container that joined another one's PID namespace is not an init, and is killed by a signal
// that the owner would ignore.
func TestForecastOfAJoiner(t *testing.T) {
	t.Parallel()
	owner := Run(t)
	joiner := Run(t, "--pid", "container:"+owner.Name)
	if f := forecastOf(t, joiner); f.Forecast != "handled" || f.Certainty != "certain" || f.NSInit || len(f.Unheard) != 0 {
		t.Errorf("the joiner: %+v", f)
	}
	if f := forecastOf(t, owner); f.Forecast != "ignored" || !f.NSInit || fmt.Sprint(f.Unheard) != fmt.Sprint([]int{joiner.PID()}) {
		t.Errorf("the owner: %+v, want %d unheard", f, joiner.PID())
	}
	if took, exit := stop(joiner); exit != 143 {
		t.Errorf("docker stop took %s with exit code %d, want 143", took, exit)
	}
}

// Whether PID 1 reaps is reported before it has an orphan, and is correct when it has.
func TestForecastOfReaping(t *testing.T) {
	for name, test := range map[string]struct {
		options, words []string
		want           string
	}{
		"sleep":       {nil, []string{"sleep", "infinity"}, "no"},
		"docker-init": {[]string{"--init"}, []string{"sleep", "infinity"}, "yes"},
		"a shell":     {nil, []string{"sh", "-c", "sleep 909; true"}, "yes"},
		"Go":          {nil, []string{"workload", "sleep"}, "no"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := Run(t, append(append(append([]string{"--stop-signal", "KILL"}, test.options...), "--"), test.words...)...)
			Eventually(t, "the container to settle", func() bool { return forecastOf(t, b).Reaps != "unknown" })
			if f := forecastOf(t, b); f.Reaps != test.want {
				t.Errorf("before: got %+v, want %s", f, test.want)
			}
			b.Leave("exit 3")
			b.Leave("exit 4")
			if test.want == "no" {
				b.Zombies(2)
				if f := forecastOf(t, b); f.Reaps != "no" {
					t.Errorf("with two zombies: %+v", f)
				}
				return
			}
			b.Zombies(0)
		})
	}
}

// The effect of kill -9 from inside and from the host is as reported.
func TestKillNine(t *testing.T) {
	t.Parallel()
	b := Run(t)
	main := b.PID()
	Ask(t, "signals", b.Name).Want(t, "kill -9 1 has no effect", fmt.Sprintf("kill -9 %d on the host kills it", main))
	b.Sh("kill -9 1; true")
	if b.Inspect("{{.State.Running}}") != "true" || b.PID() != main {
		t.Fatal("kill -9 1 from inside has ended it")
	}
	if _, err := Command("kill", "-9", strconv.Itoa(main)); err != nil {
		t.Fatal(err)
	}
	Eventually(t, "the container to have exited", func() bool { return b.Inspect("{{.State.Status}} {{.State.ExitCode}}") == "exited 137" })
}

// The table decodes the kernel's masks, and the signals that are awaited.
func TestSignalTable(t *testing.T) {
	t.Parallel()
	b := Run(t, "--init", "--", "sh", "-c", "trap '' HUP; trap 'exit' USR1; sleep 910; true")
	shell := ByArgs(t, b.EventuallyWith("sleep 910"), "sh -c trap '' HUP; trap 'exit' USR1; sleep 910; true")
	masks := masksOf(t, shell.PID)
	rows := forecasts(t, Ask(t, "signals", "--process", fmt.Sprint(shell.Inside[len(shell.Inside)-1]), "--format", "json", b.Name))
	if len(rows) != 64 {
		t.Fatalf("%d rows, want 64", len(rows))
	}
	for _, r := range rows {
		want := "default"
		switch bit := uint64(1) << (r.Number - 1); {
		case masks["SigCgt"]&bit != 0:
			want = "caught"
		case masks["SigIgn"]&bit != 0:
			want = "ignored"
		}
		if r.HostPID != shell.PID || r.Disposition != want || r.Awaited == nil || *r.Awaited {
			t.Errorf("got %+v, want %s", r, want)
		}
	}
	for _, r := range forecasts(t, Ask(t, "signals", "--table", "--format", "json", b.Name)) {
		if r.Signal == "SIGTERM" && (r.Awaited == nil || !*r.Awaited || r.Hears != "awaited" || r.Disposition != "default") {
			t.Errorf("docker-init awaits SIGTERM: %+v", r)
		}
	}
	PIDNS(t, "signals", "--process", "777", b.Name).WantStatus(t, 1).WantNothing(t).WantOneError(t, "has no process 777")
	PIDNS(t, "signals", "--process", "1").WantStatus(t, 125).WantNothing(t).WantOneError(t, "--process is about one container")
	PIDNS(t, "signals", "--table").WantStatus(t, 125).WantNothing(t).WantOneError(t, "name the containers")
}

// masksOf are the masks of /proc/PID/status by key.
func masksOf(t testing.TB, pid int) map[string]uint64 {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	masks := map[string]uint64{}
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.HasPrefix(key, "Sig") {
			masks[key], _ = strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		}
	}
	return masks
}

// An ordinary user gets what the masks show with certainty, and nothing else.
func TestSignalsOfAnOrdinaryUser(t *testing.T) {
	t.Parallel()
	plain, withInit := Run(t), Run(t, "--init")
	deaf := Run(t, "--", "sh", "-c", "trap '' TERM; sleep 911; true")
	deaf.EventuallyWith("sleep 911")
	user := Call{Through: append(nobody(t), "docker", "pidns")}
	a := user.Run(t, "signals", "--format", "json", plain.Name, withInit.Name, deaf.Name).WantStatus(t, 0).WantError(t, "needs root: sudo ", "docker-pidns signals")
	for _, f := range forecasts(t, a) {
		want := map[string]string{plain.Name: "unknown unknown", withInit.Name: "unknown unknown", deaf.Name: "ignored likely"}[f.Container]
		if got := f.Forecast + " " + f.Certainty; got != want {
			t.Errorf("%s: got %s, want %s: %+v", f.Container, got, want, f)
		}
	}
	for _, r := range forecasts(t, user.Run(t, "signals", "--table", "--format", "json", plain.Name)) {
		if r.Awaited != nil || r.Absent["Awaited"] != "denied" {
			t.Errorf("what is awaited is denied: %+v", r)
		}
	}
}

// A snapshot has the same answers as the live host had.
func TestSignalsFrom(t *testing.T) {
	t.Parallel()
	b := Run(t, "--init", "--", "sh", "-c", "trap '' TERM; sleep 912; true")
	b.EventuallyWith("sleep 912")
	live := forecastOf(t, b)
	saved := Call{Stdin: Ask(t, "snapshot", "--settle", "0").Stdout}
	rows := forecasts(t, saved.Run(t, "signals", "--from", "-", "--format", "json", b.Name).WantStatus(t, 0))
	if len(rows) != 1 || fmt.Sprintf("%+v", rows[0].Evidence) != fmt.Sprintf("%+v", live.Evidence) || rows[0].Forecast != live.Forecast || rows[0].Reaps != live.Reaps {
		t.Errorf("saved %+v, live %+v", rows, live)
	}
}
