package plugin

import (
	"strings"

	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// ErrorText is an error as it is written to standard error. An engine or a file may have
// chosen words of it, so every line is escaped.
func ErrorText(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		lines[i] = string(render.Escape(line))
	}
	return strings.Join(lines, "\n")
}
