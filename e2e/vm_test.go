//go:build e2e && vm && linux

package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// machine is the virtual machine of script/vm.sh. Its engine is that of the suite, so docker's
// commands go there. Nothing in this host's /proc is about its containers.
type machine struct {
	// ssh is the configuration of ssh, with the machine as Host vm. tcp is the engine's address.
	ssh, tcp string
	// inside runs docker pidns in the machine, by ssh.
	inside Call
	// bin has an ssh that uses the configuration: docker runs ssh without options of ours.
	bin string
}

// pluginInVM is where all users of the machine have the plugin.
const pluginInVM = "/usr/local/lib/docker/cli-plugins/docker-pidns"

// inVM puts the tested plugin into the machine, once.
var inVM = sync.OnceValues(func() (*machine, error) {
	dir := os.Getenv("PIDNS_VM")
	if dir == "" {
		return nil, fmt.Errorf("these tests need the virtual machine: make e2e-vm")
	}
	tcp, err := os.ReadFile(filepath.Join(dir, "tcp"))
	if err != nil {
		return nil, err
	}
	m := &machine{ssh: filepath.Join(dir, "ssh_config"), tcp: strings.TrimSpace(string(tcp)), bin: filepath.Join(dir, "bin")}
	for name, script := range map[string]string{
		"ssh":   "#!/bin/sh\nexec /usr/bin/ssh -F " + m.ssh + " \"$@\"\n",
		"pidns": "#!/bin/bash\nexec /usr/bin/ssh -F " + m.ssh + " vm \"LC_ALL=C.UTF-8 $(printf '%q ' docker pidns \"$@\")\"\n",
		"shell": "#!/bin/sh\nexec /usr/bin/ssh -F " + m.ssh + " vm \"$1\" </dev/null\n",
		"put":   "#!/bin/sh\ngzip -1 <\"$1\" | /usr/bin/ssh -F " + m.ssh + " vm \"mkdir -p ${2%/*} && gzip -d >$2 && chmod 755 $2\"\n",
	} {
		if err := os.MkdirAll(m.bin, 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(m.bin, name), []byte(script), 0o700); err != nil {
			return nil, err
		}
	}
	m.inside = Call{Through: []string{filepath.Join(m.bin, "pidns")}}
	_, err = Command(filepath.Join(m.bin, "put"), Suite.Plugin, pluginInVM)
	return m, err
})

func vm(t *testing.T) *machine {
	t.Helper()
	m, err := inVM()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sh runs a line of shell in the machine, which must succeed, and returns what it wrote.
func (m *machine) sh(t *testing.T, line string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var failed *exec.ExitError
	out, err := exec.CommandContext(ctx, filepath.Join(m.bin, "shell"), line).Output()
	if errors.As(err, &failed) {
		t.Fatalf("%s: %v: %s", line, err, failed.Stderr)
	} else if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return strings.TrimSpace(string(out))
}

// patience is the maximum time that is waited for a state. An emulated machine takes half a
// minute to start a container, if this host is busy.
const patience = 4 * time.Minute

// patiently waits for a state by asking for it again and again.
func patiently(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); !holds(); time.Sleep(time.Second) {
		if time.Now().After(until) {
			t.Fatalf("waited %s in vain for %s", patience, what)
		}
	}
}

// scope is the name of the unit in which the systemd driver runs the container.
func scope(b *Box) string { return "docker-" + b.ID + ".scope" }

// process is what the machine's /proc says of one.
type processInVM struct{ hostPID, containerPID int }

// processesOf are the processes in the control group of the container.
func (m *machine) processesOf(t *testing.T, b *Box) []processInVM {
	t.Helper()
	var list []processInVM
	out := m.sh(t, "cd /sys/fs/cgroup/system.slice/"+scope(b)+" && for p in $(cat cgroup.procs); do grep ^NSpid: /proc/$p/status; done")
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		list = append(list, processInVM{Atoi(fields[1]), Atoi(fields[len(fields)-1])})
	}
	return list
}

