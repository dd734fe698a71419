package render

import "github.com/docker-pidns/docker-pidns/inspect"

// AboutFile is what a command needs behind it to be about a saved host, nothing for "".
func AboutFile(path string) Safe {
	if path == "" {
		return ""
	}
	return " --from " + Escape(inspect.ShellWord(path))
}
