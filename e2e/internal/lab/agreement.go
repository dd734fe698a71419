//go:build e2e && linux

package lab

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// commandOfRule are the commands that show what the rules judge, by doctor --list.
var commandOfRule = sync.OnceValues(func() (map[string]string, error) {
	list, err := Command(Suite.Plugin, "doctor", "--list")
	commands, id := map[string]string{}, ""
	for line := range strings.Lines(list) {
		if !strings.HasPrefix(line, " ") {
			id, _, _ = strings.Cut(strings.TrimSpace(line), " ")
		}
		if _, command, found := strings.Cut(line, "  see      docker pidns "); found {
			commands[id] = strings.TrimSpace(command)
		}
	}
	return commands, err
})

// soon is enough time between two looks if the container is known to have a problem.
const soon = "200ms"

// settling is the age from which the doctor and the commands say the same of a container.
const settling = 1500 * time.Millisecond

// Agrees compares what the doctor says of a container with the commands. They must have the
// same evidence, the same command to type and the same fix. What they show as wrong, the doctor
// must have found.
func Agrees(t *testing.T, b *Box) {
	t.Helper()
	// In its first second a program may still install a handler. So the doctor at that time and
	// a command later may differ.
	started, err := time.Parse(time.RFC3339Nano, b.Inspect("{{.State.StartedAt}}"))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(started.Add(settling)))
	commands, err := commandOfRule()
	if err != nil {
		t.Fatal(err)
	}
	found := Findings(t, Ask(t, "doctor", "--settle", soon, "--format", "json", b.Name))
	var rules []string
	for _, f := range found {
		rules = append(rules, f.Rule)
		if command := commands[f.Rule]; command != "" && f.Verdict == "yes" {
			saysTheSame(t, b, command, f)
		}
	}
	for _, wrong := range shownAsWrong(t, b) {
		if !slices.ContainsFunc(wrong.rules, func(id string) bool { return slices.Contains(rules, id) }) {
			t.Errorf("%s, and the doctor found %v, none of %v", wrong.what, rules, wrong.rules)
		}
	}
}

func saysTheSame(t *testing.T, b *Box, command string, f Finding) {
	t.Helper()
	options := []string{command, "--no-trunc"}
	if command == "zombies" || command == "signals" {
		options = append(options, "--settle", soon)
	}
	wanted := append(slices.Clone(f.Evidence), f.Now, strings.TrimSuffix(f.Cure, "."))
	sentence, isLikely := strings.CutSuffix(f.Evidence[0], " (likely)")
	certainty, isForecast := "certain", strings.HasPrefix(sentence, "docker stop (")
	if isLikely {
		certainty = "likely"
	}
	switch {
	case isForecast:
		wanted = wanted[1:]
		if !Says(Explained(t, b), "stop", certainty, sentence) {
			t.Errorf("explain does not say %q", f.Evidence[0])
		}
	case command == "ns" && !Says(Explained(t, b), "sharing", "certain", sentence):
		t.Errorf("explain does not say %q: %+v", sentence, Explained(t, b))
	}
	// A look can find a process awake that sleeps most of the time, and reports that. Then the
	// next look agrees with the doctor.
	var shown Answer
	var missing []string
	for range 5 {
		shown = Ask(t, append(options, b.Name)...)
		if missing = notSaid(wanted, shown.Stdout); len(missing) == 0 {
			return
		}
	}
	t.Errorf("%s: the doctor says %q\n%s", f.Rule, missing, shown)
}

// notSaid are the wanted sentences that an output does not have. Sentences whose facts are in
// its rows are left out: where zombies came from, and how much of a limit is used.
func notSaid(wanted []string, output string) []string {
	return slices.DeleteFunc(slices.Clone(wanted), func(said string) bool {
		return strings.Contains(output, said) || strings.HasSuffix(said, "from docker exec") || strings.HasSuffix(said, "from its health check") || strings.HasSuffix(said, " used")
	})
}

// wrong is what a command shows as wrong, and the rules. One of these must find it.
type wrong struct {
	what  string
	rules []string
}

func shownAsWrong(t *testing.T, b *Box) []wrong {
	t.Helper()
	var list []wrong
	for _, z := range AskRows(t, "zombies", "--settle", soon, b.Name) {
		if z.Cause != "unknown" {
			list = append(list, wrong{"a zombie: " + z.String(), []string{"zombies-unreaped", "nested-init-zombies", "shim-stopped"}})
		}
	}
	type membership struct{ Type, Verdict string }
	for _, m := range Decoded[membership](t, Ask(t, "ns", "--format", "json", b.Name)) {
		if rules := map[string][]string{"stale": {"stale-join"}, "owner-gone": {"owner-gone"}, "left": {"namespace-left"}}[m.Verdict]; rules != nil {
			list = append(list, wrong{m.Type + " is " + m.Verdict, rules})
		}
	}
	type forecast struct{ Forecast string }
	for _, f := range Decoded[forecast](t, Ask(t, "signals", "--settle", soon, "--format", "json", b.Name)) {
		if f.Forecast == "ignored" || f.Forecast == "delayed" {
			list = append(list, wrong{"docker stop is " + f.Forecast, []string{"stop-ignored", "stop-signal-mismatch", "stop-delayed", "main-thread-exited", "init-cannot-finish"}})
		}
	}
	type limit struct {
		Limit, Stops string
		First        bool
		Left, Max    *int
	}
	for _, l := range Decoded[limit](t, Ask(t, "limits", "--format", "json", b.Name)) {
		near := l.Left != nil && l.Max != nil && *l.Left <= *l.Max/5
		switch {
		case near && l.Stops == "exec":
			list = append(list, wrong{l.Limit + " of the engine is near", []string{"engine-pids-limit"}})
		case near && (l.First || l.Stops == "thread"):
			list = append(list, wrong{l.Limit + " is near", []string{"limit-near"}})
		}
	}
	return list
}

// Finding is a row of doctor: the published keys.
type Finding struct {
	Container, Rule, Severity, Verdict string
	HostPID                            *int
	Evidence                           []string
	Now, Cure                          string
}

// Findings are the rows of doctor --format json.
func Findings(t testing.TB, a Answer) []Finding { return Decoded[Finding](t, a) }

// Statement is a row of explain: the published keys.
type Statement struct {
	Topic, Effect, Certainty, Text string
	Other                          *string
	ExitCode                       *int
}

// Explained is what explain --format json says of the container. It must succeed.
func Explained(t testing.TB, b *Box, options ...string) []Statement {
	t.Helper()
	return Decoded[Statement](t, Ask(t, append(append([]string{"explain", "--format", "json"}, options...), b.Name)...))
}

// Says reports whether a statement of this topic and certainty holds the words.
func Says(rows []Statement, topic, certainty, words string) bool {
	return slices.ContainsFunc(rows, func(s Statement) bool {
		return s.Topic == topic && s.Certainty == certainty && strings.Contains(s.Text, words)
	})
}
