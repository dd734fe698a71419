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

func (a answer) nsRows(t testing.TB) []nsRow { return decoded[nsRow](t, a) }

func nsRowOf(t testing.TB, rows []nsRow, b *box, nsType string) nsRow {
	t.Helper()
	var found []nsRow
	for _, r := range rows {
		if r.ContainerID == b.id && r.Type == nsType {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s has %d rows of type %s, want 1: %+v", b.name, len(found), nsType, found)
	}
	return found[0]
}

var nsTypes = []string{"pid", "uts", "ipc", "net", "mnt", "user", "cgroup", "time"}

// nsFacts are what docker inspect says was declared, and what the kernel has,
// by type.
type nsFacts struct {
	declared map[string]string
	inodes   map[string]uint64
}

func nsFactsOf(t testing.TB, boxes ...*box) []nsFacts {
	t.Helper()
	args := []string{"inspect", "--type", "container", "--format", `{"Pid":{{.State.Pid}},"Host":{{json .HostConfig}}}`}
	var facts []nsFacts
	for line := range strings.Lines(docker(t, append(args, names(boxes)...)...)) {
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

// runJoined runs a container with a network of its own choice, which docker
// takes only once.
func runJoined(t testing.TB, args ...string) *box {
	t.Helper()
	return makeBox(t, "run", append([]string{"-d", "--stop-signal", "KILL"}, args...))
}

// wantNS holds every row of the boxes against the kernel's links and against
// docker inspect. Nobody but the boxes shares a namespace with them, but the
// host's. Verdicts that are not ok are named as CONTAINER/TYPE.
func wantNS(t testing.TB, rows []nsRow, verdicts map[string]string, boxes ...*box) {
	t.Helper()
	if len(rows) != len(boxes)*len(nsTypes) {
		t.Errorf("%d rows, want %d: %+v", len(rows), len(boxes)*len(nsTypes), rows)
	}
	facts := nsFactsOf(t, boxes...)
	for i, b := range boxes {
		for _, nsType := range nsTypes {
			r := nsRowOf(t, rows, b, nsType)
			inode, declared := facts[i].inodes[nsType], facts[i].declared[nsType]
			verdict := cmp.Or(verdicts[b.name+"/"+nsType], "ok")
			if r.Container != b.name || value(r.Inode) != inode || r.Declared != declared || r.Verdict != verdict || r.Host == "" {
				t.Errorf("%s %s: %+v\nwant inode %d, declared %q, verdict %s", b.name, nsType, r, inode, declared, verdict)
			}
			var members, owners []string
			for j, other := range boxes {
				if facts[j].inodes[nsType] == inode {
					members = append(members, other.name)
					if !strings.HasPrefix(facts[j].declared[nsType], "container:") {
						owners = append(owners, other.name)
					}
				}
			}
			slices.Sort(members)
			wantWhose(t, r, members, owners, inode == namespace(t, "self", nsType))
		}
	}
}

// wantWhose checks the mode, the owner and the members of a row; hosts: the
// namespace is the one of this test.
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
		return // those who are left behind have no owner among them
	}
	mode := "shared"
	if owners[0] == r.Container {
		mode = "own"
	}
	if r.Mode != mode || value(r.Owner) != owners[0] {
		t.Errorf("want %s, of %s: %+v", mode, owners[0], r)
	}
}

var gaps = regexp.MustCompile(` {2,}`)

// cells are those of the first table of an answer, by the first column and by
// heading.
func (a answer) cells(t testing.TB) map[string]map[string]string {
	t.Helper()
	lines := strings.Split(a.stdout, "\n")
	headings := gaps.Split(strings.TrimSpace(lines[0]), -1)
	table := map[string]map[string]string{}
	for _, line := range lines[1:] {
		fields := gaps.Split(strings.TrimSpace(line), -1)
		if len(fields) != len(headings) {
			break
		}
		table[fields[0]] = map[string]string{}
		for i, field := range fields {
			table[fields[0]][headings[i]] = field
		}
	}
	return table
}

func (a answer) wantCell(t testing.TB, row, heading, want string) {
	t.Helper()
	if got := a.cells(t)[row][heading]; got != want {
		t.Errorf("%s of %s is %q, want %q\n%s", heading, row, got, want, a)
	}
}

// flat is the text without its line ends and indents.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

// remarks are what stands below the matrix of ns, one string each.
func (a answer) remarks(name string) []string {
	_, below, _ := strings.Cut(a.stdout, "\n\n")
	var list []string
	for line := range strings.Lines(below) {
		if strings.HasPrefix(line, " ") && len(list) > 0 {
			list[len(list)-1] += " " + flat(line)
		} else {
			list = append(list, flat(line))
		}
	}
	return slices.DeleteFunc(list, func(r string) bool {
		_, behind, _ := strings.Cut(r, " ")
		return !strings.HasPrefix(behind, name+" ")
	})
}

// wantRemark is the remark about the container that has all texts, which has
// to be there once.
func (a answer) wantRemark(t testing.TB, b *box, texts ...string) string {
	t.Helper()
	var found []string
	for _, r := range a.remarks(b.name) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(r, text) }) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Errorf("%d remarks on %s with %q, want 1\n%s", len(found), b.name, texts, a)
		return ""
	}
	return found[0]
}

