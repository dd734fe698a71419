package engine

import (
	"regexp"
	"strconv"
)

// serverLine is how Docker's engine names itself in each answer (HTTP Server).
var serverLine = regexp.MustCompile(`^Docker/(\d+)\.(\d+)`)

// fixesGrace reports whether the engine that names itself so in its answers has one default
// of the grace period, which nobody can change: Docker's before 29.7. Later ones have
// default-stop-timeout, and podman has stop_timeout in containers.conf; no answer tells of
// these.
func fixesGrace(server string) bool {
	match := serverLine.FindStringSubmatch(server)
	if match == nil {
		return false
	}
	major, errMajor := strconv.Atoi(match[1])
	minor, errMinor := strconv.Atoi(match[2])
	const firstMajor, firstMinor = 29, 7
	return errMajor == nil && errMinor == nil && (major < firstMajor || major == firstMajor && minor < firstMinor)
}
