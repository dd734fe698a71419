//go:build e2e && linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// ordinaryPackages are Debian's packages of the programs below.
var ordinaryPackages = []string{
	"nginx", "lighttpd", "haproxy", "caddy", "tinyproxy-bin", "redis-server", "memcached", "beanstalkd", "mosquitto", "dnsmasq-base", "cron", "bash", "tini",
}

// ordinaryFiles are the files that their images would have.
var ordinaryFiles = map[string]string{
	"etc/passwd":        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\nmosquitto:x:101:101::/:/bin/false\n",
	"etc/group":         "root:x:0:\nnogroup:x:65534:\nmosquitto:x:101:\ncrontab:x:102:\n",
	"etc/nginx.conf":    "user nobody nogroup; pid /tmp/nginx.pid; worker_processes 2; error_log /dev/stderr;\nevents { worker_connections 64; }\nhttp { access_log off; server { listen 127.0.0.1:8080; } }\n",
	"etc/lighttpd.conf": "server.document-root = \"/tmp\"\nserver.port = 8080\nserver.username = \"nobody\"\n",
	"etc/haproxy.cfg":   "global\n user nobody\n group nogroup\ndefaults\n mode http\n timeout connect 5s\n timeout client 5s\n timeout server 5s\nfrontend f\n bind 127.0.0.1:8080\n",
	"etc/tiny.conf":     "Port 8888\nUser nobody\nGroup nogroup\n",
	"etc/crontab":       "* * * * * root true\n",
	"entrypoint.sh":     "#!/bin/sh\nset -e\necho starting\nexec \"$@\"\n",
}

// ordinary is a typical container: its name, options of docker run, "--", and its command. A
// name in an option, after container:, stands for that container.
var ordinary = map[string]string{
	"web server":                  "-- nginx -c /etc/nginx.conf -g 'daemon off;'",
	"web server of the image":     "--stop-signal SIGQUIT -- nginx -c /etc/nginx.conf -g 'daemon off;'",
	"web server behind a script":  "-- /entrypoint.sh nginx -c /etc/nginx.conf -g 'daemon off;'",
	"web server with a check":     "--health-cmd true --health-interval 1s -- nginx -c /etc/nginx.conf -g 'daemon off;'",
	"light web server":            "-- lighttpd -D -f /etc/lighttpd.conf",
	"balancer":                    "-- haproxy -W -db -f /etc/haproxy.cfg",
	"web server in Go":            "-- caddy file-server --listen 127.0.0.1:8080",
	"proxy":                       "-- tinyproxy -d -c /etc/tiny.conf",
	"small web server under init": "--init -- httpd -f -p 127.0.0.1:8080",
	"database":                    "-- redis-server",
	"database with a check":       "--init --health-cmd 'redis-cli ping' --health-interval 1s -- redis-server --save ''",
	"cache":                       "-- memcached -u nobody",
	"queue":                       "-- beanstalkd -u nobody",
	"broker":                      "-- mosquitto",
	"name server":                 "-- dnsmasq -k -u root",
	"timer":                       "--init -- cron -f",
	"small timer":                 "--init -- crond -f -c /tmp",
	"a shell under init":          "--init -i -t -- bash",
	"a small shell under init":    "--init -i -t -- sh",
	"a shell that was left open":  "-i -t -- bash",
	"queue worker":                "--init -- sh -c 'while :; do date >/dev/null; sleep 0.1; done'",
	"queue worker with a trap":    "-- bash -c 'trap exit TERM; while :; do date >/dev/null; sleep 1; done'",
	"worker in Go":                "-- workload never-waits",
	"parallel jobs":               "--init -- sh -c 'yes 0.1 | xargs -n1 -P4 sleep'",
	"server under tini":           "-- tini -- redis-server --port 6380",
	"sidecar":                     "--network container:database -- sh -c 'trap exit TERM; while :; do redis-cli ping >/dev/null; sleep 1; done'",
	"debugger":                    "--pid container:cache -- sleep infinity",
}

