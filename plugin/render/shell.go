package render

import "github.com/docker-pidns/docker-pidns/inspect"

// AboutFile is what follows a command to make it about a saved host, "" for the path "".
func AboutFile(path string) Safe {
	if path == "" {
		return ""
	}
	return " --from " + Escape(inspect.ShellWord(path))
}
