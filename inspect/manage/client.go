package manage

import (
	"path"
	"slices"
	"strings"
)

// ClientNames are the programs (comm) that run containers from a unit of systemd.
var ClientNames = []string{"docker", "podman"}

// The commands with which a client starts a container, or attaches to it, in the foreground.
const (
	commandRun    = "run"
	commandStart  = "start"
	commandAttach = "attach"
)

// client is a parsed command line of docker or podman.
type client struct {
	// program is docker or podman, and command one of the above.
	program, command string
	// host is the engine as it was typed (--host), "" for the default.
	host string
	// container is a name or the beginning of an ID, as it was typed, "" if there is none.
	// cidFile is the file that holds the ID (--cidfile), "" for none.
	container, cidFile string
}

// Options without a value, by program or command, and their letters. All other options of a
// command take a value. The first word after the options is the image or the container.
var (
	switchesOf = map[string][]string{
		commandRun: {
			"detach", "init", "interactive", "no-healthcheck", "oom-kill-disable", "privileged", "publish-all", "quiet", "read-only", "rm", "sig-proxy", "tty",
			"disable-content-trust", "use-api-socket", // of docker
			"env-host", "http-proxy", "no-hosts", "no-hostname", "passwd", "read-only-tmpfs", "replace", "rmi", "rootfs", "tls-verify", // of podman
		},
		commandStart:  {"attach", "interactive", "sig-proxy"},
		commandAttach: {"no-stdin", "sig-proxy", "latest"},
	}
	lettersOf = map[string]string{commandRun: "ditPq", commandStart: "ai", commandAttach: "l"}
	// Docker's global options, which precede the command. A command line with another one is
	// not judged.
	globalSwitches = []string{"debug", "D", "tls", "tlsverify"}
	globalValues   = []string{"config", "context", "c", "host", "H", "log-level", "l", "tlscacert", "tlscert", "tlskey"}
)

// clientOf parses the arguments of a client. It is false if the client does something else,
// runs the container in the background, or uses an engine that its arguments do not name.
func clientOf(args []string) (client, bool) {
	if len(args) == 0 || !slices.Contains(ClientNames, path.Base(args[0])) {
		return client{}, false
	}
	c, words := client{program: path.Base(args[0])}, args[1:]
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		name, value, joined := strings.Cut(strings.TrimLeft(words[0], "-"), "=")
		words = words[1:]
		switch {
		case slices.Contains(globalSwitches, name):
			continue
		case !slices.Contains(globalValues, name) || !joined && len(words) == 0:
			return client{}, false
		case !joined:
			value, words = words[0], words[1:]
		}
		switch name {
		case "host", "H":
			c.host = value
		case "context", "c":
			if value != "default" {
				return client{}, false
			}
		}
	}
	if len(words) > 0 && words[0] == "container" {
		words = words[1:]
	}
	if len(words) == 0 || switchesOf[words[0]] == nil {
		return client{}, false
	}
	c.command = words[0]
	options, rest := split(words[1:], switchesOf[c.command], lettersOf[c.command], c.command != commandRun)
	return c.told(options, rest)
}

// told adds the options and arguments of the command.
func (c client) told(options map[string]string, rest []string) (client, bool) {
	is := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { value, given := options[name]; return given && value != "false" })
	}
	switch c.command {
	case commandRun:
		c.container, c.cidFile = options["name"], options["cidfile"]
		return c, !is("detach", "d") && len(rest) > 0 && (c.container != "" || c.cidFile != "")
	case commandStart:
		if !is("attach", "a", "interactive", "i") {
			return client{}, false
		}
	}
	if len(rest) != 1 {
		return client{}, false
	}
	c.container = rest[0]
	return c, true
}

// split separates the options, each with its value, from the other words. After the first other
// word there are no more options, unless mixed is true.
func split(words []string, switches []string, letters string, mixed bool) (options map[string]string, rest []string) {
	options = map[string]string{}
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		long, isLong := strings.CutPrefix(word, "--")
		switch {
		case word == "--":
			return options, append(rest, words...)
		case len(word) < 2 || word[0] != '-':
			rest = append(rest, word)
			if !mixed {
				return options, append(rest, words...)
			}
		case !isLong:
			words = short(word[1:], letters, words, options)
		default:
			name, value, joined := strings.Cut(long, "=")
			if !joined && !slices.Contains(switches, name) && len(words) > 0 {
				value, words = words[0], words[1:]
			}
			options[name] = value
		}
	}
	return options, rest
}

// short parses letters that stand together after one "-". The first letter that takes a value
// takes the rest of the letters, or the next word if nothing is left. It returns the words that
// follow.
func short(together, letters string, words []string, options map[string]string) []string {
	for i := range len(together) {
		letter, value := together[i:i+1], strings.TrimPrefix(together[i+1:], "=")
		switch {
		case strings.Contains(letters, letter):
			options[letter] = ""
			continue
		case value == "" && len(words) > 0:
			value, words = words[0], words[1:]
		}
		options[letter] = value
		return words
	}
	return words
}
