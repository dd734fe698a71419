package inspect_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Only what docker ps lists is running. An unknown status is not.
func TestIsRunning(t *testing.T) {
	for status, want := range map[string]bool{
		"running": true, "paused": true, "restarting": true,
		"created": false, "exited": false, "removing": false, "dead": false, "": false, "Running": false,
	} {
		if got := (&inspect.Container{Status: status}).IsRunning(); got != want {
			t.Errorf("%q: got %t, want %t", status, got, want)
		}
	}
}

// Each type of namespace has its own option, and the mount and time namespaces have none. The
// mode of one type is never used for another.
func TestDeclaredMode(t *testing.T) {
	c := &inspect.Container{PIDMode: "p", UTSMode: "u", IPCMode: "i", NetworkMode: "n", UsernsMode: "s", CgroupnsMode: "c"}
	want := map[procfs.NamespaceType]string{
		procfs.PIDNamespace: "p", procfs.UTSNamespace: "u", procfs.IPCNamespace: "i", procfs.NetNamespace: "n",
		procfs.UserNamespace: "s", procfs.CgroupNamespace: "c", procfs.MountNamespace: "", procfs.TimeNamespace: "", "other": "",
	}
	for typ, mode := range want {
		if got := c.DeclaredMode(typ); got != mode {
			t.Errorf("%s: got %q, want %q", typ, got, mode)
		}
	}
}

// A joined container is listed once, however many of its namespaces were joined.
func TestJoinedRefs(t *testing.T) {
	for name, test := range map[string]struct {
		container inspect.Container
		refs, id  string
	}{
		"none":                     {inspect.Container{NetworkMode: "bridge", IPCMode: "private"}, "[]", ""},
		"the host is no container": {inspect.Container{PIDMode: "host", NetworkMode: "host"}, "[]", ""},
		"one":                      {inspect.Container{PIDMode: "container:a"}, "[a]", "a"},
		"one for two":              {inspect.Container{PIDMode: "container:a", NetworkMode: "container:a"}, "[a]", "a"},
		"two":                      {inspect.Container{PIDMode: "container:b", IPCMode: "container:a", NetworkMode: "container:b"}, "[b a]", "b"},
		"its network alone":        {inspect.Container{NetworkMode: "container:a"}, "[a]", ""},
		"nobody":                   {inspect.Container{PIDMode: "container:"}, "[]", ""},
	} {
		if got := fmt.Sprint(test.container.JoinedRefs()); got != test.refs {
			t.Errorf("%s: got %s, want %s", name, got, test.refs)
		}
		if got := test.container.JoinedID(); got != test.id {
			t.Errorf("%s: its PID namespace: got %q, want %q", name, got, test.id)
		}
		if got := test.container.SharesHostPIDs(); got != (test.container.PIDMode == "host") {
			t.Errorf("%s: the host's PIDs: got %t", name, got)
		}
	}
}

