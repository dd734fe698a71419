package inspect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Containers of containerd itself can have any name. Only their shims show it, and also the
// namespace of every container.
func TestWhoOfAnotherRuntime(t *testing.T) {
	shim := func(namespace, id string) Change {
		return Args("/usr/bin/containerd-shim-runc-v2", "-namespace", namespace, "-id", id, "-address", "/run/c.sock")
	}
	ix := Demo().
		Process(600, 1, "containerd-shim", shim("default", "my-redis")).
		Process(601, 600, "redis", InGroups("/default/my-redis")).Process(602, 601, "job", InGroups("/default/my-redis")).
		Process(610, 1, "containerd-shim", shim("k8s.io", ID("e"))).Process(611, 610, "pause", In("e", 1)).
		Process(612, 610, "app", InGroups("/kubepods/cri-containerd-"+ID("f")+".scope")).
		Process(620, 1, "conmon", Args("conmon", "-c", ID("c"))).Process(621, 620, "pod", In("c", 1)).
		Process(630, 1, "containerd-shim", Args("containerd-shim-runc-v2", "-namespace", "default", "-id")).
		Process(130, 100, "runc").
		Process(650, 1, "containerd-shim", shim("x", strings.Repeat("z", 77))).Process(651, 1, "containerd-shim", shim("a\nb", "ok")).Process(652, 1, "containerd-shim", shim("x", "a b")).
		Process(640, 1, "sh", Args("sh", "-id", "x", "-namespace", "y")).
		Process(641, 101, "sh", In("a", 30), shim("default", "lie")).Process(642, 641, "sh", In("a", 31)).
		Index()
	for pid, want := range map[int]string{
		600: "my-redis default", 601: "my-redis default", 602: "my-redis default", 610: ID("e") + " k8s.io", 611: ID("e") + " k8s.io",
		612: ID("f") + " k8s.io", 620: ID("c") + " ", 621: ID("c") + " ", 630: " ", 130: " ", 640: " ", 641: " ", 642: " ", 100: " ", 650: " ", 651: "ok ", 652: " ",
	} {
		got := ix.Who(pid)
		if text := got.ForeignID + " " + got.ForeignNamespace; text != want || (got.Role == inspect.WhoOtherEngine) != (got.ForeignID != "") {
			t.Errorf("%d is %s of %q, want %q", pid, got.Role, text, want)
		}
	}
}

// A step of docker build has a BuildKit group, with either cgroup driver.
func TestWhoOfABuildStep(t *testing.T) {
	const step = "x1ntpwwihryfbqmeqcs5m44wq"
	for path, want := range map[string]string{
		"/docker/buildkit/" + step: step, "/docker/buildkit/" + step + "/x": step, "/system.slice/docker-" + step + ".scope": step,
		"/system.slice/system.slice:docker:" + step: step, "/system.slice/docker.service/builds.slice:docker:" + step: step, "/builds.slice/buildkit/" + step: step,
		"/x:docker:" + step: "", "/system.slice/" + step + ".scope": "",
		"/docker/buildkit": "", "/docker/" + step: "", "/docker/buildkit/" + strings.ToUpper(step): "", "/docker/buildkit/short": "",
		"/docker/" + ID("a") + "/buildkit/" + step: "", // of a builder that is itself a container
	} {
		got := Demo().Process(50, 1, "cc", InGroups(path)).Index().Who(50)
		if got.BuildStep != want || (got.Role == inspect.WhoBuildStep) != (want != "") {
			t.Errorf("%s: %s of step %q", path, got.Role, got.BuildStep)
		}
	}
}