// The machine is what it is meant to be: systemd, cgroup v2 alone, scopes, AppArmor.
func TestVMIsOne(t *testing.T) {
	m := vm(t)
	b := Run(t)
	for line, want := range map[string]string{
		"cat /proc/1/comm": "systemd", "stat -fc %T /sys/fs/cgroup": "cgroup2fs", "docker info -f '{{.CgroupDriver}} {{.CgroupVersion}}'": "systemd 2",
		fmt.Sprintf("cat /proc/%d/attr/current", b.PID()): "docker-default (enforce)",
		fmt.Sprintf("cat /proc/%d/cgroup", b.PID()):       "0::/system.slice/" + scope(b),
	} {
		if got := m.sh(t, line); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
	m.inside.Run(t, "version").WantStatus(t, 0).Want(t, "cgroup v2\n", "is the engine's", "root: everything can be read", "can be used too: --collector bpf")
}

// leaker is a container of another user whose main process is a program that does not wait for
// its child.
func leaker(t *testing.T, m *machine, options ...string) *Box {
	t.Helper()
	b := Run(t, append(options, "--user", "33", "--", "sh", "-c", "sh -c 'sleep 0.1 & exec sleep 3000' & exec sleep 4000")...)
	m.waitForZombie(t, b.ID)
	return b
}

// waitForZombie waits until the container with this ID has one.
func (m *machine) waitForZombie(t *testing.T, id string) {
	t.Helper()
	patiently(t, "a zombie", func() bool { return m.sh(t, "ps -eo stat,cgroup | grep '^Z.*"+id+"' || true") != "" })
}

// All commands show the processes that the control group has, by both collectors.
func TestVMCommands(t *testing.T) {
	m := vm(t)
	b := leaker(t, m, "--pids-limit", "50")
	joiner := Run(t, "--pid", "container:"+b.Name)
	main := b.PID()
	for _, collector := range []string{"proc", "bpf"} {
		rows := m.inside.Run(t, "tree", b.Name, "--format", "json", "--collector", collector).WantStatus(t, 0).Rows(t)
		var got, want []processInVM
		zombies := 0
		for _, r := range rows {
			switch {
			case r.Zombie:
				zombies++
			case r.Role != "shim":
				got = append(got, processInVM{r.HostPID, *r.ContainerPID})
			}
		}
		want = m.processesOf(t, b)
		byPID := func(a, b processInVM) int { return cmp.Compare(a.hostPID, b.hostPID) }
		slices.SortFunc(got, byPID)
		slices.SortFunc(want, byPID)
		if !slices.Equal(got, want) || len(want) != 2 || zombies != 1 {
			t.Errorf("%s: got %v and %d zombies, the group has %v", collector, got, zombies, want)
		}
		if r := RowOf(t, rows, main); r.Role != "main" || Value(r.ContainerPID) != 1 {
			t.Errorf("%s: the main process is %v", collector, r)
		}
		m.inside.Run(t, "zombies", b.Name, "--collector", collector).WantStatus(t, 0).Want(t, "exit 0", "1 zombie holds 1 of 50 PIDs", "docker restart "+b.Name)
		m.inside.Run(t, "signals", b.Name, "--collector", collector).WantStatus(t, 0).Want(t, "wait 10s, then kill (137)")
	}
	m.inside.Run(t, "host-pid", b.Name).WantStatus(t, 0).WantLine(t, fmt.Sprint(main))
	m.inside.Run(t, "who", fmt.Sprint(main)).WantStatus(t, 0).Want(t, b.Name)
	m.inside.Run(t, "ns", b.Name, joiner.Name).WantStatus(t, 0).Want(t, "="+b.Name)
	m.inside.Run(t, "explain", b.Name).WantStatus(t, 0).Want(t, fmt.Sprintf("PID %d on the host and PID 1", main))
	m.inside.Run(t, "doctor", b.Name).WantStatus(t, 0).Want(t, "stop-ignored")
	text := m.inside.Run(t, "metrics", "--format", "text").WantStatus(t, 0).Stdout
	for _, line := range []string{metric(b, "processes", "", "2"), metric(b, "pids", "", "3"), metric(b, "pids_limit", "", "50"), metric(b, "stop_forecast", `|,outcome="ignored"`, "1")} {
		if !strings.Contains(text, line) {
			t.Errorf("no %s", line)
		}
	}
	screen := m.sh(t, "(sleep 10; printf q) | script -qec 'stty cols 120 rows 30; docker pidns top' /dev/null")
	if !strings.Contains(screen, b.Name) || !strings.Contains(screen, "3/50") {
		t.Errorf("top shows %q", screen)
	}
}

// fixNow is the command that is advised.
func fixNow(t *testing.T, a Answer) string {
	t.Helper()
	_, after, found := strings.Cut(a.Stdout, "Fix now: ")
	if !found {
		t.Fatalf("nothing is advised\n%s", a)
	}
	line, _, _ := strings.Cut(after, "\n")
	line, _, _ = strings.Cut(line, "   (")
	return line
}

// The limit of a scope and that of a slice above are the nearest where they are, and the advice
// raises them for systemd too.
func TestVMLimits(t *testing.T) {
	m := vm(t)
	const forks = "for i in 1 2 3 4 5 6 7 8; do sleep 4000 & done; wait"
	slice := "pidns" + Random() + ".slice"
	m.sh(t, "systemctl set-property --runtime "+slice+" TasksMax=10")
	for scopeOf, b := range map[string]*Box{"its cgroup": Run(t, "--", "sh", "-c", forks), "/" + slice: Run(t, "--cgroup-parent", slice, "--", "sh", "-c", forks)} {
		unit, group := scope(b), "/sys/fs/cgroup/system.slice/"+scope(b)
		if strings.HasSuffix(scopeOf, ".slice") {
			unit, group = slice, "/sys/fs/cgroup/"+slice
		} else {
			m.sh(t, "systemctl set-property --runtime "+unit+" TasksMax=10")
		}
		patiently(t, "nine tasks in "+group, func() bool { return m.sh(t, "cat "+group+"/pids.current") == "9" })
		a := m.inside.Run(t, "limits", b.Name).WantStatus(t, 0).Want(t, scopeOf, "9 of 10 used")
		fix := fixNow(t, a)
		m.inside.Run(t, "doctor", b.Name).Want(t, "limit-near", fix)
		m.sh(t, fix)
		m.sh(t, "systemctl daemon-reload")
		top, systemds := m.sh(t, "cat "+group+"/pids.max"), m.sh(t, "systemctl show -P TasksMax "+unit)
		if top != systemds || Atoi(top) <= 20 || !strings.Contains(fix, top) {
			t.Errorf("after %s: pids.max %s, TasksMax %s", fix, top, systemds)
		}
		m.inside.Run(t, "limits", b.Name).WantStatus(t, 0).Want(t, "9 of "+top+" used").WantNoWordOf(t, "fix now")
	}
}

// unit starts a service of systemd whose client runs a container of its own name, and returns the
// name.
func (m *machine) unit(t *testing.T, client, script, settings string) string {
	t.Helper()
	name := "vm-" + Random()
	line := fmt.Sprintf("/usr/bin/docker run --rm --network none --name %s %s", name, Suite.Image)
	if client == "start" {
		Docker(t, "create", "--network", "none", "--name", name, Suite.Image, "sh", "-c", script)
		line = "/usr/bin/docker start -a " + name
	} else {
		line += ` sh -c "` + script + `"`
	}
	t.Cleanup(func() {
		_, _ = Command(filepath.Join(m.bin, "shell"), "systemctl stop --no-block "+name+"; docker rm -f "+name+"; rm /etc/systemd/system/"+name+".service")
	})
	file := fmt.Sprintf("[Service]\nType=simple\nExecStart=%s\n%s\n", line, settings)
	m.sh(t, "printf '%s' "+quoted(file)+" >/etc/systemd/system/"+name+".service && systemctl daemon-reload && systemctl start "+name)
	patiently(t, name+" to run", func() bool { return m.sh(t, "docker ps -q --filter name="+name) != "" })
	return name
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// The unit of systemd that runs a container is named, and what is advised restarts both: also if
// the container ignores the SIGTERM that the unit's client forwards.
func TestVMUnits(t *testing.T) {
	m := vm(t)
	const deaf, hears = "sh -c 'sleep 0.1 & exec sleep 3000' & exec sleep 4000", "trap 'exit 0' TERM; while :; do sleep 1; done"
	for name, test := range map[string]struct {
		client, script, settings string
		plain                    bool
	}{
		"SIGTERM stops it":         {"run", hears, "", true},
		"it is deaf, and restarts": {"run", deaf, "Restart=always", false},
		"it is deaf":               {"run", deaf, "", false},
		"docker start":             {"start", deaf, "", false},
		"an ExecStop":              {"run", deaf, "ExecStop=/usr/bin/docker stop -t 2 NAME", false},
	} {
		t.Run(name, func(t *testing.T) {
			unit := m.unit(t, test.client, test.script, test.settings)
			service := unit + ".service"
			if strings.Contains(test.settings, "NAME") {
				m.sh(t, "sed -i s/NAME/"+unit+"/ /etc/systemd/system/"+service+" && systemctl daemon-reload")
			}
			state := func() string { return Docker(t, "inspect", "--format", "{{.Id}} {{.State.Pid}}", unit) }
			before := state()
			client := m.sh(t, "systemctl show -P MainPID "+service)
			fix := "systemctl restart " + service
			a := m.inside.Run(t, "explain", unit).WantStatus(t, 0).Want(t, "unit "+service+" (systemd)", "("+test.client+", "+client+")")
			if !test.plain {
				m.waitForZombie(t, before[:64])
				fix = fixNow(t, m.inside.Run(t, "zombies", unit).WantStatus(t, 0))
				m.inside.Run(t, "doctor", unit).Want(t, "stop-ignored")
			}
			a.Want(t, fix)
			m.inside.Run(t, "host-pid", "--format", "json", unit).Want(t, `"Manager":"systemd"`, `"ManagerName":"`+service+`"`)
			m.inside.Run(t, "who", client).Want(t, service)
			m.sh(t, fix)
			patiently(t, "another run of "+unit, func() bool {
				return m.sh(t, "docker ps -q --filter name="+unit) != "" && state() != before
			})
			after := state()
			if recreated := before[:64] != after[:64]; recreated != (test.client == "run") {
				t.Errorf("before %s, after %s", before, after)
			}
			if got := m.sh(t, "systemctl is-active "+service); got != "active" || m.sh(t, "systemctl show -P MainPID "+service) == client {
				t.Errorf("after %s the unit is %s", fix, got)
			}
			m.inside.Run(t, "explain", unit).WantStatus(t, 0).Want(t, "unit "+service+" (systemd)")
		})
	}
}

// In a container, the profile docker-default denies access to processes with another profile or
// none. That is said, with the option that helps, and with it everything is read.
func TestVMAppArmor(t *testing.T) {
	m := vm(t)
	b := Run(t, "--user", "33", "--security-opt", "apparmor=unconfined")
	run := "docker run --rm --pid host --cgroupns host --network none --cap-drop ALL --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH -v /var/run/docker.sock:/var/run/docker.sock -v " + pluginInVM + ":/p:ro "
	ask := func(option, question string) string {
		t.Helper()
		return m.sh(t, run+option+" "+Suite.Image+" /p "+question+" 2>&1")
	}
	const option = "--security-opt apparmor=unconfined"
	denied, allowed := ask("", "ns "+b.Name), ask(option, "ns "+b.Name)
	if !strings.Contains(denied, "own?") || !strings.Contains(denied, "no AppArmor profile (here docker-default): docker run "+option) {
		t.Errorf("confined: %s", denied)
	}
	if strings.Contains(allowed, "?") || strings.Contains(allowed, "AppArmor") {
		t.Errorf("unconfined: %s", allowed)
	}
	if got := ask("", "version"); !strings.Contains(got, "confined by docker-default") {
		t.Errorf("confined: %s", got)
	}
	if got := ask(option, "version"); !strings.Contains(got, "root: everything can be read") {
		t.Errorf("unconfined: %s", got)
	}
}

// patient is enough for an emulated machine.
const patient = "60s"

// From outside, processes are refused without a helper, and what helps is named. With it the
// answers are those inside.
func TestVMFromOutside(t *testing.T) {
	m := vm(t)
	b, free := leaker(t, m, "--pids-limit", "50"), Run(t, "--init", "--security-opt", "apparmor=unconfined")
	for endpoint, other := range map[string]string{"ssh://vm": "or on that host: ssh vm docker pidns tree", m.tcp: "or on that host: docker pidns tree"} {
		name := "vm-" + Random()
		Docker(t, "context", "create", name, "--docker", "host="+endpoint)
		t.Cleanup(func() { _, _ = Command("docker", "context", "rm", "-f", name) })
		there := Call{Through: []string{"docker", "--context", name, "pidns"}, Env: []string{"DOCKER_HOST=", "PATH=" + m.bin + ":" + os.Getenv("PATH")}}
		there.Run(t, "tree", b.Name, "--timeout", patient).WantStatus(t, 1).WantNothing(t).WantError(t, "try: docker --context "+name+" pidns tree", b.Name+" --via helper", other)
		for _, question := range [][]string{{"tree", b.Name}, {"zombies", b.Name}, {"ns", b.Name, free.Name}, {"signals", b.Name, free.Name}, {"explain", b.Name}, {"doctor", b.Name}, {"host-pid", b.Name}} {
			here := m.inside.Run(t, question...).WantStatus(t, 0)
			got := there.Run(t, append(question, "--via", "helper", "--timeout", patient)...).WantStatus(t, 0).WantError(t, "--security-opt apparmor=unconfined")
			if a, b := asInside(got.Stdout, name), asInside(here.Stdout, name); a != b {
				t.Errorf("%s %q:\n got %s\nwant %s", endpoint, question, a, b)
			}
		}
		there.Run(t, "limits", b.Name, "--via", "helper", "--timeout", patient).WantStatus(t, 0).Want(t, "3 of 50 used")
	}
}

// asInside is an answer without what differs outside: times, and how the engine is reached.
func asInside(text, context string) string {
	for _, words := range []string{" --via helper", " --timeout " + patient, " --context " + context} {
		text = strings.ReplaceAll(text, words, "")
	}
	return strings.Join(slices.DeleteFunc(strings.Fields(fieldsWithoutTimes(text)), isTime), " ")
}

// isTime reports whether the word is a length of time.
func isTime(word string) bool {
	_, err := time.ParseDuration(word)
	return err == nil
}
