//go:build e2e && linux

package e2e

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// nsRow is a row of ns: the published keys.
type nsRow struct {
	Host, Container, ContainerID, Type, Mode, Declared string

	Inode   *uint64
	Owner   *string
	Members []string
	Verdict string
	Absent  map[string]string
}

func nsRows(t testing.TB, a Answer) []nsRow { return Decoded[nsRow](t, a) }

func nsRowOf(t testing.TB, rows []nsRow, b *Box, nsType string) nsRow {
	t.Helper()
	var found []nsRow
	for _, r := range rows {
		if r.ContainerID == b.ID && r.Type == nsType {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s has %d rows of type %s, want 1: %+v", b.Name, len(found), nsType, found)
	}
	return found[0]
}

var nsTypes = []string{"pid", "uts", "ipc", "net", "mnt", "user", "cgroup", "time"}

// nsFacts are the declared modes in docker inspect, and the kernel's namespaces, by type.
type nsFacts struct {
	declared map[string]string
	inodes   map[string]uint64
}

func nsFactsOf(t testing.TB, boxes ...*Box) []nsFacts {
	t.Helper()
	args := []string{"inspect", "--type", "container", "--format", `{"Pid":{{.State.Pid}},"Host":{{json .HostConfig}}}`}
	var facts []nsFacts
	for line := range strings.Lines(Docker(t, append(args, names(boxes)...)...)) {
		var said struct {
			Pid  int
			Host struct{ PidMode, UTSMode, IpcMode, NetworkMode, UsernsMode, CgroupnsMode string }
		}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatal(err)
		}
		host, inodes := said.Host, map[string]uint64{}
		for _, nsType := range nsTypes {
			inodes[nsType] = namespace(t, said.Pid, nsType)
		}
		facts = append(facts, nsFacts{inodes: inodes, declared: map[string]string{
			"pid": host.PidMode, "uts": host.UTSMode, "ipc": host.IpcMode, "net": host.NetworkMode, "user": host.UsernsMode, "cgroup": host.CgroupnsMode,
		}})
	}
	return facts
}

// namespace is the inode that the kernel's link of a process has.
func namespace(t testing.TB, pid any, nsType string) uint64 {
	t.Helper()
	link, err := os.Readlink(fmt.Sprintf("/proc/%v/ns/%s", pid, nsType))
	if err != nil {
		t.Fatal(err)
	}
	return inodeIn(t, link)
}

func inodeIn(t testing.TB, link string) uint64 {
	t.Helper()
	var inode uint64
	if _, err := fmt.Sscanf(link[strings.IndexByte(link, ':')+1:], "[%d]", &inode); err != nil {
		t.Fatalf("%q is no namespace: %v", link, err)
	}
	return inode
}

// runJoined runs a container with a network option of its own, which docker accepts only once.
func runJoined(t testing.TB, args ...string) *Box {
	t.Helper()
	return MakeBox(t, "run", append([]string{"-d", "--stop-signal", "KILL"}, args...))
}

// wantNS compares every row of the boxes with the kernel's links and with docker inspect. Only
// the boxes share namespaces with them, except the host's. Verdicts that are not ok are named as
// CONTAINER/TYPE.
func wantNS(t testing.TB, rows []nsRow, verdicts map[string]string, boxes ...*Box) {
	t.Helper()
	if len(rows) != len(boxes)*len(nsTypes) {
		t.Errorf("%d rows, want %d: %+v", len(rows), len(boxes)*len(nsTypes), rows)
	}
	facts := nsFactsOf(t, boxes...)
	for i, b := range boxes {
		for _, nsType := range nsTypes {
			r := nsRowOf(t, rows, b, nsType)
			inode, declared := facts[i].inodes[nsType], facts[i].declared[nsType]
			verdict := cmp.Or(verdicts[b.Name+"/"+nsType], "ok")
			if r.Container != b.Name || Value(r.Inode) != inode || r.Declared != declared || r.Verdict != verdict || r.Host == "" {
				t.Errorf("%s %s: %+v\nwant inode %d, declared %q, verdict %s", b.Name, nsType, r, inode, declared, verdict)
			}
			var members, owners []string
			for j, other := range boxes {
				if facts[j].inodes[nsType] == inode {
					members = append(members, other.Name)
					if !strings.HasPrefix(facts[j].declared[nsType], "container:") {
						owners = append(owners, other.Name)
					}
				}
			}
			slices.Sort(members)
			wantWhose(t, r, members, owners, inode == namespace(t, "self", nsType))
		}
	}
}