// wantNoRemark checks that nothing is said of the container.
func (a answer) wantNoRemark(t testing.TB, b *box) {
	t.Helper()
	if list := a.remarks(b.name); len(list) > 0 {
		t.Errorf("nothing to say of %s, but %q\n%s", b.name, list, a)
	}
}

// wantNoWordOf checks that a word is nowhere in the answer, in any case.
func (a answer) wantNoWordOf(t testing.TB, word string) answer {
	t.Helper()
	if strings.Contains(strings.ToLower(a.stdout+a.stderr), word) {
		t.Errorf("the word %q, where nothing is\n%s", word, a)
	}
	return a
}

func names(boxes []*box) []string {
	list := make([]string, len(boxes))
	for i, b := range boxes {
		list[i] = b.name
	}
	return list
}

func askNS(t testing.TB, boxes ...*box) answer {
	t.Helper()
	return ask(t, append([]string{"ns"}, names(boxes)...)...)
}

func askNSRows(t testing.TB, boxes ...*box) []nsRow {
	t.Helper()
	return ask(t, append([]string{"ns", "--format", "json"}, names(boxes)...)...).nsRows(t)
}

func TestNSJoined(t *testing.T) {
	t.Parallel()
	owner := run(t, "--ipc", "shareable")
	second := run(t, "--pid", "container:"+owner.name)
	// Who joins a member is in the owner's.
	third := runJoined(t, "--pid", "container:"+second.id, "--ipc", "container:"+owner.name, "--network", "container:"+owner.name)
	alone := run(t)
	boxes := []*box{owner, second, third, alone}
	wantNS(t, askNSRows(t, boxes...), nil, boxes...)
	wantToldInside(t, third)

	a := askNS(t, boxes...).wantNoWordOf(t, "stale").wantNoWordOf(t, "gone")
	for _, b := range []*box{owner, alone} {
		for _, heading := range []string{"PID", "UTS", "IPC", "NET", "MNT"} {
			a.wantCell(t, b.name, heading, "own")
		}
		a.wantNoRemark(t, b)
	}
	for _, b := range []*box{second, third} {
		a.wantCell(t, b.name, "PID", "="+owner.name)
		a.wantCell(t, b.name, "UTS", "own")
		a.wantNoRemark(t, b)
	}
	a.wantCell(t, second.name, "NET", "own")
	a.wantCell(t, second.name, "IPC", "own")
	a.wantCell(t, third.name, "NET", "="+owner.name)
	a.wantCell(t, third.name, "IPC", "="+owner.name)

	// Asked for alone, a member is told whose namespaces it is in all the same.
	a = askNS(t, third)
	a.wantCell(t, third.name, "PID", "="+owner.name)
	a.wantCell(t, third.name, "NET", "="+owner.name)
	wantSorted := []string{owner.name, second.name, third.name}
	slices.Sort(wantSorted)
	if r := nsRowOf(t, askNSRows(t, owner), owner, "pid"); !slices.Equal(r.Members, wantSorted) || r.Mode != "own" {
		t.Errorf("three containers in one PID namespace: %+v", r)
	}
	if got := strings.Fields(ask(t, append([]string{"ns", "-q"}, names(boxes)...)...).stdout); len(got) != len(boxes) || !slices.IsSorted(got) {
		t.Errorf("-q: %q", got)
	}
}

