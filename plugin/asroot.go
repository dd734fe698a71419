package plugin

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// What needs more rights is proposed as a command that works when it is pasted. sudo has
// root's configuration: docker does not find a plugin of this user's there, nor the
// engine of this user's context.

// pluginDirs are where docker looks for plugins of all users (docker/cli,
// cli-plugins/manager, defaultSystemPluginDirs).
var pluginDirs = []string{
	"/usr/local/lib/docker/cli-plugins", "/usr/local/libexec/docker/cli-plugins",
	"/usr/lib/docker/cli-plugins", "/usr/libexec/docker/cli-plugins",
}

// ordinaryEndpoint is where docker looks for an engine if nobody has said another.
const ordinaryEndpoint = "unix:///var/run/docker.sock"

// sudo is what stands before the arguments of "docker pidns" for root to run them about
// the engine at the endpoint: by docker where the plugin is everybody's, else by its path.
func (app *App) sudo(endpoint string) string {
	program, command := "docker", " pidns"
	if app.Binary != "" && !isEverybodys(app.Binary, pluginDirs) {
		program, command = inspect.ShellWord(app.Binary), ""
	}
	host := ""
	// Without an engine, it is the mount of /proc.
	if strings.Contains(endpoint, "://") && endpoint != ordinaryEndpoint {
		host = " --host " + inspect.ShellWord(endpoint)
	}
	return "sudo " + program + host + command
}

// isEverybodys reports whether docker finds this program in one of the folders, whoever
// runs it.
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
