package main

import (
	"fmt"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect/measure"
)

// metricsTable is the table of all metrics.
func metricsTable() string {
	var b strings.Builder
	b.WriteString("| metric | labels | meaning |\n|---|---|---|\n")
	for _, d := range measure.Definitions() {
		labels := ""
		if len(d.Labels) > 0 {
			labels = "`" + strings.Join(d.Labels, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", d.Name, labels, cell(d.Help))
	}
	return b.String()
}
