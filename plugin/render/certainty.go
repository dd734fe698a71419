package render

import (
	"fmt"
	"io"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// CertaintyDocument writes docs/certainty.md: the claims about signals and docker stop, then
// those about the past of a container.
func CertaintyDocument(out io.Writer, stops, ends []inspect.Claim) {
	_, _ = io.WriteString(out, "# When `docker pidns` is certain\n\nThis page is generated from the code. `%s` and `%d` stand for what differs between containers.\nA statement that is not listed is never called certain.\n")
	_, _ = io.WriteString(out, "\n## Signals and docker stop\n\nStatements of `signals`, `doctor` and `explain` (`inspect/signal/certainty.go`).\n")
	writeClaims(out, stops)
	_, _ = io.WriteString(out, "\n## The past of a container, and why it exited\n\nStatements of `explain` (`inspect/explain/certainty.go`).\n")
	writeClaims(out, ends)
}

func writeClaims(out io.Writer, claims []inspect.Claim) {
	for _, c := range claims {
		_, _ = fmt.Fprintln(out)
		for _, text := range c.Says {
			_, _ = fmt.Fprintf(out, "- `%s`\n", text)
		}
		_, _ = fmt.Fprintf(out, "\n**Certain if.** %s\n", c.If)
		for _, more := range [][2]string{{"Unless", c.Unless}, {"Not checked", c.Open}} {
			if more[1] != "" {
				_, _ = fmt.Fprintf(out, "\n**%s.** %s\n", more[0], more[1])
			}
		}
	}
}
