package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// documents are what is written, by path from the top folder with slashes.
type documents map[string][]byte

// owned are the folders in which every file is generated: what is not made any more goes.
var owned = []string{"docs/reference", "docs/man", "docs/picture"}

func (d documents) add(name, text string) { d[name] = []byte(text) }

// check says which documents are not current.
func (d documents) check(root string) error {
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(d)) {
		got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			wrong = append(wrong, fmt.Errorf("%s is missing: make docs", name))
		case err != nil:
			wrong = append(wrong, err)
		case !bytes.Equal(got, d[name]):
			wrong = append(wrong, fmt.Errorf("%s:%d is not current: make docs", name, lineOfDifference(got, d[name])))
		}
	}
	left, err := d.leftOver(root)
	for _, name := range left {
		wrong = append(wrong, fmt.Errorf("%s is not made any more: make docs", name))
	}
	return errors.Join(append(wrong, err)...)
}

// lineOfDifference is the first line, from 1, in which two texts differ.
func lineOfDifference(a, b []byte) int {
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	return 1 + bytes.Count(a[:same], []byte("\n"))
}

// write writes what differs, and removes what is not made any more.
func (d documents) write(root string) error {
	for _, name := range slices.Sorted(maps.Keys(d)) {
		file := filepath.Join(root, filepath.FromSlash(name))
		if got, err := os.ReadFile(file); err == nil && bytes.Equal(got, d[name]) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, d[name], 0o644); err != nil {
			return err
		}
	}
	left, err := d.leftOver(root)
	for _, name := range left {
		err = errors.Join(err, os.Remove(filepath.Join(root, filepath.FromSlash(name))))
	}
	return err
}

// leftOver are the files in owned folders that are not made.
func (d documents) leftOver(root string) ([]string, error) {
	var left []string
	for _, folder := range owned {
		if !d.makes(folder) { // as on a system without the terminal that pictures take
			continue
		}
		entries, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(folder)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, entry := range entries {
			if name := path.Join(folder, entry.Name()); d[name] == nil {
				left = append(left, name)
			}
		}
	}
	return left, nil
}

// makes reports whether a document is in the folder.
func (d documents) makes(folder string) bool {
	for name := range d {
		if path.Dir(name) == folder {
			return true
		}
	}
	return false
}

// addSections fills the sections of a document that is otherwise written by hand. Each
// begins with a line <!-- generated: NAME --> and ends with <!-- end -->.
func (d documents) addSections(root, name string, sections map[string]string) error {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	filled, err := fillSections(string(text), sections)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	d.add(name, filled)
	return nil
}

const (
	sectionBegin = "<!-- generated: "
	sectionEnd   = "<!-- end -->"
)

func fillSections(text string, sections map[string]string) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, sectionBegin)
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, rest, closed := strings.Cut(rest, " -->\n")
		_, after, ended := strings.Cut(rest, sectionEnd)
		content, known := sections[name]
		if !closed || !ended || !known {
			return "", fmt.Errorf("section %q has no end, or is not known", name)
		}
		fmt.Fprintf(&out, "%s%s -->\n%s%s", sectionBegin, name, content, sectionEnd)
		text = after
	}
}
