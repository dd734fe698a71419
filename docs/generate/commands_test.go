package main

import (
	"os/exec"
	"strings"
	"testing"
)

// Each example is an existing command with existing options.
func TestExamples(t *testing.T) {
	commands, err := commandsOf(repository)
	if err != nil {
		t.Fatal(err)
	}
	root, tried := commands[0].Command, 0
	for _, c := range commands {
		for _, line := range c.examples() {
			_, typed, ours := strings.Cut(line, "docker pidns ")
			if !ours {
				continue
			}
			tried++
			found, rest, err := root.Find(words(typed))
			if err != nil || found.ParseFlags(rest) != nil {
				t.Errorf("docker %s: the example %q: %v, %v", c.path, line, err, found.ParseFlags(rest))
			}
		}
	}
	if tried < 20 {
		t.Errorf("only %d examples were tried", tried)
	}
}

// words are those of a command line, without the part that a shell runs after it.
func words(typed string) []string {
	typed, _, _ = strings.Cut(typed, " | ")
	var list []string
	for i, piece := range strings.Split(typed, "'") {
		if i%2 == 1 {
			list = append(list, piece)
		} else {
			list = append(list, strings.Fields(piece)...)
		}
	}
	return list
}

// No line of a manual page is an unintended request of roff, and man accepts the page.
func TestManual(t *testing.T) {
	for text, want := range map[string]string{
		"--from FILE": `\-\-from FILE`, ".5s": `\&.5s`, "'quoted'": `\&'quoted'`, `a\nb`: `a\enb`, "plain": "plain",
	} {
		if got := roff(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		return // the rest of the test needs man
	}
	commands, err := commandsOf(repository)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commands {
		cmd := exec.Command(groff, "-man", "-Tutf8", "-ww")
		cmd.Stdin = strings.NewReader(c.manual(commands))
		var complaints strings.Builder
		cmd.Stderr = &complaints
		if err := cmd.Run(); err != nil || complaints.String() != "" {
			t.Errorf("%s: %v: %s", c.manualName(), err, complaints.String())
		}
	}
}

// Special characters in help texts are escaped in a page.
func TestMarkdown(t *testing.T) {
	for about, want := range map[string]string{
		"RLIMIT_AS of <defunct>": "RLIMIT\\_AS of &lt;defunct>\n", "Look:   tree\nKeep:   snapshot": "```\nLook:   tree\nKeep:   snapshot\n```\n",
	} {
		if got := markdown(about); got != want {
			t.Errorf("%q: got %q, want %q", about, got, want)
		}
	}
	if got := cell("a|b\nc"); got != `a\|b<br>c` {
		t.Errorf("got %q", got)
	}
}
