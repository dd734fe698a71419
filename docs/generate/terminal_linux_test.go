package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What is written to the terminal is returned completely, however long it is, with the error.
func TestOnTerminal(t *testing.T) {
	long := strings.Repeat("a line\n", 10_000)
	failed := errors.New("failed")
	got, err := onTerminal(72, func(terminal *os.File) error {
		size, err := unix.IoctlGetWinsize(int(terminal.Fd()), unix.TIOCGWINSZ)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(terminal, "%d\n%s", size.Col, long)
		return errors.Join(err, failed)
	})
	if got != "72\n"+long || !errors.Is(err, failed) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

// Pictures are coloured, and the same whenever and wherever they are made.
func TestPicturesAreTheSame(t *testing.T) {
	made := [2]documents{{}, {}}
	for i := range made {
		t.Setenv("NO_COLOR", "1")
		t.Setenv("LC_ALL", "C")
		if err := plainEnvironment(); err != nil {
			t.Fatal(err)
		}
		if err := made[i].addPictures(repository); err != nil {
			t.Fatal(err)
		}
	}
	if !maps.EqualFunc(made[0], made[1], func(a, b []byte) bool { return string(a) == string(b) }) {
		t.Error("two pictures of one command differ")
	}
	if len(made[0]) != (len(pictures)+1)*len(themes) {
		t.Errorf("%d pictures were made", len(made[0]))
	}
	for _, name := range []string{"docs/picture/doctor-light.svg", "docs/picture/tree-light.svg", "docs/picture/top-light.svg"} {
		if !strings.Contains(string(made[0][name]), themes[0].palette[1]) {
			t.Errorf("%s has no red", name)
		}
	}
}
