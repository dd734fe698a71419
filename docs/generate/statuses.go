package main

import (
	"fmt"
	"strings"

	"github.com/docker-pidns/docker-pidns/plugin"
)

// allStatuses is the table of the exit statuses of all commands.
func allStatuses() string {
	var b strings.Builder
	b.WriteString("| status | meaning |\n|---|---|\n")
	for _, m := range plugin.ExitMeanings() {
		meaning := cell(m.Meaning)
		if len(m.Options) > 0 {
			meaning += " (only with `--" + strings.Join(m.Options, "`, `--") + "`)"
		}
		fmt.Fprintf(&b, "| %d | %s |\n", m.Status, meaning)
	}
	return b.String()
}
