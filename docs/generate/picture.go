package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// pictures are the commands of which there are pictures, by the name of the file.
var pictures = map[string]string{"doctor": "doctor", "tree": "tree demo"}

// columns is the width of the terminal in the pictures.
const columns = 100

// addPictures adds a picture of each, light and dark. Where the system has no terminal to
// make them with, it adds none.
func (d documents) addPictures(root string) error {
	for name, line := range pictures {
		written, err := onTerminal(columns, func(terminal *os.File) error { return runOn(root, terminal, terminal, strings.Fields(line)) })
		if errors.Is(err, errors.ErrUnsupported) {
			_, _ = fmt.Fprintln(os.Stderr, "pictures are made on Linux only, and stay as they are")
			return nil
		}
		if err != nil {
			return fmt.Errorf("docker pidns %s: %w", line, err)
		}
		title := "$ docker pidns " + line
		shown, err := show(title + "\n" + written)
		if err != nil {
			return fmt.Errorf("docker pidns %s: %w", line, err)
		}
		for _, t := range themes {
			d.add("docs/picture/"+name+"-"+t.name+".svg", shown.svg(title, columns, t))
		}
	}
	return nil
}