// wantWhose checks the mode, the owner and the members of a row. hosts is true if the namespace
// is that of this test.
func wantWhose(t testing.TB, r nsRow, members, owners []string, hosts bool) {
	t.Helper()
	if hosts {
		// Other tests' containers are in it too.
		for _, name := range members {
			if !slices.Contains(r.Members, name) {
				t.Errorf("the host's, and %s is in it: %+v", name, r)
			}
		}
		if r.Mode != "host" || r.Owner != nil || r.Absent["Owner"] == "" {
			t.Errorf("the host's: %+v", r)
		}
		return
	}
	if !slices.Equal(r.Members, members) {
		t.Errorf("members %q: %+v", members, r)
	}
	if len(owners) != 1 {
		return // those that are left behind have no owner among them
	}
	mode := "shared"
	if owners[0] == r.Container {
		mode = "own"
	}
	if r.Mode != mode || Value(r.Owner) != owners[0] {
		t.Errorf("want %s, of %s: %+v", mode, owners[0], r)
	}
}

func names(boxes []*Box) []string {
	list := make([]string, len(boxes))
	for i, b := range boxes {
		list[i] = b.Name
	}
	return list
}

func askNS(t testing.TB, boxes ...*Box) Answer {
	t.Helper()
	return Ask(t, append([]string{"ns"}, names(boxes)...)...)
}

func askNSRows(t testing.TB, boxes ...*Box) []nsRow {
	t.Helper()
	return nsRows(t, Ask(t, append([]string{"ns", "--format", "json"}, names(boxes)...)...))
}

func TestNSJoined(t *testing.T) {
	t.Parallel()
	owner := Run(t, "--ipc", "shareable")
	second := Run(t, "--pid", "container:"+owner.Name)
	// A container that joins a member is in the owner's.
	third := runJoined(t, "--pid", "container:"+second.ID, "--ipc", "container:"+owner.Name, "--network", "container:"+owner.Name)
	alone := Run(t)
	boxes := []*Box{owner, second, third, alone}
	wantNS(t, askNSRows(t, boxes...), nil, boxes...)
	wantToldInside(t, third)

	a := askNS(t, boxes...).WantNoWordOf(t, "stale").WantNoWordOf(t, "gone")
	for _, b := range []*Box{owner, alone} {
		for _, heading := range []string{"PID", "UTS", "IPC", "NET", "MNT"} {
			a.WantCell(t, b.Name, heading, "own")
		}
		a.WantNoRemark(t, b)
	}
	for _, b := range []*Box{second, third} {
		a.WantCell(t, b.Name, "PID", "="+owner.Name)
		a.WantCell(t, b.Name, "UTS", "own")
		a.WantNoRemark(t, b)
	}
	a.WantCell(t, second.Name, "NET", "own")
	a.WantCell(t, second.Name, "IPC", "own")
	a.WantCell(t, third.Name, "NET", "="+owner.Name)
	a.WantCell(t, third.Name, "IPC", "="+owner.Name)

	// If only a member is asked for, the owner of its namespaces is shown all the same.
	a = askNS(t, third)
	a.WantCell(t, third.Name, "PID", "="+owner.Name)
	a.WantCell(t, third.Name, "NET", "="+owner.Name)
	wantSorted := []string{owner.Name, second.Name, third.Name}
	slices.Sort(wantSorted)
	if r := nsRowOf(t, askNSRows(t, owner), owner, "pid"); !slices.Equal(r.Members, wantSorted) || r.Mode != "own" {
		t.Errorf("three containers in one PID namespace: %+v", r)
	}
	if got := strings.Fields(Ask(t, append([]string{"ns", "-q"}, names(boxes)...)...).Stdout); len(got) != len(boxes) || !slices.IsSorted(got) {
		t.Errorf("-q: %q", got)
	}
}

