package shim_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// leftBehind is a host on which a shim and two processes of a container run. The engine reports
// this status before and after.
func leftBehind(before, after string) *World {
	return NewWorld().Dockerd(50).Listed("gone", "a", before, after).
		Process(100, 1, "containerd-shim", ShimOf("a")).
		Process(101, 100, "app", In("a", 1), NS(7)).Process(102, 101, "job", In("a", 2), NS(7))
}

// leftoversIn writes what is left over: "a shim 100 [101 102] exited".
func leftoversIn(w *World) []string {
	var list []string
	for _, l := range shim.Leftovers(w.Index()) {
		line := l.ID[:1]
		if l.Shim != nil {
			line += fmt.Sprint(" shim ", l.Shim.PID)
		}
		var pids []int
		for _, p := range l.Processes {
			pids = append(pids, p.PID)
		}
		list = append(list, fmt.Sprintf("%s %v %s", line, pids, l.Status))
	}
	return list
}

// A leftover is this engine's, of a container that the engine reported twice as exited. For a
// container that the engine no longer knows, one of its own shims must name it.
func TestLeftovers(t *testing.T) {
	noDaemon := leftBehind("", "").Without(50)
	noList := leftBehind("exited", "exited")
	noList.Capture.Listing = nil
	elsewhere := Args("containerd-shim-runc-v2", "-namespace", "moby", "-id", ID("a"), "-address", "/tmp/x.sock")
	kubernetes := Args("containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", ID("a"), "-address", "/run/containerd.sock")
	const whole = "a shim 100 [101 102] "
	told := func(w *World, address, namespace string) *World {
		w.Engine.Containerd, w.Engine.ContainerdNamespace = address, namespace
		return w
	}
	remapped := Args("containerd-shim-runc-v2", "-namespace", "moby-100000.100000", "-id", ID("a"), "-address", "/run/containerd.sock")
	notHere := told(leftBehind("", "").Without(50), "/run/containerd.sock", "moby")
	notHere.Proof.Verdict = inspect.Unknown
	for name, test := range map[string]struct {
		world *World
		want  []string
	}{
		"exited":                              {leftBehind("exited", "exited"), []string{whole + "exited"}},
		"dead":                                {leftBehind("dead", "dead"), []string{whole + "dead"}},
		"removed":                             {leftBehind("", ""), []string{whole}},
		"running":                             {leftBehind("running", "running"), nil},
		"paused":                              {leftBehind("paused", "paused"), nil},
		"created":                             {leftBehind("created", "created"), nil},
		"being removed":                       {leftBehind("exited", ""), nil},
		"just started":                        {leftBehind("exited", "running"), nil},
		"just ended":                          {leftBehind("running", "exited"), nil},
		"nobody listed":                       {noList, nil},
		"exited, without a shim":              {leftBehind("exited", "exited").Without(100), []string{"a [101 102] exited"}},
		"removed, without a shim":             {leftBehind("", "").Without(100), nil},
		"the shim alone":                      {leftBehind("exited", "exited").Without(101, 102), []string{whole[:10] + " [] exited"}},
		"nothing":                             {leftBehind("exited", "exited").Without(100, 101, 102), nil},
		"a zombie":                            {leftBehind("exited", "exited").Alter(102, Exited(0)), []string{"a shim 100 [101] exited"}},
		"removed, of another engine":          {leftBehind("", "").Alter(100, elsewhere), nil},
		"removed, of Kubernetes":              {leftBehind("", "").Alter(100, kubernetes), nil},
		"removed, and whose is not told":      {noDaemon, nil},
		"neither it nor its shim tells whose": {leftBehind("", "").Without(50).Alter(100, Args("containerd-shim-runc-v2", "-namespace", "moby", "-id", ID("a"))), nil},
		"removed, and the engine tells whose": {told(leftBehind("", "").Without(50), "/var/run/containerd.sock", "moby"), []string{whole}},
		"removed, of another, as it tells":    {told(leftBehind("", ""), "/tmp/x.sock", "moby"), nil},
		"it tells of another namespace":       {told(leftBehind("", ""), "/run/containerd.sock", "mine"), nil},
		"the engine that tells is elsewhere":  {notHere, nil},
		"users are remapped":                  {leftBehind("", "").Alter(100, remapped), []string{whole}},
		"it tells that users are remapped":    {told(leftBehind("", "").Alter(100, remapped), "/run/containerd.sock", "moby-100000.100000"), []string{whole}},
		"it tells that users are not":         {told(leftBehind("", "").Alter(100, remapped), "/run/containerd.sock", "moby"), nil},
		"exited, and whose is not told":       {leftBehind("exited", "exited").Without(50), []string{"a [101 102] exited"}},
		"calls itself a shim":                 {leftBehind("exited", "exited").Alter(102, ShimOf("b")), []string{whole + "exited"}},
		"another host process":                {leftBehind("exited", "exited").Process(60, 1, "sshd").Process(61, 100, "runc"), []string{whole + "exited"}},
		"by the shim above, without groups": {leftBehind("", "").Process(103, 100, "app", NS(7), func(p *procfs.Process) { p.NSPIDs = []int{103, 3} }),
			[]string{"a shim 100 [101 102 103] "}},
		"two": {leftBehind("exited", "exited").Listed("old", "c", "exited", "exited").Process(300, 1, "containerd-shim", ShimOf("c")), []string{whole + "exited", "c shim 300 [] exited"}},
	} {
		if got := leftoversIn(test.world); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// What could not be read of the processes does not count as zero, and the sum is incomplete
// then.
func TestResources(t *testing.T) {
	w := leftBehind("exited", "exited")
	holds := func(pid int, resident procfs.Opt[uint64], listening procfs.Opt[[]string]) procfs.Resources {
		return procfs.Resources{Key: w.Index().ProcessAt(pid).Key, ResidentBytes: resident, Listening: listening}
	}
	bytes, ports, none := procfs.Some[uint64](1024), procfs.Some([]string{"[::]:80", "0.0.0.0:80"}), procfs.Some([]string{})
	one := holds(101, bytes, ports)
	again := holds(102, bytes, none)
	again.StartTicks++
	for name, test := range map[string]struct {
		holdings []procfs.Resources
		want     string
	}{
		"both":                    {[]procfs.Resources{one, holds(102, bytes, ports)}, "2048 [0.0.0.0:80 [::]:80] true"},
		"one listens to nothing":  {[]procfs.Resources{one, holds(102, bytes, none)}, "2048 [0.0.0.0:80 [::]:80] true"},
		"nobody listens":          {[]procfs.Resources{holds(101, bytes, none), holds(102, bytes, none)}, "2048 [] true"},
		"memory denied":           {[]procfs.Resources{one, holds(102, procfs.None[uint64](procfs.Denied), ports)}, "1024 [0.0.0.0:80 [::]:80] false"},
		"ports denied":            {[]procfs.Resources{one, holds(102, bytes, procfs.None[[]string](procfs.Denied))}, "2048 [0.0.0.0:80 [::]:80] false"},
		"one not asked":           {[]procfs.Resources{one}, "1024 [0.0.0.0:80 [::]:80] false"},
		"the number used again":   {[]procfs.Resources{one, again}, "1024 [0.0.0.0:80 [::]:80] false"},
		"nobody asked":            {nil, "0 [] false"},
		"somebody else's is none": {[]procfs.Resources{one, holds(102, bytes, none), holds(50, bytes, none)}, "2048 [0.0.0.0:80 [::]:80] true"},
	} {
		w.Resources = test.holdings
		ix := w.Index()
		resident, listening, isWhole := shim.Resources(ix, &shim.Leftovers(ix)[0])
		if got := fmt.Sprint(resident, " ", listening, " ", isWhole); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
