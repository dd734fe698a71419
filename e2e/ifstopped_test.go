//go:build e2e && linux

package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// effectsOn are what the end of a container does to others by the forecast, as
// "effect certainty" by name.
func effectsOn(t *testing.T, rows []statement) map[string]string {
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

// textAbout is what is said of the other container.
func textAbout(rows []statement, other *box) string {
	for _, s := range rows {
		if s.Other != nil && *s.Other == other.name {
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

// asOrdinary is docker pidns as a member of the docker group runs it.
func asOrdinary(t *testing.T) call { return call{through: append(nobody(t), "docker", "pidns")} }

// Chains of joins: whoever is in the PID namespace of the first dies with it, restart
// policy or not, and whoever is in its network is left with the old one; the one in
// between takes nobody with it. So say root, and, as likely, an ordinary user; and so
// it comes to pass, the restarts in the order that was said.
func TestIfStoppedIsTransitive(t *testing.T) {
	t.Parallel()
	owner := runJoined(t, "--network", "none")
	policies := map[string]*box{}
	for _, policy := range []string{"always", "unless-stopped", "on-failure"} {
		policies[policy] = runJoined(t, "--network", "none", "--pid", "container:"+owner.name, "--restart", policy)
	}
	between := runJoined(t, "--network", "container:"+owner.name, "--label", "com.docker.compose.service=web")
	last := runJoined(t, "--network", "container:"+between.name)
	byWay := runJoined(t, "--network", "none", "--pid", "container:"+policies["always"].name)

	for certainty, rows := range map[string][]statement{
		"certain": explained(t, owner, "--if-stopped"),
		"likely":  decoded[statement](t, asOrdinary(t).run(t, "explain", "--format", "json", "--if-stopped", owner.name).wantStatus(t, 0)),
	} {
		want := map[string]string{between.name: "stale " + certainty, last.name: "stale " + certainty, byWay.name: "killed " + certainty}
		for _, b := range policies {
			want[b.name] = "killed " + certainty
		}
		wantEffects(t, certainty, effectsOn(t, rows), want)
		if text := textAbout(rows, between); !strings.Contains(text, "(service web)") {
			t.Errorf("no service in %q", text)
		}
		if text := textAbout(rows, last); !strings.HasSuffix(text, "after "+between.name) {
			t.Errorf("the order of restarts is not in %q", text)
		}
	}
	wantEffects(t, "between", effectsOn(t, explained(t, between, "--if-stopped")), map[string]string{last.name: "survives certain"})
	wantEffects(t, "on the way", effectsOn(t, explained(t, policies["always"], "--if-stopped")), map[string]string{byWay.name: "survives certain"})

	// The one in between ends: the last goes on, and cannot be started again.
	docker(t, "stop", between.name)
	if last.inspect("{{.State.Running}}") != "true" {
		t.Error("the last ended with the one in between")
	}
	if _, err := command("docker", "restart", last.name); err == nil {
		t.Error("the last was started without the one in between")
	}
	docker(t, "start", between.name)
	docker(t, "start", last.name)

	owner.killed()
	owner.ended()
	for policy, b := range policies {
		b.ended()
		if exit := b.inspect("{{.State.ExitCode}} {{.State.OOMKilled}}"); exit != "137 false" && exit != "128 false" {
			t.Errorf("%s: it exited with %s", policy, exit)
		}
	}
	byWay.ended()
	docker(t, "start", owner.name)
	for policy, b := range policies {
		if b.inspect("{{.State.Running}}") != "false" {
			t.Errorf("%s: it came back by itself", policy)
		}
	}
	ask(t, "ns", between.name).want(t, "STALE ="+owner.name)
	for _, b := range []*box{between, last} {
		docker(t, "restart", "-t", "0", b.name)
		if a := ask(t, "ns", b.name); !strings.Contains(a.stdout, "="+owner.name) || strings.Contains(a.stdout, "STALE") {
			t.Errorf("after its restart\n%s", a)
		}
	}
	rows := explained(t, byWay)
	if !says(rows, "end", "likely", "the PID namespace that it joined ended with "+owner.name) {
		t.Errorf("by way of another: got %+v", rows)
	}
}

// A network whose owner has been started anew is not the owner's to take away.
func TestIfStoppedOfWhoWasRestarted(t *testing.T) {
	t.Parallel()
	owner := runJoined(t, "--network", "none")
	stale := runJoined(t, "--network", "container:"+owner.name)
	docker(t, "restart", "-t", "0", owner.name)
	wantEffects(t, "restarted", effectsOn(t, explained(t, owner, "--if-stopped")), map[string]string{stale.name: "survives certain"})
}

// leaveCgroups moves a process to the top of every hierarchy.
func leaveCgroups(t *testing.T, pid int) {
	t.Helper()
	roots, err := filepath.Glob("/sys/fs/cgroup/*/cgroup.procs")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(roots, "/sys/fs/cgroup/cgroup.procs") {
		// What is no hierarchy cannot be written to.
		_ = os.WriteFile(file, []byte(strconv.Itoa(pid)), 0)
	}
}

// With --pid=host no init takes the others with it: the runtime kills who is in the
// control group, and who has left that lives on. Below another parent group it is the
// same.
func TestIfStoppedOfLeftovers(t *testing.T) {
	parent := "e2e-" + random()
	t.Cleanup(func() {
		groups, _ := filepath.Glob("/sys/fs/cgroup/*/" + parent)
		for _, group := range groups {
			_ = os.Remove(group)
		}
	})
	for name, options := range map[string][]string{"below docker's group": nil, "below another": {"--cgroup-parent", "/" + parent}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := run(t, append(append([]string{"--pid", "host"}, options...), "--", "sh", "-c", "setsid sleep 951 & sleep 952 & exec sleep 953")...)
			var stays, leaves int
			eventually(t, "three programs", func() bool {
				for pid, p := range b.processes() {
					switch strings.Join(p.args, " ") {
					case "sleep 951":
						leaves = pid
					case "sleep 952":
						stays = pid
					}
				}
				return leaves != 0 && stays != 0
			})
			if rows := explained(t, b, "--if-stopped"); !says(rows, "if-stopped", "likely", "its other processes (2) end with it") {
				t.Errorf("got %+v", rows)
			}
			leaveCgroups(t, leaves)
			t.Cleanup(func() { _ = syscall.Kill(leaves, syscall.SIGKILL) })
			rows := explained(t, b, "--if-stopped")
			if !says(rows, "if-stopped", "likely", "its process sleep ("+strconv.Itoa(leaves)+") goes on") || !says(rows, "if-stopped", "likely", "its other processes (1) end with it") {
				t.Errorf("got %+v", rows)
			}
			docker(t, "kill", b.name)
			b.ended()
			eventually(t, "who stayed to end", func() bool { p, alive := readProcess(stays); return !alive || p.state == "Z" })
			if p, alive := readProcess(leaves); !alive || p.state == "Z" {
				t.Error("who has left the control group has ended")
			}
		})
	}
}