// wantToldInside compares ns with what a process in the container reads about itself.
func wantToldInside(t testing.TB, b *Box) {
	t.Helper()
	said := strings.Fields(b.Sh("cd /proc/self/ns; readlink " + strings.Join(nsTypes, "; readlink ")))
	rows := askNSRows(t, b)
	for i, nsType := range nsTypes {
		if r := nsRowOf(t, rows, b, nsType); Value(r.Inode) != inodeIn(t, said[i]) {
			t.Errorf("inside %s it is %s, not %+v", b.Name, said[i], r)
		}
	}
}

func TestNSOfTheHosts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		nsType, heading string
		box             *Box
		gives           string
	}{
		{"pid", "PID", Run(t, "--pid", "host"), "sees every process of the host"},
		{"uts", "UTS", Run(t, "--uts", "host"), "host name and domain name"},
		{"ipc", "IPC", Run(t, "--ipc", "host"), "shared memory"},
		{"net", "NET", runJoined(t, "--network", "host"), "ports"},
	} {
		wantNS(t, askNSRows(t, c.box), nil, c.box)
		wantToldInside(t, c.box)
		a := askNS(t, c.box).WantNoWordOf(t, "stale")
		for _, heading := range []string{"PID", "UTS", "IPC", "NET"} {
			want := "own"
			if heading == c.heading {
				want = "host"
			}
			a.WantCell(t, c.box.Name, heading, want)
		}
		if r := a.WantRemark(t, c.box, "=host", c.gives); !strings.HasPrefix(r, "note ") || len(a.Remarks(c.box.Name)) != 1 {
			t.Errorf("one note\n%s", a)
		}
		// The reported consequences are correct.
		switch c.nsType {
		case "uts":
			if host, err := os.Hostname(); err != nil || c.box.Sh("hostname") != host {
				t.Errorf("--uts=host: %s inside, %s here, %v", c.box.Sh("hostname"), host, err)
			}
		case "pid":
			if said := c.box.Sh(fmt.Sprintf("cat /proc/%d/comm", os.Getpid())); said == "" {
				t.Error("--pid=host does not show this process")
			}
		}
	}
}

var dockerCommand = regexp.MustCompile(`docker (re)?start .*$`)

// doWhatIsSaid runs the command at the end of a remark.
func doWhatIsSaid(t testing.TB, remark string) {
	t.Helper()
	words := dockerCommand.FindString(remark)
	if words == "" {
		t.Fatalf("no command in %q", remark)
	}
	if out, err := Command("sh", "-c", words); err != nil {
		t.Fatalf("%s: %v: %s", words, err, out)
	}
}

func TestNSStaleJoins(t *testing.T) {
	t.Parallel()
	owner := Run(t, "--ipc", "shareable")
	onNet := runJoined(t, "--network", "container:"+owner.Name)
	onIPC := runJoined(t, "--network", "none", "--ipc", "container:"+owner.Name)
	boxes := []*Box{owner, onNet, onIPC}
	wantNS(t, askNSRows(t, boxes...), nil, boxes...)
	askNS(t, boxes...).WantNoWordOf(t, "stale")
	oldNet, oldIPC := namespace(t, owner.PID(), "net"), namespace(t, owner.PID(), "ipc")

	Docker(t, "restart", "--time", "0", owner.Name)
	// The members continue in the namespaces that they have.
	if namespace(t, onNet.PID(), "net") != oldNet || namespace(t, owner.PID(), "net") == oldNet || namespace(t, onIPC.PID(), "ipc") != oldIPC {
		t.Fatal("the restart has left nothing stale")
	}
	verdicts := map[string]string{onNet.Name + "/net": "stale", onIPC.Name + "/ipc": "stale"}
	wantNS(t, askNSRows(t, boxes...), verdicts, boxes...)
	a := askNS(t, boxes...)
	a.WantCell(t, onNet.Name, "NET", "STALE ="+owner.Name)
	a.WantCell(t, onIPC.Name, "IPC", "STALE ="+owner.Name)
	if n := strings.Count(strings.ToLower(a.Stdout), "stale"); n != 2 {
		t.Errorf("two are stale, and the word is there %d times\n%s", n, a)
	}
	for _, heading := range []string{"PID", "UTS", "IPC", "NET", "MNT"} {
		a.WantCell(t, owner.Name, heading, "own")
	}
	a.WantNoRemark(t, owner)
	// A member alone is stale too, and so are they in a capture.
	askNS(t, onNet).WantCell(t, onNet.Name, "NET", "STALE ="+owner.Name)
	askNS(t, owner).WantNoWordOf(t, "stale")
	wantSameNSFrom(t, snapshotNow(t), boxes...)

	doWhatIsSaid(t, a.WantRemark(t, onNet, "error", "network of "+owner.Name, "restarted", "docker restart "+onNet.Name))
	delete(verdicts, onNet.Name+"/net")
	wantNS(t, askNSRows(t, boxes...), verdicts, boxes...)
	a = askNS(t, boxes...)
	a.WantCell(t, onNet.Name, "NET", "="+owner.Name)
	a.WantNoRemark(t, onNet)
	doWhatIsSaid(t, a.WantRemark(t, onIPC, "error", "ipc namespace of "+owner.Name, "restarted", "docker restart "+onIPC.Name))
	wantNS(t, askNSRows(t, boxes...), nil, boxes...)
	a = askNS(t, boxes...).WantNoWordOf(t, "stale")
	a.WantCell(t, onIPC.Name, "IPC", "="+owner.Name)
	a.WantNoRemark(t, onIPC)
}

