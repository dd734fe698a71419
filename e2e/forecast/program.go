//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// program is one thing to run as a container's main process.
type program struct {
	// name is a unique name of the program.
	name string
	// options are options of docker run, and command follows the image.
	options, command []string
	// joined is the command of a container whose PID or network namespace the program joins. It
	// is nil if the program has its own.
	joined []string
	// ready is a text in the log when the container has started, askedBy a text in the log of
	// the container that it joins. They are empty if there is no such text.
	ready, askedBy string
	// handlers is true if its workers write when their handlers begin, and when they end.
	handlers bool
	// then is a docker command that is run when the container has settled. Only the container's
	// name is missing.
	then []string
}

// does is a program without options.
func does(name string, command ...string) program {
	return program{name: name, command: command}
}

// with adds options of docker run.
func (p program) with(options ...string) program {
	p.options = append(slices.Clone(p.options), options...)
	return p
}

// in lets the program join a namespace of a container that runs command.
func (p program) in(command ...string) program {
	p.joined = command
	return p
}

// cleansUp is a program whose workers write when their handlers begin and end.
func (p program) cleansUp() program {
	p.handlers = true
	return p.says(realhost.HandlerSet)
}

// says makes the program count as started when its log has the text.
func (p program) says(ready string) program {
	p.ready = ready
	return p
}

// after runs a docker command on the settled container before the forecast.
func (p program) after(docker ...string) program {
	p.then = docker
	return p
}

// sh is a script run by a shell, which is one word or more.
func sh(name, shell, script string) program {
	return does(name, append(strings.Fields(shell), "-c", script)...)
}

// words is a command line without any quotes.
func words(name, line string) program { return does(name, strings.Fields(line)...) }

// programs are all programs, in the order of the report.
func programs() []program {
	return slices.Concat(plainPrograms(), shellPrograms(), wrapperPrograms(), initPrograms(), initSignalPrograms(), rightsPrograms(),
		serverPrograms(), storePrograms(), daemonPrograms(), scriptPrograms(), runtimePrograms(), uwsgiPrograms(), busyPrograms(), queuePrograms(),
		behavingPrograms(), signalPrograms(), placePrograms())
}

// line is a command that starts the same by hand.
func (p program) line(image string) string {
	quoted := []string{"docker", "run"}
	for _, word := range append(append(slices.Clone(p.arguments()), image), p.command...) {
		quoted = append(quoted, realhost.Quote(word))
	}
	line := strings.Join(quoted, " ")
	if p.joined != nil {
		line += "   # X: " + strings.Join(p.joined, " ")
	}
	if p.then != nil {
		line += "   # then docker " + strings.Join(p.then, " ")
	}
	return line
}

// arguments are the arguments of docker run, those that all programs have and the program's
// own.
func (p program) arguments() []string {
	base := []string{"-d", "--stop-timeout", fmt.Sprint(int(grace.Seconds())), "--memory", "768m"}
	if !slices.Contains(p.options, "--network") {
		base = append(base, "--network", "none")
	}
	return append(base, p.options...)
}
