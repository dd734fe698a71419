package limit

import (
	"strconv"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// kernelAtLeast compares a release such as "6.18.44-fc" with a version. The
// second value is false if the release has no such version.
func kernelAtLeast(release procfs.Opt[string], major, minor int) (bool, bool) {
	first, rest, _ := strings.Cut(release.Or(""), ".")
	digits := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if digits >= 0 {
		rest = rest[:digits]
	}
	a, errA := strconv.Atoi(first)
	b, errB := strconv.Atoi(rest)
	if errA != nil || errB != nil {
		return false, false
	}
	return a > major || a == major && b >= minor, true
}