// snapshotNow takes a capture without a second look at zombies.
func snapshotNow(t *testing.T) string {
	t.Helper()
	path := filepath.Join(ShortDir(t), "capture.json")
	Ask(t, "snapshot", "--settle", "0", "-o", path)
	return path
}

// wantSameNSFrom compares rows and text of a capture with the live ones. Members of the host's
// namespaces change all the time.
func wantSameNSFrom(t *testing.T, path string, boxes ...*Box) {
	t.Helper()
	steady := func(a Answer) string {
		rows := nsRows(t, a.WantStatus(t, 0))
		for i := range rows {
			if rows[i].Mode == "host" {
				rows[i].Members = nil
			}
		}
		text, err := json.Marshal(rows)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	args := append([]string{"ns"}, names(boxes)...)
	saved := append(slices.Clone(args), "--from", path)
	live, from := PIDNS(t, append(args, "--format", "json")...), nowhere.Run(t, append(saved, "--format", "json")...)
	if steady(live) != steady(from) {
		t.Errorf("not the same rows\n%s\n%s", live, from)
	}
	live, from = PIDNS(t, args...), nowhere.Run(t, saved...)
	if withoutNow(live.Stdout) != from.Stdout || live.Stderr != from.Stderr || live.Status != from.Status {
		t.Errorf("not the same\n%s\n%s", live, from)
	}
}

// nowLines are the commands to type now, which are not written for a saved host.
var nowLines = regexp.MustCompile(`(?m)^( +Fix now|Check): docker .*\n`)

func withoutNow(text string) string { return nowLines.ReplaceAllString(text, "") }

// A namespace continues with its members, which can be started again only with its owner.
func TestNSOwnerStoppedAndRemoved(t *testing.T) {
	t.Parallel()
	owner := Run(t)
	one := runJoined(t, "--network", "container:"+owner.Name)
	two := runJoined(t, "--network", "container:"+owner.Name)
	members := []*Box{one, two}
	Docker(t, "stop", "--time", "0", owner.Name)
	gone := map[string]string{one.Name + "/net": "owner-gone", two.Name + "/net": "owner-gone"}
	wantNS(t, askNSRows(t, members...), gone, members...)
	a := askNS(t, members...).WantNoWordOf(t, "stale").WantNoWordOf(t, "removed")
	var said string
	for _, b := range members {
		a.WantCell(t, b.Name, "NET", "GONE ="+owner.Name)
		said = a.WantRemark(t, b, "warning", "network of "+owner.Name, "docker start "+owner.Name, "docker restart "+b.Name)
	}
	wantSameNSFrom(t, snapshotNow(t), members...)

	doWhatIsSaid(t, said)
	// The owner has another one now, and only one of the two was restarted.
	all := []*Box{owner, one, two}
	wantNS(t, askNSRows(t, all...), map[string]string{one.Name + "/net": "stale"}, all...)
	a = askNS(t, all...)
	a.WantCell(t, one.Name, "NET", "STALE ="+owner.Name)
	a.WantCell(t, two.Name, "NET", "="+owner.Name)
	a.WantNoRemark(t, two)
	doWhatIsSaid(t, a.WantRemark(t, one, "error", "docker restart "+one.Name))
	wantNS(t, askNSRows(t, all...), nil, all...)

	Docker(t, "rm", "-f", owner.Name)
	wantNS(t, askNSRows(t, members...), gone, members...)
	a = askNS(t, members...).WantNoWordOf(t, "stale")
	for _, b := range members {
		declared := strings.TrimPrefix(b.Inspect("{{.HostConfig.NetworkMode}}"), "container:")
		if len(declared) == len(owner.ID) {
			declared = owner.ID[:12]
		}
		a.WantCell(t, b.Name, "NET", "GONE ="+declared)
		r := a.WantRemark(t, b, "error", "network of "+declared, "was removed")
		if strings.Contains(r, "docker restart") || strings.Contains(r, "docker start") {
			t.Errorf("a command that cannot succeed: %s", r)
		}
	}
	// It cannot be started again, as reported.
	if out, err := Command("docker", "restart", one.Name); err == nil {
		t.Errorf("%s was started without its owner: %s", one.Name, out)
	}
}

const nesting = `unshare -pf sh -c "unshare -pf sleep 7777 & wait" & wait`

func runNested(t testing.TB) *Box {
	t.Helper()
	b := Run(t, "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--", "sh", "-c", nesting)
	b.EventuallyWith("sleep 7777")
	return b
}

func TestNSNestedTwoDeep(t *testing.T) {
	t.Parallel()
	b := runNested(t)
	processes := b.Processes()
	own := namespace(t, b.PID(), "pid")
	a := askNS(t, b).WantNoWordOf(t, "stale")
	a.WantCell(t, b.Name, "PID", "own")
	inits := 0
	for pid, p := range processes {
		if p.Inside[len(p.Inside)-1] != 1 || namespace(t, pid, "pid") == own {
			continue
		}
		inits++
		depth, members := len(p.Inside), 0
		for _, other := range processes {
			// One lineage: every process with the same depth is in it, or below.
			if len(other.Inside) >= depth {
				members++
			}
		}
		count := fmt.Sprintf("%d processes", members)
		if members == 1 {
			count = "1 process"
		}
		r := a.WantRemark(t, b, fmt.Sprintf("init %s (host PID %d, container PID %s), %s", p.Comm, pid, chain(p), count))
		if !strings.HasPrefix(r, "note ") {
			t.Errorf("a nested namespace is no error: %s", r)
		}
	}
	if inits != 2 {
		t.Fatalf("%d nested namespaces by the kernel, want 2: %+v", inits, processes)
	}
	if n := len(a.Remarks(b.Name)); n != inits {
		t.Errorf("%d remarks on %d nested namespaces\n%s", n, inits, a)
	}
	wantNS(t, askNSRows(t, b), nil, b)
	wantSameNSFrom(t, snapshotNow(t), b)
}

// chain is the container's view of a process's PIDs.
func chain(p Process) string {
	inside := p.Inside
	if len(inside) > 1 {
		inside = inside[1:]
	}
	words := make([]string, len(inside))
	for i, n := range inside {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, ">")
}

func TestNSIDs(t *testing.T) {
	t.Parallel()
	owner := Run(t, "--cgroupns", "private")
	joiner := Run(t, "--pid", "container:"+owner.Name)
	facts := nsFactsOf(t, owner)[0]
	a := Ask(t, "ns", "--ids", owner.Name)
	lines := strings.Split(strings.TrimSpace(a.Stdout), "\n")
	if len(lines) != 1+len(nsTypes) {
		t.Fatalf("a row for each of %d types\n%s", len(nsTypes), a)
	}
	headings := Gaps.Split(strings.TrimSpace(lines[0]), -1)
	at := func(heading string) int { return slices.Index(headings, heading) }
	for i, line := range lines[1:] {
		fields := Gaps.Split(strings.TrimSpace(line), -1)
		if len(fields) != len(headings) || fields[at("TYPE")] != nsTypes[i] {
			t.Errorf("%q is no row of %s\n%s", line, nsTypes[i], a)
			continue
		}
		if want := fmt.Sprint(facts.inodes[nsTypes[i]]); fields[at("INODE")] != want {
			t.Errorf("the inode of %s is %s: %q", nsTypes[i], want, line)
		}
		if want := cmp.Or(facts.declared[nsTypes[i]], "-"); fields[at("DECLARED")] != want {
			t.Errorf("declared %s: %q", want, line)
		}
	}
	if !regexp.MustCompile(`(?m)^.*\bpid +- +own +\d+ .*` + joiner.Name).MatchString(a.Stdout) {
		t.Errorf("%s is a member of the PID namespace\n%s", joiner.Name, a)
	}
	wantNS(t, askNSRows(t, owner, joiner), nil, owner, joiner)
	askNS(t, owner).WantCell(t, owner.Name, "CGROUP", "own")
}

// Published keys, for scripts.
func TestNSKeys(t *testing.T) {
	t.Parallel()
	b := Run(t)
	a := Ask(t, "ns", b.Name, "--format", "json")
	for line := range strings.Lines(a.Stdout) {
		var keys map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &keys); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"Host", "Container", "ContainerID", "Type", "Mode", "Declared", "Inode", "Owner", "Members", "Verdict", "Absent"} {
			if _, ok := keys[key]; !ok {
				t.Errorf("lacks %s: %s", key, line)
			}
		}
		for key, raw := range keys {
			if string(raw) == "null" && !bytes.Contains(keys["Absent"], []byte(`"`+key+`"`)) {
				t.Errorf("%s is null, and Absent does not say why: %s", key, line)
			}
		}
	}
	want := fmt.Sprintf("%s pid own %d\n", b.Name, namespace(t, b.PID(), "pid"))
	if a := Ask(t, "ns", b.Name, "--format", "{{.Container}} {{.Type}} {{.Mode}} {{.Inode}}"); !strings.HasPrefix(a.Stdout, want) {
		t.Errorf("want %q first\n%s", want, a)
	}
	PIDNS(t, "ns", "e2e-nobody", b.Name).WantStatus(t, 1).Want(t, b.Name).WantOneError(t, "no such container: e2e-nobody")
	exited := Run(t, "--", "true")
	Eventually(t, "its end", func() bool { return exited.Inspect("{{.State.Status}}") == "exited" })
	PIDNS(t, "ns", exited.Name).WantStatus(t, 1).WantNothing(t).WantOneError(t, exited.Name, "not running")
}

