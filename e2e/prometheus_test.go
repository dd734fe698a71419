//go:build e2e && metrics && linux

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// metricsServer runs docker pidns metrics until the test ends, and returns HOST:PORT.
func metricsServer(t *testing.T, options ...string) string {
	t.Helper()
	cmd := exec.Command(Suite.Plugin, append([]string{"metrics", "--listen", ":0"}, options...)...)
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return addressIn(t, said)
}

// addressIn is the address in the first line of a server.
func addressIn(t *testing.T, said io.Reader) string {
	t.Helper()
	line, err := bufio.NewReader(said).ReadString('\n')
	_, where, found := strings.Cut(strings.TrimSpace(line), "metrics are served at ")
	if err != nil || !found {
		t.Fatalf("no server: %q, %v", line, err)
	}
	return strings.TrimSuffix(where, "/metrics")
}

// ofTest selects the containers of a test.
func ofTest(t *testing.T) string { return "label=" + Label + "=" + t.Name() }

// get is what a server answers.
func get(t testing.TB, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if _ = response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v: %s", url, response.Status, err, text)
	}
	return string(text)
}

// forkLoop is a healthy shell: nearly every look shows a zombie of it that it reaps at once.
func forkLoop(t *testing.T) *Box {
	return Run(t, "--", "sh", "-c", "while :; do date; done >/dev/null")
}

// A healthy fork loop has no zombies, in 200 of 200 scrapes.
func TestPrometheusForkLoop(t *testing.T) {
	loops := []*Box{forkLoop(t), forkLoop(t), forkLoop(t)}
	address := metricsServer(t, "--filter", ofTest(t), "--settle", "500ms")
	looked := 0
	for range 200 {
		text := get(t, "http://"+address+"/metrics")
		for _, b := range loops {
			for _, reaper := range []string{"pid1", "other"} {
				if !strings.Contains(text, metric(b, "zombies", `|,reaper="`+reaper+`"`, "0")) {
					t.Fatalf("scrape %d has no 0 for zombies of %s", looked+1, b.Name)
				}
			}
		}
		looked++
	}
	if looked != 200 {
		t.Errorf("only %d scrapes", looked)
	}
}

