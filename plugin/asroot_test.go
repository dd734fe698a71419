package plugin

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Root's docker finds a plugin only in the folders of all users, and root's configuration
// names no other engine.
func TestSudo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no sudo")
	}
	const usual = "unix:///var/run/docker.sock"
	everybodys, own := t.TempDir(), filepath.Join(t.TempDir(), "my plugins")
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	binary, linked := filepath.Join(own, "docker-pidns"), filepath.Join(t.TempDir(), "docker-pidns")
	if err := os.WriteFile(binary, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(linked, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(linked, filepath.Join(everybodys, "docker-pidns")); err != nil {
		t.Fatal(err)
	}
	before := pluginDirs
	pluginDirs = []string{filepath.Join(own, "none"), everybodys}
	defer func() { pluginDirs = before }()
	for _, c := range []struct{ binary, endpoint, want string }{
		{"", usual, "sudo docker pidns"},
		{"", "", "sudo docker pidns"},
		{linked, usual, "sudo docker pidns"}, // a link in the folder of all users leads to it
		{linked, "unix:///run/user/1000/docker.sock", "sudo docker --host unix:///run/user/1000/docker.sock pidns"},
		{binary, usual, "sudo '" + binary + "'"}, // there is another docker-pidns for all users
		{binary, "tcp://a b", "sudo '" + binary + "' --host 'tcp://a b'"},
		{filepath.Join(own, "gone"), usual, "sudo '" + filepath.Join(own, "gone") + "'"},
	} {
		if got := (&App{Binary: c.binary}).sudo(c.endpoint); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}

// Every hint about root uses that command.
func TestHintsForRoot(t *testing.T) {
	a := answer{index: inspect.NewIndex(&inspect.Capture{}), sudo: "sudo /home/me/.docker/cli-plugins/docker-pidns"}
	a.index.Capture.Host.EUID = 1000
	if got := a.moreRights("doctor --notes"); got != "root: sudo /home/me/.docker/cli-plugins/docker-pidns doctor --notes" {
		t.Errorf("got %s", got)
	}
}

// The advice names what is missing, and not what is there.
func TestRootLacks(t *testing.T) {
	for want, h := range map[string]procfs.Host{
		"CAP_SYS_PTRACE: docker run --cap-add SYS_PTRACE":                                                   {},
		"CAP_DAC_READ_SEARCH: docker run --cap-add DAC_READ_SEARCH":                                         {CanPtrace: true, OwnFilesOnly: true},
		"no AppArmor profile (here docker-default): docker run --security-opt apparmor=unconfined":          {CanPtrace: true, Confined: "docker-default"},
		"CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH: docker run --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH": {OwnFilesOnly: true},
	} {
		if got := rootLacks(h); got != want {
			t.Errorf("%+v: got %q, want %q", h, got, want)
		}
	}
}

func TestRightsText(t *testing.T) {
	for want, h := range map[string]procfs.Host{
		"root: everything can be read": {CanPtrace: true},
		"root: no namespaces and no exit codes of processes with other AppArmor profiles (confined by docker-default: docker run --security-opt apparmor=unconfined)": {CanPtrace: true, Confined: "docker-default"},
		"root: many forecasts of containers with other users are unknown (CAP_DAC_READ_SEARCH is missing: docker run --cap-add DAC_READ_SEARCH)":                      {CanPtrace: true, OwnFilesOnly: true},
		"user 1000: namespaces and exit codes of all processes can be read":                                                                                           {CanPtrace: true, OwnFilesOnly: true, EUID: 1000},
	} {
		if got := rightsText(h, "sudo x"); got != want {
			t.Errorf("%+v: got %q, want %q", h, got, want)
		}
	}
}