func TestNSCountsThoseWhoShareNothing(t *testing.T) {
	t.Parallel()
	alone, owner := Run(t), Run(t)
	joiner := Run(t, "--pid", "container:"+owner.Name)
	boxes := []*Box{alone, owner, joiner}
	path := snapshotNow(t)
	for _, copies := range []int{17, 18, 40} {
		crowd := crowdedCapture(t, path, alone, copies, boxes)
		total := copies + len(boxes)
		a := nowhere.Run(t, "ns", "--from", crowd).WantStatus(t, 0)
		whole := nowhere.Run(t, "ns", "--all", "--from", crowd).WantStatus(t, 0).WantNoWordOf(t, "share no namespace")
		if n := len(whole.Cells(t)); n != total {
			t.Errorf("--all lists %d of %d\n%s", n, total, whole)
		}
		rows := nsRows(t, nowhere.Run(t, "ns", "--format", "json", "--from", crowd).WantStatus(t, 0))
		if len(rows) != total*len(nsTypes) {
			t.Errorf("%d rows of %d containers", len(rows), total)
		}
		if total <= 20 {
			if a.Stdout != whole.Stdout {
				t.Errorf("%d are not too many to list\n%s", total, a)
			}
			continue
		}
		table := a.Cells(t)
		if len(table) != 2 || table[owner.Name] == nil || table[joiner.Name] == nil {
			t.Errorf("want %s and %s alone\n%s", owner.Name, joiner.Name, a)
		}
		a.Want(t, fmt.Sprintf("%d other containers share no namespace", copies+1), "--all")
	}
}

