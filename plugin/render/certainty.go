package render

import (
	"fmt"
	"io"

	"github.com/docker-pidns/docker-pidns/inspect/explain"
)

// CertaintyDocument writes docs/certainty.md.
func CertaintyDocument(out io.Writer, claims []explain.Claim) {
	_, _ = io.WriteString(out, "# When `docker pidns explain` is certain\n\nOf a container's past and its end. Written from the code (`inspect/explain/certainty.go`); `%s` and `%d` stand for\nwhat differs from one container to another. What is not listed is never called certain there.\n")
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
