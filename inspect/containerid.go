package inspect

// idLength is the number of hexadecimal digits of a container's ID.
const idLength = 64

// appendContainerIDs appends the container IDs in the text: 64 lower-case hexadecimal digits in
// a row each. Every process has a dozen cgroup lines. On a large host, a regular expression took
// most of the time.
func appendContainerIDs(ids []string, text string) []string {
	digits := 0
	for i := range len(text) {
		if !isHexDigit(text[i]) {
			digits = 0
			continue
		}
		if digits++; digits == idLength {
			ids = append(ids, text[i+1-idLength:i+1])
			digits = 0
		}
	}
	return ids
}

func isHexDigit(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' }

// holdsContainerID reports whether the text has a container ID.
func holdsContainerID(text string) bool { return len(appendContainerIDs(nil, text)) > 0 }

// GroupID is the first ID in the path of a control group, which the runtime has put there.
// Groups below it may have been named from inside the container. It is "" if there is no ID.
func GroupID(path string) string {
	if ids := appendContainerIDs(nil, path); len(ids) > 0 {
		return ids[0]
	}
	return ""
}
