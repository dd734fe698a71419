package manage

import (
	"strings"
	"testing"
)

// The arguments of a client are parsed as docker and podman do it. A command that does not
// certainly run a container in the foreground is ignored.
func TestClientOf(t *testing.T) {
	for line, want := range map[string]client{
		"docker run --name web nginx":                                   {"docker", "run", "", "web", ""},
		"/usr/bin/docker run --rm --name=web -p 80:80 nginx":            {"docker", "run", "", "web", ""},
		"docker container run -it --init --name web nginx --name other": {"docker", "run", "", "web", ""},
		"docker run -itp80:80 -e A=B --name web -- nginx":               {"docker", "run", "", "web", ""},
		"docker run -e --name --name web nginx":                         {"docker", "run", "", "web", ""},
		"docker run --cidfile /run/web.cid --rm nginx":                  {"docker", "run", "", "", "/run/web.cid"},
		"docker -D --config /etc/d run --name web nginx":                {"docker", "run", "", "web", ""},
		"docker -H unix:///run/x.sock run --name web nginx":             {"docker", "run", "unix:///run/x.sock", "web", ""},
		"docker --host=unix:///run/x.sock start -a web":                 {"docker", "start", "unix:///run/x.sock", "web", ""},
		"docker --context default start -ai web":                        {"docker", "start", "", "web", ""},
		"docker start web --attach":                                     {"docker", "start", "", "web", ""},
		"docker start --detach-keys ctrl-a -i 0123456789ab":             {"docker", "start", "", "0123456789ab", ""},
		"docker attach --no-stdin web":                                  {"docker", "attach", "", "web", ""},
		"/usr/bin/podman run --replace --name web nginx":                {"podman", "run", "", "web", ""},

		"docker run nginx":                          {},
		"docker run nginx --name web":               {},
		"docker run --name web":                     {},
		"docker run -d --name web nginx":            {},
		"docker run -itd --name web nginx":          {},
		"docker run --detach --name web nginx":      {},
		"docker start web":                          {},
		"docker start -a web other":                 {},
		"docker start --attach=false web":           {},
		"docker attach":                             {},
		"docker exec web sh":                        {},
		"docker compose up web":                     {},
		"docker logs -f web":                        {},
		"docker --context prod run --name web x":    {},
		"docker --new-option y run --name web x":    {},
		"docker":                                    {},
		"docker container":                          {},
		"docker -H":                                 {},
		"sh -c docker run --name web nginx":         {},
		"/opt/docker-compose run --name web nginx":  {},
		"podman --remote run --name web nginx":      {},
		"docker run --name web --detach=true nginx": {},
	} {
		got, ok := clientOf(strings.Fields(line))
		if ok != (want != client{}) || ok && got != want {
			t.Errorf("%s: got %+v, %t", line, got, ok)
		}
	}
	if got, ok := clientOf(nil); ok {
		t.Errorf("of nothing: got %+v", got)
	}
}
