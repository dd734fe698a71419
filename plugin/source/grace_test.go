package source

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The engine's default is read from its process if that is proved to be here, and from its
// events wherever it is. Otherwise it stays assumed.
func TestLearnGrace(t *testing.T) {
	const config = "/etc/docker/daemon.json"
	assumed := func(c *inspect.Container) { c.GraceAssumed = true }
	host := func() *World { return one().Declared("demo", assumed) }
	bySystemd := func() *World { return host().Alter(1, func(p *procfs.Process) { p.Comm = "systemd" }) }
	podman := func(w *World) *World {
		return w.Alter(100, Args("/usr/bin/conmon", "-c", ID("a")), func(p *procfs.Process) { p.Comm = "conmon" })
	}
	given := Args("dockerd", "--default-stop-timeout=4")
	file := map[string]procfs.File{"50:" + config: {Text: `{"default-stop-timeout":25}`, ChangedAt: Booted}}
	const unknown = -1
	for name, test := range map[string]struct {
		world *World
		peer  int
		files map[string]procfs.File
		log   procfs.Opt[time.Duration]
		want  time.Duration
	}{
		"by an argument":                {host().Alter(dockerd, given), dockerd, nil, procfs.Opt[time.Duration]{}, 4},
		"by its file":                   {host(), dockerd, file, procfs.Opt[time.Duration]{}, 25},
		"its file cannot be read":       {host(), dockerd, nil, procfs.Opt[time.Duration]{}, unknown},
		"by the last reload":            {host().Alter(dockerd, given), dockerd, nil, procfs.Some(7 * time.Second), 7},
		"by one elsewhere":              {host(), 0, nil, procfs.Some(7 * time.Second), 7},
		"elsewhere":                     {host().Alter(dockerd, given), 0, nil, procfs.Opt[time.Duration]{}, unknown},
		"systemd listens for it":        {bySystemd().Alter(dockerd, given), 1, nil, procfs.Opt[time.Duration]{}, 4},
		"for one of two":                {bySystemd().Alter(dockerd, given).Process(51, 1, "dockerd", EveryNamespace(1, nil)), 1, nil, procfs.Opt[time.Duration]{}, unknown},
		"one of them is in a container": {bySystemd().Alter(dockerd, given).Process(51, 1, "dockerd", In("e", 7), EveryNamespace(1, nil)), 1, nil, procfs.Opt[time.Duration]{}, 4},
		"for podman":                    {podman(bySystemd().Alter(dockerd, given)), 1, nil, procfs.Opt[time.Duration]{}, unknown},
		"podman serves it":              {podman(host().Process(60, 1, "podman")), 60, file, procfs.Opt[time.Duration]{}, unknown},
	} {
		r := newRig(test.world)
		r.facts.peer, r.facts.log.DefaultGrace, r.processes.files = test.peer, test.log, test.files
		got := r.record(t, need.Explain("demo")).Containers[0]
		if got.GraceAssumed != (test.want < 0) || !got.GraceAssumed && got.StopTimeout != test.want*time.Second {
			t.Errorf("%s: got %s, assumed %t", name, got.StopTimeout, got.GraceAssumed)
		}
	}
}

// A configuration file that was changed after the engine was started says what is likely.
func TestGraceOfAChangedFile(t *testing.T) {
	r := newRig(one().Declared("demo", func(c *inspect.Container) { c.GraceAssumed = true }))
	r.facts.peer = dockerd
	r.processes.files = map[string]procfs.File{"50:/etc/docker/daemon.json": {Text: `{"default-stop-timeout":25}`, ChangedAt: TakenAt}}
	if got := r.record(t, need.Explain("demo")).Containers[0]; got.StopTimeout != 25*time.Second || !got.GraceAssumed {
		t.Errorf("got %s, assumed %t", got.StopTimeout, got.GraceAssumed)
	}
}

// A container's own time is kept, and the engine's default is then not looked for.
func TestOwnGraceIsKept(t *testing.T) {
	r := newRig(one().Alter(dockerd, Args("dockerd", "--default-stop-timeout=4")))
	r.facts.log.DefaultGrace = procfs.Some(7 * time.Second)
	if got := r.record(t, need.Explain("demo")).Containers[0]; got.StopTimeout != 10*time.Second || got.GraceAssumed {
		t.Errorf("got %s, assumed %t", got.StopTimeout, got.GraceAssumed)
	}
	if n := r.processes.times("File"); n != 0 {
		t.Errorf("%d questions for nothing", n)
	}
}
