package manage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// served is a host with the container web, which has run for 400 s.
func served(change ...func(*inspect.Container)) *World {
	w := NewWorld().Process(1, 0, "systemd").Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "nginx", In("a", 1)).
		Container("web", "a", 101, append([]func(*inspect.Container){func(c *inspect.Container) { c.StartedAt = TakenAt.Add(-400 * time.Second) }}, change...)...)
	w.Engine.Endpoint = "unix:///var/run/docker.sock"
	return w
}

// started is a client that systemd has started 600 s ago, in a control group of its own.
func started(pid int, group, line string, change ...Change) procfs.Process {
	w := NewWorld().Process(pid, 1, "docker", append([]Change{Args(strings.Fields(line)...), InGroups(group), StartedAt(400)}, change...)...)
	return w.Snapshot.Processes[0]
}

const service = "/system.slice/web.service"

// unitsOf writes what runs web: "web.service run 200".
func unitsOf(w *World, clients ...procfs.Process) string {
	file := func(key procfs.Key, path string) procfs.Opt[procfs.File] {
		if path != "/run/web.cid" {
			return procfs.None[procfs.File](procfs.Denied)
		}
		return procfs.Some(procfs.File{Text: ID("a") + "\n"})
	}
	unit := manage.Units(w.Index(), clients, file)[ID("a")]
	if unit == nil {
		return ""
	}
	text := fmt.Sprintf("%s %s %d", unit.Name, unit.Command, unit.ClientPID)
	if uid, held := unit.UID.Get(); held {
		text += fmt.Sprintf(" of %d", uid)
	}
	return text
}

// A unit runs a container if systemd has started a client in the unit's control group that names
// the container, and that was there before the container ran.
func TestUnits(t *testing.T) {
	const run = "docker run --name web nginx"
	ended := func(c *inspect.Container) { c.Status = "exited" }
	v1 := func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 9, Controllers: []string{"name=systemd"}, Path: service}, {Hierarchy: 8, Controllers: []string{"pids"}, Path: "/x.slice/x.service"}, {Path: "/"}})
	}
	contrary := func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 9, Controllers: []string{"name=systemd"}, Path: service}, {Path: "/system.slice/other.service"}})
	}
	podman := served().Alter(100, Args("/usr/bin/conmon", "-c", ID("a")))
	for name, test := range map[string]struct {
		world   *World
		clients []procfs.Process
		want    string
	}{
		"docker run":                  {served(), []procfs.Process{started(200, service, run)}, "web.service run 200"},
		"docker start":                {served(), []procfs.Process{started(200, service, "docker start -a web")}, "web.service start 200"},
		"by the beginning of its ID":  {served(), []procfs.Process{started(200, service, "docker start -a "+ID("a")[:12])}, "web.service start 200"},
		"by too little of it":         {served(), []procfs.Process{started(200, service, "docker start -a aaaa")}, ""},
		"by a file":                   {served(), []procfs.Process{started(200, service, "docker run --cidfile /run/web.cid nginx")}, "web.service run 200"},
		"by a file that is not read":  {served(), []procfs.Process{started(200, service, "docker run --cidfile /run/x.cid nginx")}, ""},
		"in a slice in a slice":       {served(), []procfs.Process{started(200, "/web.slice/web-a.slice/web@1.service", run)}, "web@1.service run 200"},
		"of a user":                   {served(), []procfs.Process{started(200, "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service", run)}, "web.service run 200 of 1000"},
		"cgroup v1":                   {served(), []procfs.Process{started(200, "/", run, v1)}, "web.service run 200"},
		"the hierarchies differ":      {served(), []procfs.Process{started(200, "/", run, contrary)}, ""},
		"typed by a user":             {served(), []procfs.Process{started(200, "/user.slice/user-0.slice/session-1.scope", run)}, ""},
		"below a service":             {served(), []procfs.Process{started(200, service+"/sub", run)}, ""},
		"in a container":              {served(), []procfs.Process{started(200, "/docker/"+ID("b")+"/system.slice/web.service", run)}, ""},
		"in a PID namespace":          {served(), []procfs.Process{started(200, service, run, func(p *procfs.Process) { p.NSPIDs = []int{200, 7} })}, ""},
		"began no session":            {served(), []procfs.Process{started(200, service, run, SID(150))}, ""},
		"has ended":                   {served(), []procfs.Process{started(200, service, run, Exited(0))}, ""},
		"arguments cut":               {served(), []procfs.Process{started(200, service, run, func(p *procfs.Process) { p.ArgsCut = true })}, ""},
		"of another":                  {served(), []procfs.Process{started(200, service, "docker run --name db nginx")}, ""},
		"came after it ran":           {served(), []procfs.Process{started(200, service, run, StartedAt(700))}, ""},
		"attached after it ran":       {served(), []procfs.Process{started(200, service, "docker attach web", StartedAt(700))}, "web.service attach 200"},
		"it does not run":             {served(ended), []procfs.Process{started(200, service, run)}, ""},
		"two of one unit":             {served(), []procfs.Process{started(200, service, run), started(201, service, run)}, ""},
		"claimed by two":              {served(), []procfs.Process{started(200, service, run), started(201, "/system.slice/b.service", "docker attach web"), started(202, service, run)}, ""},
		"by the same socket":          {served(), []procfs.Process{started(200, service, "docker -H unix:///run/docker.sock run --name web nginx")}, "web.service run 200"},
		"by another socket":           {served(), []procfs.Process{started(200, service, "docker -H unix:///run/x.sock run --name web nginx")}, ""},
		"podman, of docker's":         {served(), []procfs.Process{started(200, service, "podman run --name web nginx")}, ""},
		"podman, of its own":          {podman, []procfs.Process{started(200, service, "podman run --name web nginx")}, "web.service run 200"},
		"docker, of podman's":         {podman, []procfs.Process{started(200, service, run)}, ""},
		"nobody":                      {served(), nil, ""},
		"a user's systemd itself":     {served(), []procfs.Process{started(200, "/user.slice/user-1000.slice/user@1000.service", run)}, ""},
		"a group without a slice":     {served(), []procfs.Process{started(200, "/web.service", run)}, ""},
		"a group that is not whole":   {served(), []procfs.Process{started(200, "/../system.slice/web.service", run)}, ""},
		"the root of the hierarchies": {served(), []procfs.Process{started(200, "/", run)}, ""},
	} {
		if got := unitsOf(test.world, test.clients...); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
		slices.Reverse(test.clients)
		if got := unitsOf(test.world, test.clients...); got != test.want {
			t.Errorf("%s, the other way round: got %q, want %q", name, got, test.want)
		}
	}
}

