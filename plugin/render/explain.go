package render

import (
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
)

// certaintyWords are the words in the column SURE. Below headings only likely statements are
// marked. Certain is the normal case, and an unknown statement says so itself.
var certaintyWords = map[inspect.Certainty]Safe{inspect.Certain: "certain", inspect.Likely: "likely", inspect.Uncertain: "unknown"}

// ExplainOptions are the options of the explain command.
type ExplainOptions struct {
	ListOptions
	// Verdict is what is wrong with the container, or that nothing was found, "" if that was not
	// checked.
	Verdict string
	// Next is the command to type next, and NextMeaning is what it shows or takes, or "".
	Next, NextMeaning string
}

// Explain writes what is wrong with a container, the statements about it by topic, and what
// to type next. A statement that is only likely is marked.
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
	s.print("%s  %s  %s  %s\n", s.paint(bold, s.name(c)), c.ShortID(), Escape(c.Image), c.Status)
	if options.Verdict != "" {
		s.writeWrapped("", 0, Escape(options.Verdict))
	}
	topic := explain.Topic("")
	for i := range statements {
		if t := &statements[i]; t.Topic != topic {
			topic = t.Topic
			s.print("\n%s\n", s.paint(bold, topicTitles[topic]))
		}
		s.statement(&statements[i])
	}
	if next := s.nextHere(options.Next); next != "" {
		s.Line("")
		s.commandLine("", lookOn, next, options.NextMeaning)
	}
	return nil
}

// statement writes one statement below its heading, with the command to type after it.
func (s Screen) statement(t *explain.Statement) {
	lead, indent := blanks(gap), gap
	if t.Certainty == inspect.Likely {
		mark := certaintyWords[t.Certainty] + ": "
		lead += s.paint(dim, mark)
		indent += mark.width()
	}
	s.writeWrapped(lead, indent, Escape(t.Text))
	if then := s.nextHere(t.Then); then != "" {
		s.commandLine(blanks(gap), "Afterwards: ", then, "")
	}
}

var topicTitles = map[explain.Topic]Safe{
	explain.TopicProcess: "Main process", explain.TopicHistory: "So far", explain.TopicParent: "Parent", explain.TopicOrphans: "Orphans and zombies",
	explain.TopicKill: "kill -9", explain.TopicStop: "docker stop", explain.TopicSharing: "Namespaces",
	explain.TopicIfStopped: "If it stops", explain.TopicEnd: "Why it exited", explain.TopicRestart: "Restart",
	explain.TopicLeftovers: "Left over",
}

// explainKeys are the keys of one statement.
type explainKeys struct {
	containerKeys
	// Topic is process, history, parent, orphans, kill, stop, sharing, if-stopped, end,
	// restart or leftovers.
	Topic string
	// Other (string) is another container that it affects.
	Other any
	// Effect is what happens to that container, or without one to processes of this one:
	// killed, stale, survives or none.
	Effect string
	// ExitCode (int) is the exit code of the container: the one it had, or will have.
	ExitCode any
	// Certainty is certain, likely or unknown.
	Certainty string
	// Text is the statement, a whole sentence.
	Text string
	// Then is the command to type once this has happened, "" for none.
	Then string
	// Absent says why a value is null.
	Absent absences
}

func explainRowOf(c *inspect.Container, t *explain.Statement, host string) explainKeys {
	k := explainKeys{
		containerKeys: containerKeysOf(host, c), Topic: string(t.Topic), Effect: string(t.Effect), Certainty: string(t.Certainty), Text: strings.TrimSpace(t.Text), Then: t.Then,
		Absent: absences{},
	}
	k.Other = orAbsent(k.Absent, "Other", nameOf(t.Other))
	k.ExitCode = orAbsent(k.Absent, "ExitCode", t.ExitCode)
	return k
}
