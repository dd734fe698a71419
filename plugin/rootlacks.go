package plugin

import (
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// rootLacks says what a root without all rights needs to read other processes, as in a
// container, and the options of docker run that give it.
func rootLacks(h procfs.Host) string {
	var needs, options []string
	// If nothing is missing, the capability is one of another user namespace than the host's.
	if !h.CanPtrace || !h.OwnFilesOnly && h.Confined == "" {
		needs, options = append(needs, "CAP_SYS_PTRACE"), append(options, "--cap-add SYS_PTRACE")
	}
	if h.OwnFilesOnly {
		needs, options = append(needs, "CAP_DAC_READ_SEARCH"), append(options, "--cap-add DAC_READ_SEARCH")
	}
	if h.Confined != "" {
		needs, options = append(needs, "no AppArmor profile (here "+h.Confined+")"), append(options, "--security-opt apparmor=unconfined")
	}
	return strings.Join(needs, " and ") + ": docker run " + strings.Join(options, " ")
}
