package source

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// These limit how much of an engine's answer about one container is used.
const (
	// mostID is the length of an ID in bytes. Docker's IDs have 64 digits.
	mostID = 128
	// mostName is the length of its name, and mostWord that of its other texts, in bytes.
	mostName, mostWord = 255, 4096
	// mostExecs is how many of its exec sessions are inspected.
	mostExecs = 1000
)

// soundList leaves out what no engine lists: containers without a valid ID, and the same
// container twice.
func (r *ration) soundList(list []inspect.Container) []inspect.Container {
	var sound []inspect.Container
	seen, odd := make(map[string]bool, len(list)), 0
	for i := range list {
		c := list[i]
		if seen[c.ID] {
			continue
		}
		if err := r.makeSound(&c); err != nil {
			odd++
			continue
		}
		seen[c.ID] = true
		sound = append(sound, c)
	}
	if odd > 0 {
		r.note(inspect.Problem{Kind: inspect.Cut, Text: fmt.Sprintf("the engine lists %s without a valid ID", inspect.Counted(odd, "container"))})
	}
	return sound
}

// makeSound cuts texts that are longer than any engine's, and notes that. An error means that
// the answer does not name a container.
func (r *ration) makeSound(c *inspect.Container) error {
	if c.ID == "" || len(c.ID) > mostID {
		return &OddAnswerError{Endpoint: r.Endpoint(), Text: "it describes a container without a valid ID"}
	}
	cut := shorten(&c.Name, mostName)
	for _, word := range []*string{
		&c.Image, &c.Status, &c.PIDMode, &c.UTSMode, &c.IPCMode, &c.NetworkMode, &c.UsernsMode, &c.CgroupnsMode,
		&c.StopSignal, &c.RestartPolicy, &c.Error, &c.User,
	} {
		cut = shorten(word, mostWord) || cut
	}
	if cut {
		r.note(inspect.Problem{Kind: inspect.Cut, Text: fmt.Sprintf("the engine's answer about %s has texts that are too long: the name was cut to %d bytes, other texts to %d", c.ShortID(), mostName, mostWord)})
	}
	if n := len(c.ExecIDs); n > mostExecs {
		c.ExecIDs = append([]string(nil), c.ExecIDs[:mostExecs]...) // a copy, so that the memory of the others can be freed
		r.note(inspect.Problem{Kind: inspect.Cut, Text: fmt.Sprintf("%s has %d exec sessions: %d of them were inspected", c.Name, n, mostExecs)})
	}
	return nil
}

// shorten cuts the text to at most that many bytes, between two characters, and reports whether
// it did.
func shorten(text *string, most int) bool {
	if len(*text) <= most {
		return false
	}
	for most > 0 && !utf8.RuneStart((*text)[most]) {
		most--
	}
	*text = (*text)[:most]
	return true
}

// Docker's engine puts a container's labels among the attributes of its events. They replace the
// engine's own attributes with the same name (moby, daemon/events.go,
// LogContainerEventWithAttributes).
const (
	signalAttribute   = "signal"
	exitCodeAttribute = "exitCode"
)

// withoutLabels are the events without signals and exit codes that are labels of these
// containers. The engine's own values are lost.
func withoutLabels(events []inspect.Event, containers []inspect.Container) []inspect.Event {
	labels := map[string]map[string]string{}
	for i := range containers {
		labels[containers[i].ID] = containers[i].Labels
	}
	events = slices.Clone(events)
	for i := range events {
		e := &events[i]
		if _, is := labels[e.ContainerID][signalAttribute]; is {
			e.Signal = 0
		}
		if _, is := labels[e.ContainerID][exitCodeAttribute]; is {
			e.ExitCode = -1
		}
	}
	return events
}
