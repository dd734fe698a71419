package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)|srcset="([^"]+)"|src="([^"]+)"`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	fence   = regexp.MustCompile("(?ms)^```.*?^```$")
)

// Every link of a document to a file of the repository, and to a heading in it, has a target.
func TestLinks(t *testing.T) {
	tried := 0
	for _, pattern := range []string{"README.md", ".github/*.md", "docs/*.md", "docs/metrics/*.md", "docs/reference/*.md"} {
		files, err := filepath.Glob(filepath.Join(repository, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, file := range files {
			for _, found := range link.FindAllStringSubmatch(prose(t, file), -1) {
				if target := found[1] + found[2] + found[3]; !strings.Contains(target, "://") {
					tried++
					checkLink(t, file, target)
				}
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d links were tried", tried)
	}
}

// prose is a document without its blocks of code.
func prose(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return fence.ReplaceAllString(string(text), "")
}

func checkLink(t *testing.T, file, target string) {
	t.Helper()
	name, place, _ := strings.Cut(target, "#")
	linked := file
	if name != "" {
		linked = filepath.Join(filepath.Dir(file), filepath.FromSlash(name))
	}
	if _, err := os.Stat(linked); err != nil {
		t.Errorf("%s links to %s: %v", file, target, err)
		return
	}
	if place == "" {
		return
	}
	for _, h := range heading.FindAllStringSubmatch(prose(t, linked), -1) {
		if anchor(h[1]) == place {
			return
		}
	}
	t.Errorf("%s links to %s: there is no such heading", file, target)
}
