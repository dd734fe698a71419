package render

import (
	"regexp"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect/explain"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
)

// The texts of rules and claims are short sentences, so that each can be read once.
func TestDocumentedSentencesAreShort(t *testing.T) {
	for _, r := range rule.All() {
		wantShortSentences(t, r.ID, r.Title, r.Means, r.Matters, r.Proof, r.Mend)
	}
	for _, c := range append(signal.Claims(), explain.Claims()...) {
		wantShortSentences(t, c.Says[0], c.If, c.Unless, c.Open)
	}
}

// quoted is a shell command, which may have any character.
var quoted = regexp.MustCompile(`'[^']*;[^']*'`)

func wantShortSentences(t *testing.T, about string, texts ...string) {
	t.Helper()
	const most = 20 // words
	for _, text := range texts {
		for sentence := range strings.SplitSeq(quoted.ReplaceAllString(text, "COMMAND"), ". ") {
			if n := len(strings.Fields(sentence)); n > most {
				t.Errorf("%s: %d words in %q", about, n, sentence)
			}
			if strings.Contains(sentence, ";") {
				t.Errorf("%s: a chain of sentences in %q", about, sentence)
			}
		}
	}
}
