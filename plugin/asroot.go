package plugin

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A command that needs more rights is proposed in a form that works when it is pasted. With
// sudo, docker has root's configuration. It finds neither this user's plugins nor the engine of
// this user's context.

// pluginDirs are where docker looks for plugins of all users (docker/cli,
// cli-plugins/manager, defaultSystemPluginDirs).
var pluginDirs = []string{
	"/usr/local/lib/docker/cli-plugins", "/usr/local/libexec/docker/cli-plugins",
	"/usr/lib/docker/cli-plugins", "/usr/libexec/docker/cli-plugins",
}

// ordinaryEndpoint is where docker looks for an engine if no other endpoint is set.
const ordinaryEndpoint = "unix:///var/run/docker.sock"

// sudo is the beginning of a command line for root about the engine at the endpoint. Arguments
// of "docker pidns" follow it. It uses docker if the plugin is installed for all users, else
// the path of the plugin.
func (app *App) sudo(endpoint string) string {
	program, command := "docker", " pidns"
	if app.Binary != "" && !isEverybodys(app.Binary, pluginDirs) {
		program, command = inspect.ShellWord(app.Binary), ""
	}
	host := ""
	// Without an engine, the endpoint is the mount of /proc.
	if strings.Contains(endpoint, "://") && endpoint != ordinaryEndpoint {
		host = " --host " + inspect.ShellWord(endpoint)
	}
	return "sudo " + program + host + command
}

// isEverybodys reports whether docker finds this program in one of the folders for all users.
func isEverybodys(binary string, dirs []string) bool {
	self, err := os.Stat(binary)
	if err != nil {
		return false
	}
	for _, dir := range dirs {
		if found, err := os.Stat(filepath.Join(dir, "docker-pidns")); err == nil && os.SameFile(self, found) {
			return true
		}
	}
	return false
}

// rootLacks says what a root without all rights needs to read other processes, as in a
// container, and the options of docker run that give it.
func rootLacks(h procfs.Host) string {
	var needs, options []string
	// If nothing is missing, the capability is one of another user namespace than the host's.
	if !h.CanPtrace || !h.OwnFilesOnly && h.Confined == "" {
		needs, options = append(needs, "CAP_SYS_PTRACE"), append(options, "--cap-add SYS_PTRACE")
	}
	if h.OwnFilesOnly {
		needs, options = append(needs, "CAP_DAC_READ_SEARCH"), append(options, "--cap-add DAC_READ_SEARCH")
	}
	if h.Confined != "" {
		needs, options = append(needs, "no AppArmor profile (here "+h.Confined+")"), append(options, "--security-opt apparmor=unconfined")
	}
	return strings.Join(needs, " and ") + ": docker run " + strings.Join(options, " ")
}