// wantToldInside holds ns against what a process in the container reads of
// itself.
func wantToldInside(t testing.TB, b *box) {
	t.Helper()
	said := strings.Fields(b.sh("cd /proc/self/ns; readlink " + strings.Join(nsTypes, "; readlink ")))
	rows := askNSRows(t, b)
	for i, nsType := range nsTypes {
		if r := nsRowOf(t, rows, b, nsType); value(r.Inode) != inodeIn(t, said[i]) {
			t.Errorf("inside %s it is %s, not %+v", b.name, said[i], r)
		}
	}
}

func TestNSOfTheHosts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		nsType, heading string
		box             *box
		gives           string
	}{
		{"pid", "PID", run(t, "--pid", "host"), "sees every process of the host"},
		{"uts", "UTS", run(t, "--uts", "host"), "host and domain name"},
		{"ipc", "IPC", run(t, "--ipc", "host"), "shared memory"},
		{"net", "NET", runJoined(t, "--network", "host"), "ports"},
	} {
		wantNS(t, askNSRows(t, c.box), nil, c.box)
		wantToldInside(t, c.box)
		a := askNS(t, c.box).wantNoWordOf(t, "stale")
		for _, heading := range []string{"PID", "UTS", "IPC", "NET"} {
			want := "own"
			if heading == c.heading {
				want = "host"
			}
			a.wantCell(t, c.box.name, heading, want)
		}
		if r := a.wantRemark(t, c.box, "=host", c.gives); !strings.HasPrefix(r, "note ") || len(a.remarks(c.box.name)) != 1 {
			t.Errorf("one note\n%s", a)
		}
		// What is said to be given away is so.
		switch c.nsType {
		case "uts":
			if host, err := os.Hostname(); err != nil || c.box.sh("hostname") != host {
				t.Errorf("--uts=host: %s inside, %s here, %v", c.box.sh("hostname"), host, err)
			}
		case "pid":
			if said := c.box.sh(fmt.Sprintf("cat /proc/%d/comm", os.Getpid())); said == "" {
				t.Error("--pid=host does not show this process")
			}
		}
	}
}

var dockerCommand = regexp.MustCompile(`docker (re)?start .*$`)

// doWhatIsSaid runs the command that ends a remark.
func doWhatIsSaid(t testing.TB, remark string) {
	t.Helper()
	words := dockerCommand.FindString(remark)
	if words == "" {
		t.Fatalf("no command in %q", remark)
	}
	if out, err := command("sh", "-c", words); err != nil {
		t.Fatalf("%s: %v: %s", words, err, out)
	}
}

func TestNSStaleJoins(t *testing.T) {
	t.Parallel()
	owner := run(t, "--ipc", "shareable")
	onNet := runJoined(t, "--network", "container:"+owner.name)
	onIPC := runJoined(t, "--network", "none", "--ipc", "container:"+owner.name)
	boxes := []*box{owner, onNet, onIPC}
	wantNS(t, askNSRows(t, boxes...), nil, boxes...)
	askNS(t, boxes...).wantNoWordOf(t, "stale")
	oldNet, oldIPC := namespace(t, owner.pid(), "net"), namespace(t, owner.pid(), "ipc")

	docker(t, "restart", "--time", "0", owner.name)
	// The members run on in what they have.
	if namespace(t, onNet.pid(), "net") != oldNet || namespace(t, owner.pid(), "net") == oldNet || namespace(t, onIPC.pid(), "ipc") != oldIPC {
		t.Fatal("the restart has left nothing stale")
	}
	verdicts := map[string]string{onNet.name + "/net": "stale", onIPC.name + "/ipc": "stale"}
	wantNS(t, askNSRows(t, boxes...), verdicts, boxes...)
	a := askNS(t, boxes...)
	a.wantCell(t, onNet.name, "NET", "STALE ="+owner.name)
	a.wantCell(t, onIPC.name, "IPC", "STALE ="+owner.name)
	if n := strings.Count(strings.ToLower(a.stdout), "stale"); n != 2 {
		t.Errorf("two are stale, and the word is there %d times\n%s", n, a)
	}
	for _, heading := range []string{"PID", "UTS", "IPC", "NET", "MNT"} {
		a.wantCell(t, owner.name, heading, "own")
	}
	a.wantNoRemark(t, owner)
	// Alone it is stale too, and so are they from a capture.
	askNS(t, onNet).wantCell(t, onNet.name, "NET", "STALE ="+owner.name)
	askNS(t, owner).wantNoWordOf(t, "stale")
	wantSameNSFrom(t, snapshotNow(t), boxes...)

	doWhatIsSaid(t, a.wantRemark(t, onNet, "error", "net namespace of "+owner.name, "restarted", "docker restart "+onNet.name))
	delete(verdicts, onNet.name+"/net")
	wantNS(t, askNSRows(t, boxes...), verdicts, boxes...)
	a = askNS(t, boxes...)
	a.wantCell(t, onNet.name, "NET", "="+owner.name)
	a.wantNoRemark(t, onNet)
	doWhatIsSaid(t, a.wantRemark(t, onIPC, "error", "ipc namespace of "+owner.name, "restarted", "docker restart "+onIPC.name))
	wantNS(t, askNSRows(t, boxes...), nil, boxes...)
	a = askNS(t, boxes...).wantNoWordOf(t, "stale")
	a.wantCell(t, onIPC.name, "IPC", "="+owner.name)
	a.wantNoRemark(t, onIPC)
}