// The stop signal is that of the image, as docker parses it. It is SIGTERM if the image has none
// or an invalid one.
func TestStopSignalNumber(t *testing.T) {
	for text, want := range map[string]int{
		"": procfs.SIGTERM, "SIGTERM": procfs.SIGTERM, "SIGQUIT": 3, "quit": 3, "3": 3, "SIGRTMIN+3": 37, "37": 37,
		"0": procfs.SIGTERM, "65": procfs.SIGTERM, "SIGNONSENSE": procfs.SIGTERM, "-9": procfs.SIGTERM,
	} {
		if got := (&inspect.Container{StopSignal: text}).StopSignalNumber(); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}

// A policy depends on the exit code and on how often it has restarted the container. It is
// written as the user wrote it.
func TestRestartPolicy(t *testing.T) {
	for name, test := range map[string]struct {
		container      inspect.Container
		after0, after1 bool
		written        string
	}{
		"none":                        {inspect.Container{}, false, false, ""},
		"no":                          {inspect.Container{RestartPolicy: "no"}, false, false, "no"},
		"always":                      {inspect.Container{RestartPolicy: "always"}, true, true, "always"},
		"unless stopped":              {inspect.Container{RestartPolicy: "unless-stopped"}, true, true, "unless-stopped"},
		"on failure":                  {inspect.Container{RestartPolicy: "on-failure"}, false, true, "on-failure"},
		"on failure, for ever":        {inspect.Container{RestartPolicy: "on-failure", RestartCount: 99}, false, true, "on-failure"},
		"on failure, some are left":   {inspect.Container{RestartPolicy: "on-failure", RestartMax: 3, RestartCount: 2}, false, true, "on-failure:3"},
		"on failure, none is left":    {inspect.Container{RestartPolicy: "on-failure", RestartMax: 3, RestartCount: 3}, false, false, "on-failure:3"},
		"on failure, more than asked": {inspect.Container{RestartPolicy: "on-failure", RestartMax: 3, RestartCount: 4}, false, false, "on-failure:3"},
		"of a later engine":           {inspect.Container{RestartPolicy: "sometimes"}, false, false, "sometimes"},
	} {
		if got := [2]bool{test.container.IsRestartedAfter(0), test.container.IsRestartedAfter(1)}; got != [2]bool{test.after0, test.after1} {
			t.Errorf("%s: after 0 and 1: got %v", name, got)
		}
		if got := test.container.Policy(); got != test.written {
			t.Errorf("%s: got %q, want %q", name, got, test.written)
		}
	}
}

// The capabilities are those that the engine derives from what is added and dropped.
func TestHasCapability(t *testing.T) {
	list := func(names ...string) []string { return names }
	for name, test := range map[string]struct {
		c    inspect.Container
		want bool
	}{
		"by default":              {inspect.Container{}, true},
		"dropped":                 {inspect.Container{CapDrop: list("KILL")}, false},
		"by its whole name":       {inspect.Container{CapDrop: list("cap_kill")}, false},
		"another is dropped":      {inspect.Container{CapDrop: list("CHOWN")}, true},
		"all are dropped":         {inspect.Container{CapDrop: list("ALL")}, false},
		"all but this":            {inspect.Container{CapDrop: list("all"), CapAdd: list("KILL")}, true},
		"all but another":         {inspect.Container{CapDrop: list("ALL"), CapAdd: list("SETUID")}, false},
		"dropped and added":       {inspect.Container{CapDrop: list("KILL"), CapAdd: list("KILL")}, true},
		"all, without this":       {inspect.Container{CapAdd: list("ALL"), CapDrop: list("KILL")}, false},
		"privileged, and dropped": {inspect.Container{Privileged: true, CapDrop: list("ALL")}, true},
	} {
		if got := test.c.HasCapability("KILL"); got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
	}
}

// systemd nests a slice in the slices whose names are the beginning of its name.
func TestParentGroups(t *testing.T) {
	for parent, want := range map[string][]string{
		"": {"/docker", "/system.slice"}, "/batch": {"/batch"}, "batch/x": {"/batch/x"}, "../x": {"/x"},
		"batch.slice": {"/batch.slice"}, "a-b-c.slice": {"/a.slice/a-b.slice/a-b-c.slice"}, "/a.slice/a-b.slice": {"/a.slice/a-b.slice"}, "-.slice": {"/"},
	} {
		if got := (&inspect.Container{CgroupParent: parent}).ParentGroups(); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", parent, got, want)
		}
	}
}

// A container has a capability that is not a default only if it was given that capability.
func TestIsGiven(t *testing.T) {
	list := func(names ...string) []string { return names }
	for name, test := range map[string]struct {
		c    inspect.Container
		want bool
	}{
		"by default":           {inspect.Container{}, false},
		"added":                {inspect.Container{CapAdd: list("CAP_SYS_ADMIN")}, true},
		"dropped and added":    {inspect.Container{CapAdd: list("sys_admin"), CapDrop: list("ALL")}, true},
		"all":                  {inspect.Container{CapAdd: list("ALL")}, true},
		"all, without this":    {inspect.Container{CapAdd: list("ALL"), CapDrop: list("SYS_ADMIN")}, false},
		"another":              {inspect.Container{CapAdd: list("SYS_PTRACE")}, false},
		"privileged, and less": {inspect.Container{Privileged: true, CapDrop: list("SYS_ADMIN")}, true},
	} {
		if got := test.c.IsGiven("SYS_ADMIN"); got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
	}
}
