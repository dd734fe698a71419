package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/docker/cli/cli/command"
)

// runOn runs a command over the snapshot. An exit status alone, which says what was found,
// is no error.
func runOn(root string, out, errOut io.Writer, words []string) error {
	app, err := newApp(root,
		command.WithInputStream(io.NopCloser(strings.NewReader(""))), command.WithOutputStream(out), command.WithErrorStream(errOut))
	if err != nil {
		return err
	}
	app.SetArgs(words)
	app.SetOut(out)
	app.SetErr(errOut)
	if err := app.ExecuteContext(context.Background()); err != nil && err.Error() != "" {
		return err
	}
	return nil
}

// plainEnvironment makes the output the same on every machine.
func plainEnvironment() error {
	var wrong error
	for name, value := range map[string]string{
		"LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "TZ": "UTC", "DOCKER_CONFIG": os.DevNull,
		"NO_COLOR": "", "CLICOLOR": "", "CLICOLOR_FORCE": "",
	} {
		if value == "" {
			wrong = errors.Join(wrong, os.Unsetenv(name))
		} else {
			wrong = errors.Join(wrong, os.Setenv(name, value))
		}
	}
	return wrong
}
