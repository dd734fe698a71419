package engine

import (
	"regexp"
	"strconv"
)

// serverLine is the name of Docker's engine in each answer (HTTP Server).
var serverLine = regexp.MustCompile(`^Docker/(\d+)\.(\d+)`)

// fixesGrace reports whether the engine with this name in its answers has a fixed default of the
// grace period. Docker before 29.7 has. Later versions have default-stop-timeout, and podman has
// stop_timeout in containers.conf. No answer has the values of these.
func fixesGrace(server string) bool {
	match := serverLine.FindStringSubmatch(server)
	if match == nil {
		return false
	}
	major, errMajor := strconv.Atoi(match[1])
	minor, errMinor := strconv.Atoi(match[2])
	const firstMajor, firstMinor = 29, 7
	nightly := major == 0 // the version is the time of the build, not of a release
	return errMajor == nil && errMinor == nil && !nightly && (major < firstMajor || major == firstMajor && minor < firstMinor)
}
