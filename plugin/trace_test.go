package plugin

import (
	"errors"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
)

// What cannot work is refused before anything is read.
func TestTraceRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"--until-exit":                 "--until-exit needs the names of containers\n",
		"--signal TREM":                "--signal \"TREM\": no such signal. Names and numbers are in signal(7)\n",
		"--signal 65":                  "--signal \"65\": no such signal. Names and numbers are in signal(7)\n",
		"--format table":               "--format table: trace writes each event as it comes; expected json or a template\n",
		"--via helper":                 "--via helper: trace runs on the engine's host only, there with --via none\n",
		"--from host.json":             "unknown flag: --from",
		"--filter colour=red":          "unknown filter \"colour\"",
		"--until-exit --timeout 0 web": "--timeout 0s: must be above 0\n",
	} {
		got := run(t, attentive, append([]string{"trace"}, strings.Fields(args)...)...)
		if got.status != statusWrongUse || got.out != "" || !strings.HasPrefix(got.err, want) {
			t.Errorf("%s: status %d, %q", args, got.status, got.err)
		}
	}
}

// Of an engine elsewhere, no helper and no snapshot are proposed: neither can trace.
func TestTraceElsewhere(t *testing.T) {
	app := &App{command: "trace", typed: "trace web"}
	if got := app.there("ssh://prod"); len(got) != 1 || got[0] != "run it on that host: ssh prod docker pidns trace web" {
		t.Errorf("got %q", got)
	}
}

// Why the kernel does not trace is one line, with what helps.
func TestTraceRefused(t *testing.T) {
	app := &App{typed: "trace web", Binary: "/opt/docker-pidns"}
	index := inspect.NewIndex(&inspect.Capture{Engine: inspect.Engine{Endpoint: "unix:///var/run/docker.sock"}})
	for want, err := range map[string]error{
		"cannot trace signals: CAP_BPF is missing; try: sudo /opt/docker-pidns trace web": &bpf.UnsupportedError{Reason: "CAP_BPF is missing", TakesRoot: true},
		"cannot trace signals: lockdown; run a container with --security-opt":             &bpf.UnsupportedError{Reason: "lockdown", Remedy: "run a container with --security-opt"},
		"cannot trace signals: the kernel has no /sys/kernel/btf/vmlinux":                 &bpf.UnsupportedError{Reason: "the kernel has no /sys/kernel/btf/vmlinux"},
		"cannot trace signals: no memory":                                                 errors.New("no memory"),
	} {
		if got := app.refusedTrace(err, index); got.Error() != want || ExitStatus(got) != statusUnanswered {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
