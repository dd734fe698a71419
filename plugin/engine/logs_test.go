package engine

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The log of a container has pieces with a head each. That of a container with a terminal is
// unchanged.
func TestLastWords(t *testing.T) {
	piece := func(stream byte, text string) string {
		return string([]byte{stream, 0, 0, 0, 0, 0, 0, byte(len(text))}) + text
	}
	for name, test := range map[string]struct {
		log  string
		want []string
	}{
		"two streams":          {piece(1, "one\ntwo\n") + piece(2, "exec /x: exec format error\n"), []string{"one", "two", "exec /x: exec format error"}},
		"a terminal":           {"one\r\ntwo\r\n", []string{"one", "two"}},
		"a line in two pieces": {piece(1, "on") + piece(1, "e\n"), []string{"one"}},
		"cut in a piece":       {piece(1, "one\n") + string([]byte{1, 0, 0, 0, 0, 0, 9, 9}) + "two", []string{"one", "two"}},
		"cut in a head":        {piece(1, "one\n") + "\x01\x00\x00", []string{"one", "\x01\x00\x00"}},
		"a long line":          {piece(1, "x\n") + strings.Repeat("y", 2000), []string{"x", strings.Repeat("y", mostLineBytes)}},
		"nothing":              {"", nil},
	} {
		c := connect(t, &fake{answers: map[string]string{"/containers/x/logs": test.log}}, time.Minute)
		got, err := c.LastWords(context.Background(), "x")
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, test.want)
		}
	}
}

// An endless log is read only as far as it is needed.
func TestLastWordsOfAnEndlessLog(t *testing.T) {
	c := connect(t, &fake{answers: map[string]string{"/containers/x/logs": strings.Repeat("line\n", 1<<20)}}, time.Minute)
	if got, err := c.LastWords(context.Background(), "x"); err != nil || len(got) > mostLogBytes/4 {
		t.Errorf("got %d lines, %v", len(got), err)
	}
}
