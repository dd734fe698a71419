package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/plugin/top"
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
		if err := d.addPicture(name, line, written); err != nil {
			return err
		}
	}
	written, err := topScreen(root)
	if err != nil {
		return fmt.Errorf("docker pidns top: %w", err)
	}
	return d.addPicture("top", "top --from host.json", written)
}

// addPicture adds the pictures of what a command has written.
func (d documents) addPicture(name, line, written string) error {
	title := "$ docker pidns " + line
	shown, err := show(title + "\n" + written)
	if err != nil {
		return fmt.Errorf("docker pidns %s: %w", line, err)
	}
	for _, t := range themes {
		d.add("docs/picture/"+name+"-"+t.name+".svg", shown.svg(title, columns, t))
	}
	return nil
}

// topRows is the height of the terminal on which top is shown.
const topRows = 14

// topScreen is the screen of top, which shows the snapshot.
func topScreen(root string) (string, error) {
	saved := top.SavedFile{Source: source.File{Path: filepath.Join(root, host)}, Title: "host.json"}
	feed := top.NewSaved([]top.SavedFile{saved}, nil, inspect.Filter{})
	first := feed.Page(context.Background(), 0)
	if first.Err != nil {
		return "", first.Err
	}
	config := top.Config{
		Feed: feed, Screen: render.NewScreen(io.Discard, columns, os.Getenv),
		Command: func(view top.View, name string) string { return "docker pidns " + string(view) + " " + name },
	}
	return top.New(context.Background(), config, first).Resized(columns, topRows).Text(), nil
}