// crowdedCapture writes a capture that has the boxes and copies of the first of them, each with
// namespaces of its own, and returns its path.
func crowdedCapture(t *testing.T, path string, model *Box, copies int, boxes []*Box) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var capture map[string]any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&capture); err != nil {
		t.Fatal(err)
	}
	isBox := func(c any) bool {
		return slices.ContainsFunc(boxes, func(b *Box) bool { return b.ID == c.(map[string]any)["ID"] })
	}
	containers := slices.DeleteFunc(capture["Containers"].([]any), func(c any) bool { return !isBox(c) })
	snapshot := capture["Snapshot"].(map[string]any)
	processes := snapshot["Processes"].([]any)
	pid := model.PID()
	var container, process string
	for _, c := range containers {
		if c.(map[string]any)["ID"] == model.ID {
			container = encode(t, c)
		}
	}
	for _, p := range processes {
		if p.(map[string]any)["PID"] == json.Number(fmt.Sprint(pid)) {
			process = encode(t, p)
		}
	}
	number := regexp.MustCompile(fmt.Sprintf(`\b%d\b`, pid))
	inode := regexp.MustCompile(`("(?:pid|uts|ipc|net|mnt)":)\d+`)
	for i := range copies {
		id := strings.Repeat("0", 60) + fmt.Sprintf("%04x", i)
		renamed := strings.NewReplacer(model.ID, id, model.Name, fmt.Sprintf("copy-%d", i))
		as := fmt.Sprint(100000 + i)
		containers = append(containers, json.RawMessage(number.ReplaceAllString(renamed.Replace(container), as)))
		copied := number.ReplaceAllString(renamed.Replace(process), as)
		kind := 0
		copied = inode.ReplaceAllStringFunc(copied, func(text string) string {
			kind++
			return fmt.Sprintf("%s%d", text[:strings.IndexByte(text, ':')+1], 5000000000+10*i+kind)
		})
		processes = append(processes, json.RawMessage(copied))
	}
	capture["Containers"], snapshot["Processes"] = containers, processes
	crowd := filepath.Join(filepath.Dir(path), fmt.Sprintf("crowd-%d", copies))
	if err := os.WriteFile(crowd, []byte(encode(t, capture)), 0o600); err != nil {
		t.Fatal(err)
	}
	return crowd
}

