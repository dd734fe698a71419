//go:build e2e && linux

package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// effectsOn are the predicted effects of a container's exit on others, as "effect certainty" by
// name.
func effectsOn(t *testing.T, rows []Statement) map[string]string {
	t.Helper()
	effects := map[string]string{}
	for _, s := range rows {
		if s.Other == nil {
			t.Errorf("about no other: %+v", s)
			continue
		}
		effects[*s.Other] += s.Effect + " " + s.Certainty
	}
	return effects
}

// textAbout is what is reported about the other container.
func textAbout(rows []Statement, other *Box) string {
	for _, s := range rows {
		if s.Other != nil && *s.Other == other.Name {
			return s.Text
		}
	}
	return ""
}

func wantEffects(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for name, effect := range want {
		if got[name] != effect {
			t.Errorf("%s: %s is %q, want %q", what, name, got[name], effect)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// asOrdinary is docker pidns run by a member of the docker group.
func asOrdinary(t *testing.T) Call {
	return Call{Through: append(nobody(t), "docker", "pidns")}
}

// Chains of joins: processes in the PID namespace of the first container are killed with it,
// with or without a restart policy. Containers in its network are left with the old one. The
// exit of the one in between kills no others. root gets this prediction, and an ordinary user
// gets it as likely. It is what happens, with the restarts in the predicted order.
func TestIfStoppedIsTransitive(t *testing.T) {
	t.Parallel()
	owner := runJoined(t, "--network", "none")
	policies := map[string]*Box{}
	for _, policy := range []string{"always", "unless-stopped", "on-failure"} {
		policies[policy] = runJoined(t, "--network", "none", "--pid", "container:"+owner.Name, "--restart", policy)
	}
	between := runJoined(t, "--network", "container:"+owner.Name, "--label", "com.docker.compose.service=web")
	last := runJoined(t, "--network", "container:"+between.Name)
	byWay := runJoined(t, "--network", "none", "--pid", "container:"+policies["always"].Name)

	for certainty, rows := range map[string][]Statement{
		"certain": Explained(t, owner, "--if-stopped"),
		"likely":  Decoded[Statement](t, asOrdinary(t).Run(t, "explain", "--format", "json", "--if-stopped", owner.Name).WantStatus(t, 0)),
	} {
		want := map[string]string{between.Name: "stale " + certainty, last.Name: "stale " + certainty, byWay.Name: "killed " + certainty}
		for _, b := range policies {
			want[b.Name] = "killed " + certainty
		}
		wantEffects(t, certainty, effectsOn(t, rows), want)
		if text := textAbout(rows, between); !strings.Contains(text, "(service web)") {
			t.Errorf("no service in %q", text)
		}
		if text := textAbout(rows, last); !strings.HasSuffix(text, "Restart "+between.Name+" first.") {
			t.Errorf("the order of restarts is not in %q", text)
		}
	}
	wantEffects(t, "between", effectsOn(t, Explained(t, between, "--if-stopped")), map[string]string{last.Name: "survives certain"})
	wantEffects(t, "on the way", effectsOn(t, Explained(t, policies["always"], "--if-stopped")), map[string]string{byWay.Name: "survives certain"})

	// The one in between exits. The last one continues, and cannot be started again.
	Docker(t, "stop", between.Name)
	if last.Inspect("{{.State.Running}}") != "true" {
		t.Error("the last ended with the one in between")
	}
	if _, err := Command("docker", "restart", last.Name); err == nil {
		t.Error("the last was started without the one in between")
	}
	Docker(t, "start", between.Name)
	Docker(t, "start", last.Name)

	killed(owner)
	owner.Ended()
	for policy, b := range policies {
		b.Ended()
		if exit := b.Inspect("{{.State.ExitCode}} {{.State.OOMKilled}}"); exit != "137 false" && exit != "128 false" {
			t.Errorf("%s: it exited with %s", policy, exit)
		}
	}
	byWay.Ended()
	Docker(t, "start", owner.Name)
	for policy, b := range policies {
		if b.Inspect("{{.State.Running}}") != "false" {
			t.Errorf("%s: it came back by itself", policy)
		}
	}
	Ask(t, "ns", between.Name).Want(t, "STALE ="+owner.Name)
	for _, b := range []*Box{between, last} {
		Docker(t, "restart", "-t", "0", b.Name)
		if a := Ask(t, "ns", b.Name); !strings.Contains(a.Stdout, "="+owner.Name) || strings.Contains(a.Stdout, "STALE") {
			t.Errorf("after its restart\n%s", a)
		}
	}
	rows := Explained(t, byWay)
	if !Says(rows, "end", "likely", owner.Name+", whose PID namespace it used, exited at that moment") {
		t.Errorf("by way of another: got %+v", rows)
	}
}

// The exit of a restarted owner has no effect on its old network.
func TestIfStoppedOfWhoWasRestarted(t *testing.T) {
	t.Parallel()
	owner := runJoined(t, "--network", "none")
	stale := runJoined(t, "--network", "container:"+owner.Name)
	Docker(t, "restart", "-t", "0", owner.Name)
	wantEffects(t, "restarted", effectsOn(t, Explained(t, owner, "--if-stopped")), map[string]string{stale.Name: "survives certain"})
}

// leaveCgroups moves a process to the top of every hierarchy.
func leaveCgroups(t *testing.T, pid int) {
	t.Helper()
	roots, err := filepath.Glob("/sys/fs/cgroup/*/cgroup.procs")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(roots, "/sys/fs/cgroup/cgroup.procs") {
		// a folder that is not a hierarchy cannot be written to
		_ = os.WriteFile(file, []byte(strconv.Itoa(pid)), 0)
	}
}

// With --pid=host the exit of PID 1 does not kill the others. The runtime kills the processes in
// the control group, and those that have left it continue. With another parent group it is the
// same.
func TestIfStoppedOfLeftovers(t *testing.T) {
	parent := "e2e-" + Random()
	t.Cleanup(func() {
		groups, _ := filepath.Glob("/sys/fs/cgroup/*/" + parent)
		for _, group := range groups {
			_ = os.Remove(group)
		}
	})
	for name, options := range map[string][]string{"below docker's group": nil, "below another": {"--cgroup-parent", "/" + parent}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := Run(t, append(append([]string{"--pid", "host"}, options...), "--", "sh", "-c", "setsid sleep 951 & sleep 952 & exec sleep 953")...)
			var stays, leaves int
			Eventually(t, "three programs", func() bool {
				for pid, p := range b.Processes() {
					switch strings.Join(p.Args, " ") {
					case "sleep 951":
						leaves = pid
					case "sleep 952":
						stays = pid
					}
				}
				return leaves != 0 && stays != 0
			})
			if rows := Explained(t, b, "--if-stopped"); !Says(rows, "if-stopped", "likely", "Its other processes (2) are killed by the runtime") {
				t.Errorf("got %+v", rows)
			}
			leaveCgroups(t, leaves)
			t.Cleanup(func() { _ = syscall.Kill(leaves, syscall.SIGKILL) })
			rows := Explained(t, b, "--if-stopped")
			if !Says(rows, "if-stopped", "likely", "Process sleep ("+strconv.Itoa(leaves)+") keeps running") || !Says(rows, "if-stopped", "likely", "Its other processes (1) are killed by the runtime") {
				t.Errorf("got %+v", rows)
			}
			Docker(t, "kill", b.Name)
			b.Ended()
			Eventually(t, "who stayed to end", func() bool { p, alive := ReadProcess(stays); return !alive || p.State == "Z" })
			if p, alive := ReadProcess(leaves); !alive || p.State == "Z" {
				t.Error("who has left the control group has ended")
			}
		})
	}
}
