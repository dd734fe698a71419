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

// Docker's engine has from 29.7 on a default grace period that can be set: by an argument, in
// its configuration, or in that when it is reloaded. No answer of its API tells of it.

// defaultStopTimeout is that option, of dockerd(8) and of daemon.json, in seconds; dockerd
// does not start where it stands in both.
const defaultStopTimeout = "default-stop-timeout"

// defaultGrace is what it is where nobody has set it (moby, daemon/config).
const defaultGrace = 10 * time.Second

// DefaultGrace is how long docker stop waits for containers that set no time, as far as what a
// dockerd was started with tells for certain. started is when that was, and file reads a file
// as the process sees it: one that was changed since may not have been read.
func DefaultGrace(dockerd *procfs.Process, started time.Time, file func(path string) procfs.Opt[procfs.File]) procfs.Opt[time.Duration] {
	unknown := procfs.None[time.Duration](procfs.Unread)
	if !dockerd.Args.Held() || dockerd.ArgsCut {
		return unknown
	}
	if text, given := lastArgument(dockerd, "--"+defaultStopTimeout); given {
		return graceOf(text)
	}
	config, known := configFile(dockerd)
	if !known {
		return unknown
	}
	read, held := file(config).Get()
	switch {
	case !held || read.ChangedAt.After(started):
		return unknown
	case read.Missing:
		return procfs.Some(defaultGrace)
	default:
		return configuredGrace(read.Text)
	}
}

// graceOf is a grace period in whole seconds, as the engine writes and reads it; malformed
// where it is none, or more than the engine can count.
func graceOf(text string) procfs.Opt[time.Duration] {
	seconds, err := strconv.ParseInt(text, 0, 64)
	if err != nil || seconds < 0 || seconds > int64(math.MaxInt64/time.Second) {
		return procfs.None[time.Duration](procfs.Malformed)
	}
	return procfs.Some(time.Duration(seconds) * time.Second)
}

// configuredGrace is what a daemon.json says.
func configuredGrace(text string) procfs.Opt[time.Duration] {
	var options map[string]json.RawMessage
	if strings.TrimSpace(text) == "" { // as dockerd takes it
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

// configFile is the path of its daemon.json. Where that of a rootless one is, its environment
// says, which is not read.
func configFile(dockerd *procfs.Process) (file string, known bool) {
	if file, given := lastArgument(dockerd, "--config-file"); given {
		return file, path.IsAbs(file)
	}
	return "/etc/docker/daemon.json", dockerd.UIDs.Real == 0
}

// lastArgument is what stands behind an option, or behind its "=", the last time that it is
// given, which counts.
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
