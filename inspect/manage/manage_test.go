package manage_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
)

// labelled is a container with these labels, given as name, value, name, value.
func labelled(words ...string) *inspect.Container {
	c := &inspect.Container{ID: "0123456789abcdef", Name: "shop-web-1", Labels: map[string]string{}}
	for i := 0; i < len(words); i += 2 {
		c.Labels[words[i]] = words[i+1]
	}
	return c
}

func compose(words ...string) *inspect.Container {
	return labelled(append([]string{"com.docker.compose.project", "shop", "com.docker.compose.service", "web"}, words...)...)
}

const (
	dir   = "com.docker.compose.project.working_dir"
	files = "com.docker.compose.project.config_files"
)

// Each manager has its own commands. A container without a manager is managed by docker. client
// is a container that another command manages.
func client(command string) *inspect.Container {
	c := labelled()
	c.Client = command
	return c
}

func TestCommands(t *testing.T) {
	for name, test := range map[string]struct {
		c                               *inspect.Container
		title, restart, start, recreate string
	}{
		"nobody":  {labelled(), "", "docker restart shop-web-1", "docker start shop-web-1", ""},
		"podman":  {client("podman"), "", "podman restart shop-web-1", "podman start shop-web-1", ""},
		"nerdctl": {client("nerdctl -n shop"), "", "nerdctl -n shop restart shop-web-1", "nerdctl -n shop start shop-web-1", ""},
		"ctr":     {client("ctr -n shop"), "", "", "", ""},
		"compose": {compose(dir, "/srv/shop", files, "/srv/shop/compose.yaml"), "service web of project shop (compose)", "docker restart shop-web-1", "docker start shop-web-1",
			"docker compose -f /srv/shop/compose.yaml up -d --force-recreate web"},
		"compose, under another name": {compose(dir, "/srv/Other", files, "/srv/Other/compose.yaml"), "service web of project shop (compose)", "docker restart shop-web-1", "docker start shop-web-1",
			"docker compose -p shop -f /srv/Other/compose.yaml up -d --force-recreate web"},
		"compose, of two files": {compose(dir, "/srv/My Shop", files, "/srv/My Shop/a.yaml,/srv/My Shop/b.yaml"), "service web of project shop (compose)", "docker restart shop-web-1", "docker start shop-web-1",
			"docker compose -p shop -f '/srv/My Shop/a.yaml' -f '/srv/My Shop/b.yaml' up -d --force-recreate web"},
		"compose, with a folder alone": {compose(dir, "/srv/shop"), "service web of project shop (compose)", "docker restart shop-web-1", "docker start shop-web-1",
			"docker compose --project-directory /srv/shop up -d --force-recreate web"},
		"docker-compose": {compose("com.docker.compose.version", "1.29.2", dir, "/srv/shop", files, "docker-compose.yml"), "service web of project shop (compose)", "docker restart shop-web-1", "docker start shop-web-1",
			"docker-compose --project-directory /srv/shop up -d --force-recreate web"},
		"compose, once": {compose("com.docker.compose.oneoff", "True"), "", "docker restart shop-web-1", "docker start shop-web-1", ""},
		"Swarm": {labelled("com.docker.swarm.service.name", "shop_web", "com.docker.stack.namespace", "shop"), "service shop_web of stack shop (Swarm)",
			"docker service update --force shop_web", "docker service ps --no-trunc shop_web", "docker service update --force shop_web"},
		"Kubernetes": {labelled("io.kubernetes.pod.name", "web-0", "io.kubernetes.pod.namespace", "shop"), "pod web-0 of namespace shop (Kubernetes)",
			"kubectl -n shop delete pod web-0", "kubectl -n shop describe pod web-0", "kubectl -n shop delete pod web-0"},
		"systemd": {labelled("PODMAN_SYSTEMD_UNIT", "web.service"), "unit web.service (systemd)", "systemctl restart web.service", "systemctl start web.service", "systemctl restart web.service"},
		"a name that is a command": {labelled("com.docker.swarm.service.name", "$(reboot)"), "service $(reboot) (Swarm)",
			"docker service update --force '$(reboot)'", "docker service ps --no-trunc '$(reboot)'", "docker service update --force '$(reboot)'"},
	} {
		got := [4]string{manage.Of(test.c).Title(), manage.Restart(test.c), manage.Start(test.c), manage.Recreate(test.c)}
		if want := [4]string{test.title, test.restart, test.start, test.recreate}; got != want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, want)
		}
	}
}