// A docker-proxy is reported with the container that has its address and has published its port.
// The address alone can be that of another engine's container.
func TestWhoOfAProxy(t *testing.T) {
	args := []string{"/usr/sbin/docker-proxy", "-proto", "tcp", "-host-ip", "0.0.0.0", "-host-port", "8080", "-container-ip", "172.17.0.4", "-container-port", "80"}
	published := func(address, protocol string, port, hostPort int) func(*inspect.Container) {
		return func(c *inspect.Container) {
			c.Addresses, c.Published = []string{"10.0.0.1", address}, []inspect.Published{{Protocol: protocol, Port: port, HostPort: hostPort}}
		}
	}
	for name, test := range map[string]struct {
		has  func(*inspect.Container)
		args []string
		want string
	}{
		"its container":   {published("172.17.0.4", "tcp", 80, 8080), args, "docker-proxy demo"},
		"another address": {published("172.17.0.5", "tcp", 80, 8080), args, "docker-proxy none"},
		"another port":    {published("172.17.0.4", "tcp", 80, 8081), args, "docker-proxy none"},
		"udp":             {published("172.17.0.4", "udp", 80, 8080), args, "docker-proxy none"},
		"it ended":        {func(c *inspect.Container) { published("172.17.0.4", "tcp", 80, 8080)(c); c.Status = "exited" }, args, "docker-proxy none"},
		"rootless":        {published("172.17.0.4", "tcp", 80, 8080), append([]string{"/usr/bin/rootlesskit-docker-proxy"}, args[1:]...), "docker-proxy demo"},
		"no address":      {published("172.17.0.4", "tcp", 80, 8080), append(append(append([]string{}, args[:7]...), "-container-ip", "here"), args[9:]...), "host"},
		"no protocol":     {published("172.17.0.4", "x", 80, 8080), append([]string{"docker-proxy", "-proto", "x"}, args[3:]...), "host"},
		"other words":     {published("172.17.0.4", "tcp", 80, 8080), args[:5], "host"},
		"no number":       {published("172.17.0.4", "tcp", 80, 8080), append(append([]string{}, args[:9]...), "-container-port", "x"), "host"},
		"another program": {published("172.17.0.4", "tcp", 80, 8080), append([]string{"sh"}, args[1:]...), "host"},
	} {
		got := Demo().Declared("demo", test.has).Process(50, 1, "docker-proxy", Args(test.args...)).Index().Who(50)
		text := string(got.Role)
		if got.Proxy != nil {
			of := "none"
			if got.Proxy.Container != nil {
				of = got.Proxy.Container.Name
			}
			text += " " + of
		}
		if text != test.want {
			t.Errorf("%s: got %s, want %s", name, text, test.want)
		}
	}
}

// A process of the host can be in a container's namespaces. They are reported with their types,
// their containers and the PID there. The host's own namespaces, which containers can share, are
// not reported.
func TestWhoHasEntered(t *testing.T) {
	in := func(types ...procfs.NamespaceType) Change {
		return func(p *procfs.Process) {
			for i, t := range procfs.NamespaceTypes {
				p.Namespaces[t] = procfs.Some(uint64(i + 1)) // the host's
			}
			for _, t := range types {
				for i, each := range procfs.NamespaceTypes {
					if each == t {
						p.Namespaces[t] = procfs.Some(uint64(110 + i))
					}
				}
			}
		}
	}
	pids := func(chain ...int) Change {
		return func(p *procfs.Process) { p.NSPIDs = append([]int{p.PID}, chain...) }
	}
	net, pid := procfs.NetNamespace, procfs.PIDNamespace
	world := func() *World {
		return Neighbours().Process(60, 1, "sh", in()).Process(61, 1, "tcpdump", in(net)).Process(62, 1, "strace", in(pid), pids(7)).
			Process(63, 1, "both", in(net, pid), pids(8)).
			Process(64, 1, "own", in(), func(p *procfs.Process) { p.Namespaces[net] = procfs.Some(uint64(999)) }).
			Process(65, 1, "denied", func(p *procfs.Process) {
				for _, t := range procfs.NamespaceTypes {
					p.Namespaces[t] = procfs.None[uint64](procfs.Denied)
				}
			})
	}
	text := func(w inspect.Identity) string {
		text := string(w.Role)
		for _, e := range w.Entered {
			text += fmt.Sprintf(" %s of %s %v", e.Type, inspect.ContainerNames(e.Containers), e.ContainerPIDs)
		}
		return text + " " + string(w.EnteredUnread)
	}
	ix := world().Index()
	for number, want := range map[int]string{
		60: "host ", 61: "host net of vpn, web [] ", 62: "host pid of vpn [7] ", 63: "host pid of vpn [8] net of vpn, web [] ", 64: "host ", 65: "host denied",
		101: "main ",
	} {
		if got := text(ix.Who(number)); got != want {
			t.Errorf("%d: got %q, want %q", number, got, want)
		}
	}
	w := world()
	w.Host.Namespaces = nil
	if got := text(w.Index().Who(61)); got != "host denied" {
		t.Errorf("the host's are not known: got %q", got)
	}
}

