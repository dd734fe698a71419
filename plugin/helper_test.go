package plugin

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/docker/cli/cli/command"
	"github.com/docker/cli/cli/config/configfile"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// docker's config.json can make every command use a helper, unless typed options exclude it.
func TestViaSetting(t *testing.T) {
	config := func(via string) *configfile.ConfigFile {
		return &configfile.ConfigFile{Plugins: map[string]map[string]string{"pidns": {"via": via}}}
	}
	live := Where{ProcRoot: "/proc"}
	for name, test := range map[string]struct {
		config *configfile.ConfigFile
		where  Where
		want   string
	}{
		"set":               {config("helper"), live, "helper"},
		"not set":           {&configfile.ConfigFile{}, live, ""},
		"no configuration":  {nil, live, ""},
		"a snapshot":        {config("helper"), Where{ProcRoot: "/proc", From: "x.json"}, ""},
		"another mount":     {config("helper"), Where{ProcRoot: "/mnt/proc"}, ""},
		"without an engine": {config("helper"), Where{ProcRoot: "/proc", Engine: source.EngineNone}, ""},
		"an unknown word":   {config("ssh"), live, "error"},
	} {
		got, err := ViaSetting(test.config, test.where)
		if err != nil {
			got = "error"
			if !strings.Contains(err.Error(), `plugins.pidns.via is "ssh", expected helper`) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// quietApp is an app without hosts, with what it writes.
func quietApp(t *testing.T) (app *App, out, errOut *bytes.Buffer) {
	t.Helper()
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	out, errOut = &bytes.Buffer{}, &bytes.Buffer{}
	cli, err := command.NewDockerCli(command.WithOutputStream(out), command.WithErrorStream(errOut))
	if err != nil {
		t.Fatal(err)
	}
	return NewApp(cli, "test", nil), out, errOut
}

// execute runs a command, and returns its exit status.
func execute(app *App, args ...string) int {
	root := app.NewCommand()
	root.SetArgs(args)
	root.SilenceUsage, root.SilenceErrors = true, true
	return ExitStatus(root.Execute())
}

// Options that exclude a helper are refused before anything is read.
func TestViaIsRefused(t *testing.T) {
	for args, want := range map[string]string{
		"tree --via ssh":                  `--via "ssh": expected helper`,
		"tree --via helper --from x":      "a snapshot needs no helper",
		"tree --via helper --proc /mnt":   "the helper reads the engine host's /proc",
		"tree --via helper --engine none": "the engine runs the helper",
		"helper rm --timeout 0s":          "--timeout 0s: must be above 0",
		"helper rm x":                     "no arguments",
	} {
		if got := run(t, nil, strings.Fields(args)...); got.status != 125 || got.out != "" || !strings.Contains(got.err, want) {
			t.Errorf("%s: got %+v", args, got)
		}
	}
}

// helper rm names what it removed, even if something could not be removed.
func TestHelperRemove(t *testing.T) {
	for name, test := range map[string]struct {
		removed RemovedHelper
		err     error
		out     string
		status  int
	}{
		"nothing": {RemovedHelper{}, nil, "Nothing to remove: the engine has no images or containers of helpers.\n", 0},
		"an image and containers": {
			RemovedHelper{Containers: []string{"0123456789abcdef"}, Running: []string{"0123456789abcdef"}, Images: []string{"sha256:fedcba9876543210"}}, nil,
			"removed container 0123456789ab\nremoved image fedcba987654\n", 0,
		},
		"in part": {RemovedHelper{Images: []string{"sha256:fedcba9876543210"}}, errors.New("cannot remove the container x"), "removed image fedcba987654\n", 1},
	} {
		app, out, errOut := quietApp(t)
		app.RemoveHelper = func(context.Context, Where) (RemovedHelper, error) { return test.removed, test.err }
		status := execute(app, "helper", "rm")
		if out.String() != test.out || status != test.status {
			t.Errorf("%s: status %d, got %q", name, status, out)
		}
		if running := strings.Contains(errOut.String(), "1 of these helpers were in use"); running != (len(test.removed.Running) > 0) {
			t.Errorf("%s: standard error %q", name, errOut)
		}
	}
}

// The docker command that is equivalent to the start of a helper is written before the helper
// is run. It is written each time if --via was typed, and otherwise when the image is new
// there.
func TestHelperIsAnnounced(t *testing.T) {
	run := HelperRun{CommandLine: "docker run --rm x", Image: "docker-pidns-helper:0123456789ab", ImageBytes: 1_200_000}
	imported := run
	imported.Imported = true
	const line, once = "helper: docker run --rm x\n", "helper: imported the image docker-pidns-helper:0123456789ab (1.2MB), which is kept for later runs; docker pidns helper rm removes it\n"
	for name, test := range map[string]struct {
		run   HelperRun
		typed bool
		want  string
	}{
		"typed":                     {run, true, line},
		"typed, for the first time": {imported, true, once + line},
		"by config.json":            {run, false, ""},
		"by config.json, the first": {imported, false, once + line},
	} {
		app, _, errOut := quietApp(t)
		app.announce(test.run, test.typed)
		if errOut.String() != test.want {
			t.Errorf("%s: got %q", name, errOut)
		}
	}
}