// A setting for creating a container is in the words of the manager that creates it.
func TestSettings(t *testing.T) {
	swarm, pod := labelled("com.docker.swarm.service.name", "web"), labelled("io.kubernetes.pod.name", "web-0")
	signal, timeout := manage.StopSignal("SIGINT"), manage.StopTimeout("30")
	for _, test := range []struct {
		c    *inspect.Container
		list []manage.Setting
		want string
	}{
		{labelled(), []manage.Setting{manage.Init}, "--init (compose: init: true)"},
		{labelled(), []manage.Setting{manage.Init, signal}, "--init (compose: init: true) and --stop-signal SIGINT"},
		{labelled(), []manage.Setting{timeout}, "--stop-timeout 30"},
		{compose(), []manage.Setting{manage.Init}, "init: true in service web"},
		{compose(), []manage.Setting{manage.Init, timeout}, "init: true and stop_grace_period: 30s in service web"},
		{swarm, []manage.Setting{manage.Init, signal}, "docker service update --init --stop-signal SIGINT web"},
		{swarm, []manage.Setting{manage.CapKill}, "docker service update --cap-add CAP_KILL web"},
		{pod, []manage.Setting{manage.Init, timeout}, "an image that starts with an init such as tini and terminationGracePeriodSeconds: 30 in pod web-0"},
		{pod, []manage.Setting{manage.CapKill}, "securityContext.capabilities.add: [KILL] in pod web-0"},
		{pod, []manage.Setting{signal}, "--stop-signal SIGINT"},
		{labelled("PODMAN_SYSTEMD_UNIT", "web.service"), []manage.Setting{manage.Init, signal}, "--init and --stop-signal SIGINT in unit web.service"},
		{swarm, []manage.Setting{manage.PIDsLimit(100)}, "docker service update --limit-pids 100 web"},
		{compose(), []manage.Setting{manage.PIDsLimit(100)}, "pids_limit: 100 in service web"},
		{compose(), []manage.Setting{manage.Processes(100)}, "ulimits: {nproc: 100} in service web"},
	} {
		if got := manage.Settings(test.c, test.list...); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
	for want, c := range map[string]*inspect.Container{
		"recreate the container with --init (compose: init: true)": labelled(),
		"run docker service update --init web":                     swarm,
		"set init: true in service web":                            compose(),
		"set --init in unit web.service":                           labelled("PODMAN_SYSTEMD_UNIT", "web.service"),
	} {
		if got := manage.Do(c, manage.Init); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDependsOn(t *testing.T) {
	got := manage.DependsOn(compose("com.docker.compose.depends_on", "vpn:service_started:false,db:service_healthy:true"))
	if len(got) != 2 || got[0] != "vpn" || got[1] != "db" || len(manage.DependsOn(compose())) != 0 {
		t.Errorf("got %q", got)
	}
}

// Compose can restart the member with its owner, if both are in one project and it is not
// configured already.
func TestRestartWith(t *testing.T) {
	of := func(project, service, depends string) *inspect.Container {
		return labelled("com.docker.compose.project", project, "com.docker.compose.service", service, "com.docker.compose.depends_on", depends)
	}
	const cure = "set depends_on: {vpn: {condition: service_started, restart: true}} in service app, so that docker compose restarts both."
	for _, test := range []struct {
		member, owner *inspect.Container
		want          string
	}{
		{of("shop", "app", "vpn:service_started:false"), of("shop", "vpn", ""), cure},
		{of("shop", "app", ""), of("shop", "vpn", ""), cure},
		{of("shop", "app", "db:service_healthy:true,vpn:service_started:true"), of("shop", "vpn", ""), ""},
		{of("shop", "app", ""), of("other", "vpn", ""), ""},
		{of("shop", "app", ""), labelled(), ""},
	} {
		if got := manage.RestartWith(test.member, test.owner); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
