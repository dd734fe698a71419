package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A document that is missing, differs or is left over is reported by -check, and corrected by
// writing.
func TestCheckAndWrite(t *testing.T) {
	root := t.TempDir()
	d := documents{}
	d.add("docs/json.md", "a\nb\n")
	d.add("docs/reference/pidns.md", "page\n")
	if err := d.check(root); err == nil || !strings.Contains(err.Error(), "docs/json.md is missing") {
		t.Errorf("missing: got %v", err)
	}
	if err := d.write(root); err != nil {
		t.Fatal(err)
	}
	if err := d.check(root); err != nil {
		t.Errorf("written: got %v", err)
	}
	put(t, root, "docs/json.md", "a\nB\n")
	put(t, root, "docs/reference/pidns_gone.md", "")
	put(t, root, "docs/reading.md", "by hand")
	err := d.check(root)
	for _, want := range []string{"docs/json.md:2 is not current", "docs/reference/pidns_gone.md is not made any more"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := d.write(root); err != nil {
		t.Fatal(err)
	}
	if err := d.check(root); err != nil {
		t.Errorf("written again: got %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, "docs", "reading.md")); err != nil {
		t.Errorf("what is written by hand is gone: %v", err)
	}
}

func put(t *testing.T, root, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFillSections(t *testing.T) {
	sections := map[string]string{"commands": "| tree |\n"}
	const begin, end = sectionBegin + "commands -->\n", sectionEnd
	got, err := fillSections("a\n"+begin+"old\n"+end+"\nb\n", sections)
	if want := "a\n" + begin + "| tree |\n" + end + "\nb\n"; err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	for _, text := range []string{begin + "no end", sectionBegin + "bogus -->\n" + end, sectionBegin + "commands"} {
		if got, err := fillSections(text, sections); err == nil {
			t.Errorf("%q: got %q", text, got)
		}
	}
}
