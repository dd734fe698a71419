package procfs

import "strings"

// EnforcedProfile is the AppArmor profile of a task by /proc/PID/attr/current, "" if none is
// enforced: "docker-default (enforce)" (security/apparmor/procattr.c). Other security modules write
// the file in other ways.
func EnforcedProfile(current string) string {
	for _, mode := range []string{" (enforce)", " (kill)"} {
		if name, ok := strings.CutSuffix(strings.TrimSpace(current), mode); ok {
			return name
		}
	}
	return ""
}