// A server that runs for long keeps neither descriptors nor memory of its scrapes.
func TestPrometheusServerKeepsNothing(t *testing.T) {
	Run(t)
	cmd := exec.Command(Suite.Plugin, "metrics", "--listen", ":0", "--filter", ofTest(t))
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	address := addressIn(t, said)
	descriptors := func() int {
		list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	const few = 40 // of the runtime, of the server, and of requests to the engine at the same time
	for range 100 {
		get(t, "http://"+address+"/metrics")
	}
	// Idle connections to the engine are closed after 30 s.
	Eventually(t, fmt.Sprintf("the server has no more than %d descriptors", few), func() bool { return descriptors() <= few })
}

// prometheus is a Prometheus that scrapes a server, with the alerts that are documented. It waits
// seconds where they wait minutes.
type prometheus struct{ address string }

const minutes15 = "15m"

func startPrometheus(t *testing.T, target string) *prometheus {
	t.Helper()
	program, err := exec.LookPath("prometheus")
	if err != nil {
		t.Fatal("there is no prometheus: make e2e-metrics installs it")
	}
	dir := t.TempDir()
	rules, err := os.ReadFile("../docs/metrics/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	quick := strings.ReplaceAll(string(rules), minutes15, "40s")
	if quick == string(rules) {
		t.Fatal("no alert waits " + minutes15)
	}
	config := fmt.Sprintf("global: {scrape_interval: 10s, scrape_timeout: 10s, evaluation_interval: 1s}\nrule_files: [alerts.yml]\nscrape_configs: [{job_name: pidns, static_configs: [{targets: [%q]}]}]\n", target)
	for name, text := range map[string]string{"alerts.yml": quick, "prometheus.yml": config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := &prometheus{freeAddress(t)}
	cmd := exec.Command(program, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+p.address)
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if _ = cmd.Wait(); t.Failed() {
			t.Log(log.String())
		}
	})
	return p
}

// freeAddress is an address at which no program listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// query is the answer to a query of the HTTP API: for each series its label name, with the value.
func (p *prometheus) query(t *testing.T, expression string) map[string]string {
	t.Helper()
	response, err := http.Get("http://" + p.address + "/api/v1/query?query=" + url.QueryEscape(expression))
	if err != nil {
		return nil // it has not started yet
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if json.NewDecoder(response.Body).Decode(&answer) != nil {
		return nil
	}
	found := map[string]string{}
	for _, r := range answer.Data.Result {
		found[r.Metric["name"]] = fmt.Sprint(r.Value[1])
	}
	return found
}

// A real Prometheus scrapes the server, and fires the alert about zombies on the container that
// makes them and not on healthy fork loops.
func TestPrometheusAlerts(t *testing.T) {
	leaks := Run(t, "--", "sh", "-c", "exec sleep infinity")
	loops := []*Box{forkLoop(t), forkLoop(t)}
	leaks.Leave("exit 0")
	leaks.Zombies(1)
	p := startPrometheus(t, metricsServer(t, "--filter", ofTest(t)))
	firing := func() map[string]string {
		return p.query(t, `ALERTS{alertname="PidnsZombies", alertstate="firing"}`)
	}
	deadline := time.Now().Add(4 * time.Minute)
	for firing()[leaks.Name] != "1" {
		if time.Now().After(deadline) {
			t.Fatalf("no alert about %s, but %v; pidns_up is %v", leaks.Name, firing(), p.query(t, "pidns_up"))
		}
		time.Sleep(5 * time.Second)
		leaks.Leave("exit 0") // it leaks all the time
	}
	for _, b := range loops {
		if zombies := p.query(t, `max_over_time(pidns_container_zombies{name="`+b.Name+`"}[5m])`); zombies[b.Name] != "0" {
			t.Errorf("zombies of %s: %v", b.Name, zombies)
		}
		if ever := p.query(t, `ALERTS{alertname="PidnsZombies", name="`+b.Name+`"}`); len(ever) > 0 {
			t.Errorf("an alert about %s: %v", b.Name, ever)
		}
	}
}

// promtool has nothing to say against the alerts, their tests hold, and neither format of the
// exposition breaks its rules.
func TestPrometheusTool(t *testing.T) {
	Run(t, "--pids-limit", "40").Leave("exit 0")
	tool := func(input, dir string, args ...string) {
		t.Helper()
		cmd := exec.Command("promtool", args...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(input)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	tool("", "../docs/metrics", "check", "rules", "alerts.yml")
	tool("", "../docs/metrics", "test", "rules", "alerts_test.yml")
	tool(Ask(t, "metrics", "--format", "text").Stdout, "", "check", "metrics")
}

// As a container with the rights of the example it measures what root measures on the host.
func TestPrometheusInContainer(t *testing.T) {
	leaks := Run(t, "--pids-limit", "40", "--user", "1000")
	leaks.Leave("exit 0")
	leaks.Zombies(1)
	image := "docker-pidns-metrics-" + Random()
	pack := exec.Command("tar", "-C", filepath.Dir(Suite.Plugin), "-c", filepath.Base(Suite.Plugin))
	load := exec.Command("docker", "import", "-", image)
	var err error
	if load.Stdin, err = pack.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := pack.Start(); err != nil {
		t.Fatal(err)
	}
	if out, err := load.CombinedOutput(); err != nil || pack.Wait() != nil {
		t.Fatalf("import: %v: %s", err, out)
	}
	t.Cleanup(func() { _, _ = Command("docker", "image", "rm", "-f", image) })
	options := []string{"run", "--rm", "--label", Label + "=" + t.Name(), "--network", "none"}
	options = append(options, exampleRights(t)...)
	line := append(options, image, "/"+filepath.Base(Suite.Plugin), "metrics", "--format", "text", "--filter", "name="+leaks.Name)
	inside, outside := Docker(t, line...), Ask(t, "metrics", "--format", "text", "--filter", "name="+leaks.Name).Stdout
	if got, want := steady(inside), steady(outside); !slices.Equal(got, want) {
		t.Errorf("in a container\n%s\non the host\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// exampleRights are the options of docker run that are the rights in compose.yml.
func exampleRights(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../docs/metrics/compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var options []string
	for setting, option := range map[string][]string{
		`user: "0"`: {"--user", "0"}, `pid: host`: {"--pid", "host"}, `cgroup: host`: {"--cgroupns", "host"}, `userns_mode: host`: {"--userns", "host"},
		`read_only: true`: {"--read-only"}, `cap_drop: [ALL]`: {"--cap-drop", "ALL"},
		`cap_add: [SYS_PTRACE, DAC_READ_SEARCH]`:                 {"--cap-add", "SYS_PTRACE", "--cap-add", "DAC_READ_SEARCH"},
		`security_opt: ["no-new-privileges:true"]`:               {"--security-opt", "no-new-privileges"},
		`mem_limit: 512m`:                                        {"--memory", "512m"},
		`pids_limit: 128`:                                        {"--pids-limit", "128"},
		`volumes: ["/var/run/docker.sock:/var/run/docker.sock"]`: {"--volume", "/var/run/docker.sock:/var/run/docker.sock"},
	} {
		if !strings.Contains(string(text), "\n    "+setting+"\n") {
			t.Errorf("compose.yml has no line %s", setting)
		}
		options = append(options, option...)
	}
	return options
}

// steady are the lines that do not depend on when something was looked at.
func steady(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "_seconds") && !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