// snapshotNow takes a capture without a second look at zombies.
func snapshotNow(t *testing.T) string {
	t.Helper()
	path := filepath.Join(shortDir(t), "capture.json")
	ask(t, "snapshot", "--settle", "0", "-o", path)
	return path
}

// wantSameNSFrom compares rows and text of a capture with the live ones. Who
// else is in the host's namespaces changes all the time.
func wantSameNSFrom(t *testing.T, path string, boxes ...*box) {
	t.Helper()
	steady := func(a answer) string {
		rows := a.wantStatus(t, 0).nsRows(t)
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
	live, from := pidns(t, append(args, "--format", "json")...), nowhere.run(t, append(saved, "--format", "json")...)
	if steady(live) != steady(from) {
		t.Errorf("not the same rows\n%s\n%s", live, from)
	}
	live, from = pidns(t, args...), nowhere.run(t, saved...)
	if withoutNow(live.stdout) != from.stdout || live.stderr != from.stderr || live.status != from.status {
		t.Errorf("not the same\n%s\n%s", live, from)
	}
}

// nowLines are what to type now, which is not said of a saved host.
var nowLines = regexp.MustCompile(`(?m)^ +now   docker .*\n`)

func withoutNow(text string) string { return nowLines.ReplaceAllString(text, "") }

// A namespace lives on with its members, who can start again only with its owner.
func TestNSOwnerStoppedAndRemoved(t *testing.T) {
	t.Parallel()
	owner := run(t)
	one := runJoined(t, "--network", "container:"+owner.name)
	two := runJoined(t, "--network", "container:"+owner.name)
	members := []*box{one, two}
	docker(t, "stop", "--time", "0", owner.name)
	gone := map[string]string{one.name + "/net": "owner-gone", two.name + "/net": "owner-gone"}
	wantNS(t, askNSRows(t, members...), gone, members...)
	a := askNS(t, members...).wantNoWordOf(t, "stale").wantNoWordOf(t, "removed")
	var said string
	for _, b := range members {
		a.wantCell(t, b.name, "NET", "GONE ="+owner.name)
		said = a.wantRemark(t, b, "warning", "net namespace of "+owner.name, "docker start "+owner.name, "docker restart "+b.name)
	}
	wantSameNSFrom(t, snapshotNow(t), members...)

	doWhatIsSaid(t, said)
	// The owner has another one now, and of the two only one was restarted.
	all := []*box{owner, one, two}
	wantNS(t, askNSRows(t, all...), map[string]string{one.name + "/net": "stale"}, all...)
	a = askNS(t, all...)
	a.wantCell(t, one.name, "NET", "STALE ="+owner.name)
	a.wantCell(t, two.name, "NET", "="+owner.name)
	a.wantNoRemark(t, two)
	doWhatIsSaid(t, a.wantRemark(t, one, "error", "docker restart "+one.name))
	wantNS(t, askNSRows(t, all...), nil, all...)

	docker(t, "rm", "-f", owner.name)
	wantNS(t, askNSRows(t, members...), gone, members...)
	a = askNS(t, members...).wantNoWordOf(t, "stale")
	for _, b := range members {
		declared := strings.TrimPrefix(b.inspect("{{.HostConfig.NetworkMode}}"), "container:")
		if len(declared) == len(owner.id) {
			declared = owner.id[:12]
		}
		a.wantCell(t, b.name, "NET", "GONE ="+declared)
		r := a.wantRemark(t, b, "warning", "net namespace of "+declared, "was removed")
		if strings.Contains(r, "docker restart") || strings.Contains(r, "docker start") {
			t.Errorf("a command that cannot succeed: %s", r)
		}
	}
	// It cannot start again, as is said.
	if out, err := command("docker", "restart", one.name); err == nil {
		t.Errorf("%s was started without its owner: %s", one.name, out)
	}
}

const nesting = `unshare -pf sh -c "unshare -pf sleep 7777 & wait" & wait`

func runNested(t testing.TB) *box {
	t.Helper()
	b := run(t, "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--", "sh", "-c", nesting)
	b.eventuallyWith("sleep 7777")
	return b
}

func TestNSNestedTwoDeep(t *testing.T) {
	t.Parallel()
	b := runNested(t)
	processes := b.processes()
	own := namespace(t, b.pid(), "pid")
	a := askNS(t, b).wantNoWordOf(t, "stale")
	a.wantCell(t, b.name, "PID", "own")
	inits := 0
	for pid, p := range processes {
		if p.inside[len(p.inside)-1] != 1 || namespace(t, pid, "pid") == own {
			continue
		}
		inits++
		depth, members := len(p.inside), 0
		for _, other := range processes {
			// One lineage: whatever is as deep is in it, or below.
			if len(other.inside) >= depth {
				members++
			}
		}
		count := fmt.Sprintf("%d processes", members)
		if members == 1 {
			count = "1 process"
		}
		r := a.wantRemark(t, b, fmt.Sprintf("init is %s (%d, inside %s), %s", p.comm, pid, chain(p), count))
		if !strings.HasPrefix(r, "note ") {
			t.Errorf("a nested namespace is no error: %s", r)
		}
	}
	if inits != 2 {
		t.Fatalf("%d nested namespaces by the kernel, want 2: %+v", inits, processes)
	}
	if n := len(a.remarks(b.name)); n != inits {
		t.Errorf("%d remarks on %d nested namespaces\n%s", n, inits, a)
	}
	wantNS(t, askNSRows(t, b), nil, b)
	wantSameNSFrom(t, snapshotNow(t), b)
}

// chain is the container's view of a process's PIDs.
func chain(p process) string {
	inside := p.inside
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
	owner := run(t, "--cgroupns", "private")
	joiner := run(t, "--pid", "container:"+owner.name)
	facts := nsFactsOf(t, owner)[0]
	a := ask(t, "ns", "--ids", owner.name)
	lines := strings.Split(strings.TrimSpace(a.stdout), "\n")
	if len(lines) != 1+len(nsTypes) {
		t.Fatalf("a row for each of %d types\n%s", len(nsTypes), a)
	}
	headings := gaps.Split(strings.TrimSpace(lines[0]), -1)
	at := func(heading string) int { return slices.Index(headings, heading) }
	for i, line := range lines[1:] {
		fields := gaps.Split(strings.TrimSpace(line), -1)
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
	if !regexp.MustCompile(`(?m)^.*\bpid +- +own +\d+ .*` + joiner.name).MatchString(a.stdout) {
		t.Errorf("%s is a member of the PID namespace\n%s", joiner.name, a)
	}
	wantNS(t, askNSRows(t, owner, joiner), nil, owner, joiner)
	askNS(t, owner).wantCell(t, owner.name, "CGROUP", "own")
}

// Published keys: what a script reads.
func TestNSKeys(t *testing.T) {
	t.Parallel()
	b := run(t)
	a := ask(t, "ns", b.name, "--format", "json")
	for line := range strings.Lines(a.stdout) {
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
	want := fmt.Sprintf("%s pid own %d\n", b.name, namespace(t, b.pid(), "pid"))
	if a := ask(t, "ns", b.name, "--format", "{{.Container}} {{.Type}} {{.Mode}} {{.Inode}}"); !strings.HasPrefix(a.stdout, want) {
		t.Errorf("want %q first\n%s", want, a)
	}
	pidns(t, "ns", "e2e-nobody", b.name).wantStatus(t, 1).want(t, b.name).wantOneError(t, "no such container: e2e-nobody")
	exited := run(t, "--", "true")
	eventually(t, "its end", func() bool { return exited.inspect("{{.State.Status}}") == "exited" })
	pidns(t, "ns", exited.name).wantStatus(t, 1).wantNothing(t).wantOneError(t, exited.name, "not running")
}

func TestNSCountsThoseWhoShareNothing(t *testing.T) {
	t.Parallel()
	alone, owner := run(t), run(t)
	joiner := run(t, "--pid", "container:"+owner.name)
	boxes := []*box{alone, owner, joiner}
	path := snapshotNow(t)
	for _, copies := range []int{17, 18, 40} {
		crowd := crowdedCapture(t, path, alone, copies, boxes)
		total := copies + len(boxes)
		a := nowhere.run(t, "ns", "--from", crowd).wantStatus(t, 0)
		whole := nowhere.run(t, "ns", "--all", "--from", crowd).wantStatus(t, 0).wantNoWordOf(t, "share nothing")
		if n := len(whole.cells(t)); n != total {
			t.Errorf("--all lists %d of %d\n%s", n, total, whole)
		}
		rows := nowhere.run(t, "ns", "--format", "json", "--from", crowd).wantStatus(t, 0).nsRows(t)
		if len(rows) != total*len(nsTypes) {
			t.Errorf("%d rows of %d containers", len(rows), total)
		}
		if total <= 20 {
			if a.stdout != whole.stdout {
				t.Errorf("%d are not too many to list\n%s", total, a)
			}
			continue
		}
		table := a.cells(t)
		if len(table) != 2 || table[owner.name] == nil || table[joiner.name] == nil {
			t.Errorf("want %s and %s alone\n%s", owner.name, joiner.name, a)
		}
		a.want(t, fmt.Sprintf("%d others share nothing", copies+1), "--all")
	}
}

// crowdedCapture writes a capture that has the boxes and copies of the first
// of them, each with namespaces of its own, and returns its path.
func crowdedCapture(t *testing.T, path string, model *box, copies int, boxes []*box) string {
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
		return slices.ContainsFunc(boxes, func(b *box) bool { return b.id == c.(map[string]any)["ID"] })
	}
	containers := slices.DeleteFunc(capture["Containers"].([]any), func(c any) bool { return !isBox(c) })
	snapshot := capture["Snapshot"].(map[string]any)
	processes := snapshot["Processes"].([]any)
	pid := model.pid()
	var container, process string
	for _, c := range containers {
		if c.(map[string]any)["ID"] == model.id {
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
		renamed := strings.NewReplacer(model.id, id, model.name, fmt.Sprintf("copy-%d", i))
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

// Without the right to read the links, what was declared is all that can be
// said, and it is said to be that.
func TestNSOfAnOrdinaryUser(t *testing.T) {
	t.Parallel()
	owner := run(t, "--uts", "host")
	joiner := runJoined(t, "--pid", "container:"+owner.name, "--network", "container:"+owner.name)
	boxes := []*box{owner, joiner}
	user := call{through: append(nobody(t), "docker", "pidns")}
	args := append([]string{"ns"}, names(boxes)...)
	a := user.run(t, args...).wantStatus(t, 0).wantNoWordOf(t, "stale")
	a.wantOneError(t, "? = as declared", "root: sudo docker pidns ns "+owner.name+" "+joiner.name)
	for name, want := range map[string]map[string]string{
		owner.name:  {"PID": "own?", "UTS": "host?", "IPC": "own?", "NET": "own?", "MNT": "own?"},
		joiner.name: {"PID": "=" + owner.name + "?", "UTS": "own?", "IPC": "own?", "NET": "=" + owner.name + "?", "MNT": "own?"},
	} {
		for heading, cell := range want {
			a.wantCell(t, name, heading, cell)
		}
	}
	if regexp.MustCompile(`[0-9]{10}`).MatchString(user.run(t, append(args, "--ids")...).stdout) {
		t.Errorf("inodes that it cannot know\n%s", a)
	}
	for _, r := range user.run(t, append(args, "--format", "json")...).wantStatus(t, 0).nsRows(t) {
		if r.Inode != nil || r.Absent["Inode"] != "denied" || r.Verdict != "declared-only" || len(r.Members) != 0 {
			t.Errorf("what the kernel denies: %+v", r)
		}
	}
	// An owner that was restarted leaves no trace in what is declared.
	docker(t, "restart", "--time", "0", owner.name)
	eventually(t, "both run", func() bool {
		return owner.inspect("{{.State.Running}}") == "true"
	})
	user.run(t, "ns", owner.name).wantStatus(t, 0).wantNoWordOf(t, "stale")
}
