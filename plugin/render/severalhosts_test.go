package render_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// spread are findings on several hosts, each of a container of its own: the names of hosts and
// containers, divided by a slash.
func spread(places []string, change func(i int, f *rule.Finding)) ([]render.DoctorReport, *render.Hosts) {
	hosts := &render.Hosts{Option: "--contexts=all"}
	at := map[string]int{}
	var reports []render.DoctorReport
	for i, place := range places {
		host, name, _ := strings.Cut(place, "/")
		if _, known := at[host]; !known {
			at[host] = len(reports)
			reports = append(reports, render.DoctorReport{Host: host, Report: rule.Report{Rules: 25}})
		}
		f := replica(i, func(f *rule.Finding) { f.Container.Name = name })
		change(i, &f)
		hosts.Put(render.Host{Name: host, Context: host}, f.Container)
		report := &reports[at[host]]
		report.Findings = append(report.Findings, f)
	}
	return reports, hosts
}

func doctorText(t *testing.T, reports []render.DoctorReport, hosts *render.Hosts, change func(*render.DoctorOptions)) string {
	t.Helper()
	var b bytes.Buffer
	options := render.DoctorOptions{Containers: 9, Processes: 20}
	change(&options)
	if err := (render.Screen{Out: &b, Hosts: hosts}).Doctor(reports, options); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Equal findings of equal services on several hosts are one line that names the hosts, those
// with a command too. Of containers of other names, or with other words, the hosts stand
// beside their names.
func TestFindingsOfSeveralHosts(t *testing.T) {
	same := func(int, *rule.Finding) {}
	restart := func(_ int, f *rule.Finding) {
		f.Now, f.NowEffect = "docker restart "+f.Container.Name, f.Container.Name+" is down for a moment"
	}
	var forty []string
	for i := range 40 {
		forty = append(forty, fmt.Sprintf("h%02d/web", i))
	}
	for name, test := range map[string]struct {
		places []string
		change func(int, *rule.Finding)
		want   string
	}{
		"equal services":   {[]string{"a/web", "b/web"}, same, "  web on a, b  PID 1 (sleep) has no SIGTERM handler.\n"},
		"on 40 hosts":      {forty, same, "  web on h00, h01, h02 and 37 more  PID 1"},
		"one host":         {[]string{"a/web"}, same, "  a/web  PID 1"},
		"other names":      {[]string{"a/web", "b/api"}, same, "  a/web, b/api  PID 1"},
		"two on one host":  {[]string{"a/web-1", "a/web-2", "b/web-1"}, same, "  a/web-1, a/web-2, b/web-1  PID 1"},
		"other words":      {[]string{"a/web", "b/web"}, func(i int, f *rule.Finding) { f.Brief = fmt.Sprint("case ", i) }, "  a/web  case 0.\n  b/web  case 1.\n"},
		"with a command":   {[]string{"a/web", "b/web", "c/web"}, restart, "  web on a, b, c  PID 1 (sleep) has no SIGTERM handler.\n                  Fix now: docker --context a restart web   (web is down for a moment. Type the same for each other host)\n"},
		"commands of each": {[]string{"a/web", "b/api"}, restart, "  a/web  PID 1 (sleep) has no SIGTERM handler.\n         Fix now: docker --context a restart web   (web is down for a moment)\n  b/api  PID 1"},
	} {
		reports, hosts := spread(test.places, test.change)
		if got := doctorText(t, reports, hosts, func(*render.DoctorOptions) {}); !strings.Contains(got, test.want) {
			t.Errorf("%s: got\n%s\nwant in it\n%s", name, got, test.want)
		}
	}
}

// The last lines count the hosts, name the containers with errors on their hosts, and are about
// all hosts or the one that they name.
func TestDoctorSummaryOfSeveralHosts(t *testing.T) {
	reports, hosts := spread([]string{"a/web", "b/web"}, func(i int, f *rule.Finding) {
		if f.Rule = "zombies-unreaped"; i == 1 {
			f.Severity = inspect.SeverityError
		}
	})
	reports[0].BlindRules, reports[0].Blind = rule.All()[:2], 2
	reports[1].BlindRules, reports[1].Blind = rule.All()[1:3], 2
	want := `  Check: docker pidns zombies web --contexts=all
! zombies-unreaped  Exited processes are not reaped. Zombies keep their PIDs.
  a/web  PID 1 (sleep) has no SIGTERM handler.
  Fix: recreate the container with --init

3 of 25 rules could be checked only partly.
1 error (b/web), 1 warning in 9 containers, 20 processes on 2 hosts.
Next: docker --context b pidns explain web
`
	if got := doctorText(t, reports, hosts, func(*render.DoctorOptions) {}); !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s\nwant at its end\n%s", got, want)
	}
	got := doctorText(t, reports, hosts, func(o *render.DoctorOptions) { o.Format = "{{.Host}} {{.Container}} {{.Rule}}" })
	if !strings.HasPrefix(got, "a web zombies-unreaped\na  ") || !strings.Contains(got, "\nb web zombies-unreaped\nb  ") || strings.Count(got, "\n") != 6 {
		t.Errorf("rows: got\n%s", got)
	}
	if got := doctorText(t, nil, &render.Hosts{}, func(o *render.DoctorOptions) { o.Incomplete = true }); got != "No errors or warnings in 9 containers, 20 processes on 0 hosts, as far as they could be read.\n" {
		t.Errorf("no host: got %q", got)
	}
}

