package render

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
)

// certaintyWords stand in front of statements.
var certaintyWords = map[inspect.Certainty]Safe{inspect.Certain: "certain", inspect.Likely: "likely", inspect.Uncertain: "unknown"}

// ExplainOptions are those of the explain command.
type ExplainOptions struct {
	ListOptions
	// Next is the command to type next, and NextMeaning what is to be known of it;
	// "" for none.
	Next, NextMeaning string
}

// Explain writes the statements about a container, each with how sure it is, and
// what to type next.
func (s Screen) Explain(c *inspect.Container, statements []explain.Statement, options ExplainOptions) error {
	switch {
	case options.Format.IsPlainTable():
		rows := make([][]Safe, len(statements))
		for i, t := range statements {
			rows[i] = []Safe{Safe(t.Topic), certaintyWords[t.Certainty], Escape(t.Text)}
		}
		s.writeTable([]column{{heading: "TOPIC"}, {heading: "SURE"}, {heading: "STATEMENT"}}, rows)
		return nil
	case !options.Format.IsDefault():
		rows := make([]explainKeys, len(statements))
		for i := range statements {
			rows[i] = explainRowOf(c, &statements[i], options.Host)
		}
		return writeRows(s, options.Format, rows)
	}
	s.print("%s  %s  %s  %s\n", s.paint(bold, Escape(c.Name)), c.ShortID(), Escape(c.Image), c.Status)
	topic := explain.Topic("")
	for _, t := range statements {
		if t.Topic != topic {
			topic = t.Topic
			s.print("\n%s\n", s.paint(bold, topicTitles[topic]))
		}
		const width = len("certain")
		lead := "  " + s.paint(certaintyColour(t.Certainty), certaintyWords[t.Certainty].padded(width)) + "  "
		s.writeWrapped(lead, 2+width+gap, Escape(t.Text))
	}
	if next := s.nextHere(options.Next); next != "" {
		const lead = "Next: "
		s.Line("")
		s.advice(s.paint(bold, lead), len(lead), Escape(next), Escape(inBrackets(options.NextMeaning)))
	}
	return nil
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return "(" + text + ")"
}

func certaintyColour(c inspect.Certainty) text.Colors {
	if c == inspect.Certain {
		return nil
	}
	return dim
}

var topicTitles = map[explain.Topic]Safe{
	explain.TopicProcess: "What it is", explain.TopicHistory: "What has happened to it", explain.TopicParent: "Whose child it is", explain.TopicOrphans: "Who adopts, and who reaps",
	explain.TopicKill: "What kill -9 does", explain.TopicStop: "What docker stop will do", explain.TopicSharing: "What it shares",
	explain.TopicIfStopped: "What its end does to others", explain.TopicEnd: "Why it ended", explain.TopicRestart: "Whether it comes back",
	explain.TopicLeftovers: "What is left of it",
}

// explainKeys are the keys of one statement.
type explainKeys struct {
	containerKeys
	// Topic is process, history, parent, orphans, kill, stop, sharing, if-stopped, end,
	// restart or leftovers.
	Topic string
	// Other (string) is another container that the statement is about.
	Other any
	// Effect is killed, stale, survives or none: what happens to the other container, or
	// without one to processes of this container.
	Effect string
	// ExitCode (int) is the exit code of the container: the one it had, or will have.
	ExitCode any
	// Certainty is certain, likely or unknown.
	Certainty string
	// Text is the statement.
	Text string
	// Absent says why a value is null.
	Absent absences
}

func explainRowOf(c *inspect.Container, t *explain.Statement, host string) explainKeys {
	k := explainKeys{
		containerKeys: containerKeysOf(host, c), Topic: string(t.Topic), Effect: string(t.Effect), Certainty: string(t.Certainty), Text: strings.TrimSpace(t.Text),
		Absent: absences{},
	}
	k.Other = orAbsent(k.Absent, "Other", nameOf(t.Other))
	k.ExitCode = orAbsent(k.Absent, "ExitCode", t.ExitCode)
	return k
}
