package signal

import (
	"encoding/json"
	"math"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// From version 29.7 on, the default grace period of Docker's engine can be set: by an argument
// of dockerd, or in its configuration file, which can be reloaded. The API does not report it.

// defaultStopTimeout is the option of dockerd(8) and the key of daemon.json, in seconds.
// dockerd does not start if both are given.
const defaultStopTimeout = "default-stop-timeout"

// defaultGrace is the default if none is set (moby, daemon/config).
const defaultGrace = 10 * time.Second

// DefaultGrace is how long docker stop waits for containers without a timeout of their own,
// according to the arguments and the configuration file of dockerd. started is when dockerd was
// started. file reads a file as that process sees it. sure is false if the file was changed
// later: dockerd reads it again only when it is told to (SIGHUP).
func DefaultGrace(dockerd *procfs.Process, started time.Time, file func(path string) procfs.Opt[procfs.File]) (grace procfs.Opt[time.Duration], sure bool) {
	unknown := procfs.None[time.Duration](procfs.Unread)
	if !dockerd.Args.Held() || dockerd.ArgsCut {
		return unknown, false
	}
	if text, given := lastArgument(dockerd, "--"+defaultStopTimeout); given {
		return graceOf(text), true
	}
	config, known := configFile(dockerd)
	if !known {
		return unknown, false
	}
	read, held := file(config).Get()
	if !held {
		return unknown, false
	}
	sure = !read.ChangedAt.After(started)
	if read.Missing {
		return procfs.Some(defaultGrace), sure
	}
	return configuredGrace(read.Text), sure
}

// graceOf parses a grace period in whole seconds, as the engine writes it. It is malformed if
// it is not a number, or is larger than the engine can count.
func graceOf(text string) procfs.Opt[time.Duration] {
	seconds, err := strconv.ParseInt(text, 0, 64)
	if err != nil || seconds < 0 || seconds > int64(math.MaxInt64/time.Second) {
		return procfs.None[time.Duration](procfs.Malformed)
	}
	return procfs.Some(time.Duration(seconds) * time.Second)
}

// configuredGrace is the grace period in a daemon.json.
func configuredGrace(text string) procfs.Opt[time.Duration] {
	var options map[string]json.RawMessage
	if strings.TrimSpace(text) == "" { // dockerd accepts an empty file
		return procfs.Some(defaultGrace)
	}
	if json.Unmarshal([]byte(text), &options) != nil {
		return procfs.None[time.Duration](procfs.Malformed)
	}
	value, given := options[defaultStopTimeout]
	if !given {
		return procfs.Some(defaultGrace)
	}
	return graceOf(string(value))
}

// configFile is the path of its daemon.json. It is not known for a rootless dockerd, because
// the path depends on its environment, which is not read.
func configFile(dockerd *procfs.Process) (file string, known bool) {
	if file, given := lastArgument(dockerd, "--config-file"); given {
		return file, path.IsAbs(file)
	}
	return "/etc/docker/daemon.json", dockerd.UIDs.Real == 0
}

// lastArgument is the value of an option, in the next argument or after "=". If the option is
// given several times, the last one counts.
func lastArgument(p *procfs.Process, option string) (value string, given bool) {
	args := p.Args.Or(nil)
	for i, arg := range args {
		if behind, ok := strings.CutPrefix(arg, option+"="); ok {
			value, given = behind, true
		} else if arg == option && i+1 < len(args) {
			value, given = args[i+1], true
		}
	}
	return value, given
}