func encode(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Without the right to read the links, only the declared modes are reported, and are marked as
// declared.
func TestNSOfAnOrdinaryUser(t *testing.T) {
	t.Parallel()
	owner := Run(t, "--uts", "host")
	joiner := runJoined(t, "--pid", "container:"+owner.Name, "--network", "container:"+owner.Name)
	boxes := []*Box{owner, joiner}
	user := Call{Through: append(nobody(t), "docker", "pidns")}
	args := append([]string{"ns"}, names(boxes)...)
	a := user.Run(t, args...).WantStatus(t, 0).WantNoWordOf(t, "stale")
	a.WantError(t, "? = from Docker's configuration", "root: sudo ", "docker-pidns ns "+owner.Name+" "+joiner.Name)
	for name, want := range map[string]map[string]string{
		owner.Name:  {"PID": "own?", "UTS": "host?", "IPC": "own?", "NET": "own?", "MNT": "own?"},
		joiner.Name: {"PID": "=" + owner.Name + "?", "UTS": "own?", "IPC": "own?", "NET": "=" + owner.Name + "?", "MNT": "own?"},
	} {
		for heading, cell := range want {
			a.WantCell(t, name, heading, cell)
		}
	}
	if regexp.MustCompile(`[0-9]{10}`).MatchString(user.Run(t, append(args, "--ids")...).Stdout) {
		t.Errorf("inodes that it cannot know\n%s", a)
	}
	for _, r := range nsRows(t, user.Run(t, append(args, "--format", "json")...).WantStatus(t, 0)) {
		if r.Inode != nil || r.Absent["Inode"] != "denied" || r.Verdict != "declared-only" || len(r.Members) != 0 {
			t.Errorf("what the kernel denies: %+v", r)
		}
	}
	// A restart of an owner does not change the declared modes.
	Docker(t, "restart", "--time", "0", owner.Name)
	Eventually(t, "both run", func() bool {
		return owner.Inspect("{{.State.Running}}") == "true"
	})
	user.Run(t, "ns", owner.Name).WantStatus(t, 0).WantNoWordOf(t, "stale")
}