// ordinaryImage makes the image of those programs.
func ordinaryImage(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "root")
	if out, err := exec.Command("./script/engine.sh", append([]string{"unpack", dir}, ordinaryPackages...)...).CombinedOutput(); err != nil {
		t.Fatalf("unpack: %v\n%s", err, out)
	}
	for name, text := range ordinaryFiles {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// What the suite's image has too, if the packages do not have it.
	image := "docker-pidns-e2e:" + Random()
	script := `set -e
rm -rf "$1/usr/share" "$1/var/run"
mkdir -p "$1/tmp" "$1/proc" "$1/run" "$1/var/log" "$1/var/lib/nginx" "$1/var/lib/misc" "$1/var/spool/cron/crontabs" "$1/bin"
chmod 1777 "$1/tmp" && ln -s ../run "$1/var/run"
id=$(docker create "$3" true) && trap 'docker rm "$id" >/dev/null' EXIT
docker cp "$id:/bin/workload" "$1/bin/" && docker cp "$id:/bin/busybox" "$1/bin/"
for name in $("$4" --list); do [ -e "$1/bin/$name" ] || [ -e "$1/usr/bin/$name" ] || ln -s busybox "$1/bin/$name"; done
tar -C "$1" -c . | docker import --change "LABEL $5=image" - "$2"`
	if out, err := exec.Command("sh", "-c", script, "sh", dir, image, Suite.Image, Suite.Busybox, Label).CombinedOutput(); err != nil {
		t.Fatalf("image: %v\n%s", err, out)
	}
	t.Cleanup(func() { _, _ = Command("docker", "image", "rm", "-f", image) })
	return image
}

// split splits a line with single quotes as a shell does.
func split(line string) (words []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	return words
}

// On a host of ordinary containers doctor finds nothing bad. Every finding would be a false
// alarm.
func TestQuietHost(t *testing.T) {
	t.Parallel()
	image, mark := ordinaryImage(t), Random()
	named := func(name string) string { return "quiet-" + mark + "-" + strings.ReplaceAll(name, " ", "-") }
	start := func(name string) error {
		line := split(ordinary[name])
		at := slices.Index(line, "--")
		words := []string{"run", "-d", "--name", named(name), "--label", Label + "=" + mark}
		if !slices.Contains(line[:at], "--network") {
			words = append(words, "--network", "none")
		}
		for _, option := range line[:at] {
			if owner, ok := strings.CutPrefix(option, "container:"); ok {
				option = "container:" + named(owner)
			}
			words = append(words, option)
		}
		_, err := Command("docker", append(append(words, image), line[at+1:]...)...)
		return err
	}
	t.Cleanup(func() {
		for name := range ordinary {
			_, _ = Command("docker", "rm", "-f", named(name))
		}
	})
	var group sync.WaitGroup
	for _, joins := range []bool{false, true} {
		slots := make(chan struct{}, 3)
		for name, line := range ordinary {
			if strings.Contains(line, "container:") != joins {
				continue
			}
			group.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				if err := start(name); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
	wantQuiet(t, mark)
}

// wantQuiet looks several times, because a false alarm may occur by chance.
func wantQuiet(t *testing.T, mark string) {
	t.Helper()
	running := func() []string {
		return strings.Fields(Docker(t, "ps", "--filter", "label="+Label+"="+mark, "--format", "{{.Names}}"))
	}
	// A program that is younger than a second may still install its handlers.
	Eventually(t, "all to have run for a second", func() bool {
		ages := Ask(t, "tree", "--filter", "label="+Label+"="+mark, "--format", "{{if eq .Role \"main\"}}{{.ElapsedSeconds}}{{end}}")
		return !slices.ContainsFunc(strings.Fields(ages.Stdout), func(age string) bool { return strings.HasPrefix(age, "0") })
	})
	for range 3 {
		a := Ask(t, "doctor", "--filter", "label="+Label+"="+mark, "--format", "json")
		for _, f := range Findings(t, a) {
			if f.Severity != "note" {
				t.Errorf("a false alarm: %+v", f)
			}
		}
	}
	if up := running(); len(up) != len(ordinary) {
		t.Errorf("%d of %d run: %v", len(up), len(ordinary), up)
	}
}
