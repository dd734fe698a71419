package plugin

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// documents are those whose examples are run. readmeHost is the host that they show, saved by
// docker pidns snapshot: that of make demo, with a few more containers and without other
// programs of that machine.
var documents = []string{"../README.md", "../docs/*.md", "../docs/*/*.md"}

const readmeHost = "testdata/readme.json"

// piped is the output on that host of programs before a pipe, by their command lines.
var piped = map[string]string{"ps -C sleep -o pid,stat,args": "testdata/readme-ps.txt"}

var (
	fenced     = regexp.MustCompile("(?ms)^```\n(.*?)^```$")
	prompt     = regexp.MustCompile(`(?m)^\$ `)
	substitute = regexp.MustCompile(`\$\(([^)]*)\)`)
)

// The documents show what their commands write about the saved host. Facts about the program
// itself are left out, and so is a command after a pipe whose input was not saved.
func TestReadme(t *testing.T) {
	examples := 0
	for _, pattern := range documents {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, file := range files {
			examples += checkExamples(t, file)
		}
	}
	if examples < 19 {
		t.Errorf("only %d examples were run", examples)
	}
}

// checkExamples runs the examples of a document, and returns how many there are.
func checkExamples(t *testing.T, file string) (examples int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	written := fenced.ReplaceAllFunc(text, func(block []byte) []byte {
		content := fenced.FindSubmatch(block)[1]
		shown := answered(t, string(content), &examples)
		if shown != string(content) && !*update {
			t.Errorf("%s shows (make docs mends it)\n%s\nand it is\n%s", file, content, shown)
		}
		return bytes.Replace(block, content, []byte(shown), 1)
	})
	if *update && !bytes.Equal(text, written) {
		if err := os.WriteFile(file, written, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return examples
}

// answered is a block with new answers to its commands.
func answered(t *testing.T, block string, examples *int) string {
	t.Helper()
	pieces := prompt.Split(block, -1) // what is before the first command, and each command with its answer
	for i, piece := range pieces[1:] {
		typed, shown, _ := strings.Cut(piece, "\n")
		input, ours := inputOf(t, typed)
		words, runs := argumentsOf(t, ours)
		if !runs {
			continue
		}
		*examples++
		a := feed(t, source.File{Path: readmeHost}, input, words...)
		apart := shown[len(strings.TrimRight(shown, "\n")):] // with the blank line between two commands
		pieces[i+1] = typed + "\n" + strings.TrimRight(a.out+a.err, "\n") + apart
	}
	return strings.Join(pieces, "$ ")
}

// inputOf removes the command before a pipe, and returns its output.
func inputOf(t *testing.T, typed string) (input, ours string) {
	t.Helper()
	before, behind, isPiped := strings.Cut(typed, " | ")
	if file, saved := piped[before]; isPiped && saved {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text), behind
	}
	return "", typed
}

// argumentsOf are the arguments of docker pidns. runs is false for commands that need more than
// the saved host.
func argumentsOf(t *testing.T, typed string) (words []string, runs bool) {
	t.Helper()
	rest, ours := strings.CutPrefix(typed, "docker pidns ")
	if !ours || strings.Contains(rest, " | ") || rest == "version" || strings.HasPrefix(rest, "trace ") {
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
