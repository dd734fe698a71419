package inspect

import (
	"fmt"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// KillCommand signals the process from the host, which needs nothing of the
// container: docker exec would need a kill program in the image, a user that
// may signal the process, and a free PID. It is "" where the reader is in the container: the
// kernel protects the init from there.
func (ix *Index) KillCommand(p *procfs.Process, signal string) string {
	if ix.own() != nil && ix.IsNSInit(p) {
		return ""
	}
	return ix.AsRoot(fmt.Sprintf("kill %s%d", signal, p.PID))
}

// AsRoot puts sudo before the command, unless the reader was root.
func (ix *Index) AsRoot(command string) string {
	if ix.Capture.Host.EUID == 0 && ix.Capture.Host.CanPtrace {
		return command
	}
	return "sudo " + command
}

// ShellWord quotes a word for a shell, if necessary.
func ShellWord(word string) string {
	quoted := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_./:=,@%+-", r)
	}
	if word != "" && !strings.ContainsFunc(word, quoted) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