// A container that a unit's client runs is restarted by the unit, and recreated by it if the
// client is docker run.
func TestCommandsOfUnits(t *testing.T) {
	of := func(command string, uid procfs.Opt[int]) *inspect.Container {
		c := labelled()
		c.Unit = &inspect.Unit{Name: "web.service", UID: uid, ClientPID: 200, Command: command}
		return c
	}
	host := procfs.None[int](procfs.NotHeld)
	const options = "--init (compose: init: true)"
	const whole = "systemctl restart --no-block web.service && docker stop shop-web-1"
	for name, test := range map[string]struct {
		c                                                           *inspect.Container
		title, restart, byTerm, start, recreate, settings, do, runs string
	}{
		"run": {of("run", host), "unit web.service (systemd)", whole, "systemctl restart web.service", "systemctl start web.service", whole,
			"--init in ExecStart of unit web.service", "set --init in ExecStart of unit web.service", "With Restart=, unit web.service (systemd) may run it again"},
		"start": {of("start", host), "unit web.service (systemd)", whole, "systemctl restart web.service", "systemctl start web.service", "",
			options, "recreate the container with " + options, "With Restart=, unit web.service (systemd) may run it again"},
		"a user's": {of("run", procfs.Some(1000)), "unit web.service of user 1000 (systemd)", "systemctl --user restart --no-block web.service && docker stop shop-web-1", "systemctl --user restart web.service", "systemctl --user start web.service", "systemctl --user restart --no-block web.service && docker stop shop-web-1",
			"--init in ExecStart of unit web.service", "set --init in ExecStart of unit web.service", "With Restart=, unit web.service of user 1000 (systemd) may run it again"},
	} {
		c := test.c
		got := [7]string{manage.Of(c).Title(), manage.Restart(c), manage.Start(c), manage.Recreate(c), manage.Settings(c, manage.Init), manage.Do(c, manage.Init), manage.RunsAgain(c)}
		if want := [7]string{test.title, test.restart, test.start, test.recreate, test.settings, test.do, test.runs}; got != want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, want)
		}
		if got := manage.RestartByTerm(c); got != test.byTerm {
			t.Errorf("%s: got %q", name, got)
		}
	}
	labels := compose()
	labels.Unit = of("run", host).Unit
	if got := manage.Of(labels); got.Kind != manage.ByCompose || got.Client != nil {
		t.Errorf("of compose: got %+v", got)
	}
	policy := of("run", host)
	policy.RestartPolicy = "always"
	if got := manage.RunsAgain(policy) + manage.RunsAgain(labelled()); got != "" {
		t.Errorf("got %q", got)
	}
	if got := manage.RestartByTerm(labelled()); got != manage.Restart(labelled()) {
		t.Errorf("of nobody: got %q", got)
	}
	inside := of("run", host)
	inside.Client = "crictl"
	if got := manage.Restart(inside); got != "systemctl restart web.service" {
		t.Errorf("without a client that can stop it: got %q", got)
	}
}