// Of snapshots nothing is to be typed about the living hosts, and what shows more names the
// snapshot.
func TestSavedHosts(t *testing.T) {
	reports, hosts := spread([]string{"a/web", "b/web"}, func(_ int, f *rule.Finding) { f.Now = "docker restart web" })
	saved := &render.Hosts{Option: "--from=dir", Saved: true}
	for i := range reports {
		saved.Put(render.Host{Name: reports[i].Host, From: "dir/" + reports[i].Host + ".json"}, reports[i].Findings[0].Container)
	}
	got := doctorText(t, reports, saved, func(*render.DoctorOptions) {})
	if strings.Contains(got, "docker restart") || !strings.HasSuffix(got, "Next: docker pidns explain web --from dir/a.json\n") {
		t.Errorf("got\n%s", got)
	}
	if living := doctorText(t, reports, hosts, func(*render.DoctorOptions) {}); !strings.Contains(living, "docker --context a restart web") {
		t.Errorf("living: got\n%s", living)
	}
}

func TestInContext(t *testing.T) {
	for command, want := range map[string]string{
		"docker restart web": "docker --context 'my prod' restart web", "docker pidns tree": "docker --context 'my prod' pidns tree", "kill 12": "kill 12", "": "",
	} {
		if got := render.InContext("my prod", command); got != want {
			t.Errorf("%q: got %q, want %q", command, got, want)
		}
		if got := render.InContext("", command); got != command {
			t.Errorf("%q without a context: got %q", command, got)
		}
	}
}

// Commands about containers of a node have to be run there, and others on a manager.
func TestCommandsOfANode(t *testing.T) {
	node, context := render.Host{Name: "n", Node: "n 1"}, render.Host{Name: "c", Context: "c"}
	for command, want := range map[string][2]string{
		"docker restart web":                {"ssh 'n 1' docker restart web", "docker --context c restart web"},
		"docker service update --force web": {"docker service update --force web", "docker --context c service update --force web"},
		"docker pidns explain web":          {"docker pidns explain web --swarm", "docker --context c pidns explain web"},
		"docker ps -a":                      {"docker pidns host-pid --swarm", "docker --context c ps -a"},
		"kubectl delete pod web":            {"kubectl delete pod web", "kubectl delete pod web"},
	} {
		if got := [2]string{node.Command(command), context.Command(command)}; got != want {
			t.Errorf("%s: got %q, want %q", command, got, want)
		}
	}
}