// The mounts of a process of the host show which container's namespaces it keeps, if that
// container is gone or now has other namespaces. The container of a net namespace alone is
// unknown. Many services have a mount namespace of their own.
func TestWhoKeeps(t *testing.T) {
	hosts := func(p *procfs.Process) {
		for i, t := range procfs.NamespaceTypes {
			p.Namespaces[t] = procfs.Some(uint64(i + 1))
		}
	}
	in := func(inode uint64, types ...procfs.NamespaceType) Change {
		return func(p *procfs.Process) {
			for _, t := range types {
				p.Namespaces[t] = procfs.Some(inode)
			}
		}
	}
	mounts := func(paths ...string) Change {
		return func(p *procfs.Process) { p.EtcMounts = procfs.Some(paths) }
	}
	files := func(letter, end string) Change {
		folder := "/var/lib/docker/containers/" + ID(letter)
		return mounts(folder+"/hostname"+end, folder+"/hosts"+end)
	}
	const mnt, net, ipc = procfs.MountNamespace, procfs.NetNamespace, procfs.IPCNamespace
	vpn := Neighbours().Index().ContainerNamed("vpn")
	web := vpn.ID[:1]
	mnts := Neighbours().Index().InodeOf(vpn, mnt).Or(0)
	for name, test := range map[string]struct {
		change []Change
		want   string
	}{
		"the host's":                   {[]Change{files("c", "")}, "none"},
		"of one that was removed":      {[]Change{in(900, mnt, net, ipc), files("9", "//deleted")}, "[mnt net ipc] " + ID("9")[:4] + " none true"},
		"of one that nobody knows":     {[]Change{in(900, mnt), files("9", "")}, "[mnt] " + ID("9")[:4] + " none false"},
		"of an earlier run":            {[]Change{in(900, mnt), files(web, "")}, "[mnt] " + ID(web)[:4] + " vpn false"},
		"in a running container's":     {[]Change{in(mnts, mnt), files("c", "")}, "none"},
		"net alone":                    {[]Change{in(900, net)}, "[net]  none false"},
		"net, and the mounts are read": {[]Change{in(900, net), files("c", "")}, "[net]  none false"},
		"a mount namespace alone":      {[]Change{in(900, mnt, ipc), mounts()}, "none"},
		"it was not read":              {[]Change{in(900, mnt)}, "none unread"},
		"files of two":                 {[]Change{in(900, mnt), mounts("/x/"+ID("c")+"/hosts", "/x/"+ID("d")+"/hostname")}, "none"},
		"files of nobody's":            {[]Change{in(900, mnt), mounts("/x/"+ID("c")+"/hosts", "/run/resolv.conf")}, "none"},
		"a step of docker build":       {[]Change{in(900, net), InGroups("/docker/buildkit/x1ntpwwihryfbqmeqcs5m44wq")}, "none"},
	} {
		w := Neighbours().Process(60, 1, "sh", append([]Change{hosts}, test.change...)...).Index().Who(60)
		got := strings.TrimSpace("none " + string(w.KeptUnread))
		if k := w.Kept; k != nil {
			of := "none"
			if k.Container != nil {
				of = k.Container.Name
			}
			got = fmt.Sprint(k.Types, " ", k.ContainerID[:min(4, len(k.ContainerID))], " ", of, " ", k.Removed)
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
	for name, test := range map[string]struct {
		change []Change
		want   procfs.Absence
	}{
		"net":                          {[]Change{in(900, net)}, procfs.Unread},
		"mnt, whose mounts are unread": {[]Change{in(900, mnt)}, procfs.Unread},
		"mnt, files of a container":    {[]Change{in(900, mnt), files("c", "")}, procfs.Unread},
		"mnt, files of none":           {[]Change{in(900, mnt), mounts()}, ""},
		"the host's":                   {nil, ""},
	} {
		starting := Neighbours().Declared("vpn", func(c *inspect.Container) { c.Silent, c.HostPID = true, 0 })
		w := starting.Process(60, 1, "sh", append([]Change{hosts}, test.change...)...).Index().Who(60)
		if w.Kept != nil || w.KeptUnread != test.want {
			t.Errorf("beside a container that starts, %s: %+v, %q, want %q", name, w.Kept, w.KeptUnread, test.want)
		}
	}
}

// A tree shows the processes that entered the PID namespace that the container owns, below the
// process with which they entered, once. Processes of another engine are not shown.
func TestTreeOfWhoEntered(t *testing.T) {
	pids := func(chain ...int) Change {
		return func(p *procfs.Process) { p.NSPIDs = append([]int{p.PID}, chain...) }
	}
	ix := Demo().Container("joiner", "b", 201, JoinedTo("demo")).
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sleep", In("b", 40), NS(7)).
		Process(60, 1, "nsenter").Process(61, 60, "sh", pids(41), NS(7)).Process(62, 61, "ps", pids(42), NS(7)).
		Process(63, 61, "unshared", pids(43, 1), NS(8)).
		Process(70, 1, "stranger", In("e", 44), NS(7)).
		Process(80, 1, "elsewhere", pids(1), NS(9)).Index()
	drawn := func(name string) string {
		c, _ := Find(t, ix, name, 0)
		var lines []string
		var draw func(nodes []*inspect.Node, in string)
		draw = func(nodes []*inspect.Node, in string) {
			for _, n := range nodes {
				if n.Role == inspect.RoleEntered {
					lines = append(lines, fmt.Sprintf("%s%d %v", in, n.Process.PID, n.ContainerPIDs))
				}
				draw(n.Children, in+" ")
			}
		}
		tree := ix.Tree(c)
		draw(tree.Roots, "")
		return strings.Join(lines, "|")
	}
	if got, want := drawn("demo"), "61 [41]| 62 [42]| 63 [43 1]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := drawn("joiner"); got != "" {
		t.Errorf("the joiner does not own it: %s", got)
	}
}
