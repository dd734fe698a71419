package plugin

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// readme is the document whose examples are run, and readmeHost the host that they show,
// saved by docker pidns snapshot: that of make demo, with a few containers more and
// without what else ran on that machine.
const (
	readme     = "../README.md"
	readmeHost = "testdata/readme.json"
)

var (
	fenced     = regexp.MustCompile("(?ms)^```\n(.*?)^```$")
	prompt     = regexp.MustCompile(`(?m)^\$ `)
	substitute = regexp.MustCompile(`\$\(([^)]*)\)`)
)

// What the README shows is what its commands write of the host that was saved for it.
// Left out are a command behind a pipe, and what tells of the program itself.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	written := fenced.ReplaceAllFunc(text, func(block []byte) []byte {
		content := fenced.FindSubmatch(block)[1]
		shown := answered(t, string(content), &examples)
		if shown != string(content) && !*update {
			t.Errorf("the README shows\n%s\nand it is\n%s", content, shown)
		}
		return bytes.Replace(block, content, []byte(shown), 1)
	})
	if examples < 19 {
		t.Errorf("only %d examples were run", examples)
	}
	if *update {
		if err := os.WriteFile(readme, written, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// answered is a block with its commands answered anew.
func answered(t *testing.T, block string, examples *int) string {
	t.Helper()
	pieces := prompt.Split(block, -1) // what stands before the first command, and each with its answer
	for i, piece := range pieces[1:] {
		typed, shown, _ := strings.Cut(piece, "\n")
		words, runs := argumentsOf(t, typed)
		if !runs {
			continue
		}
		*examples++
		a := runOn(t, source.File{Path: readmeHost}, words...)
		apart := shown[len(strings.TrimRight(shown, "\n")):] // with the blank line between two commands
		pieces[i+1] = typed + "\n" + strings.TrimRight(a.out+a.err, "\n") + apart
	}
	return strings.Join(pieces, "$ ")
}

// argumentsOf are the arguments of docker pidns; runs is false for what needs more than the
// host that was saved.
func argumentsOf(t *testing.T, typed string) (words []string, runs bool) {
	t.Helper()
	rest, ours := strings.CutPrefix(typed, "docker pidns ")
	if !ours || strings.Contains(rest, " | ") || rest == "version" {
		return nil, false
	}
	rest = substitute.ReplaceAllStringFunc(rest, func(inner string) string {
		words, _ := argumentsOf(t, substitute.FindStringSubmatch(inner)[1])
		return strings.Join(strings.Fields(runOn(t, source.File{Path: readmeHost}, words...).out), " ")
	})
	for word := range strings.FieldsSeq(rest) {
		words = append(words, strings.Trim(word, "'"))
	}
	return words, true
}
