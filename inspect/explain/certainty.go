package explain

import "github.com/docker-pidns/docker-pidns/inspect"

// Claims are those about a container's past and its end.
func Claims() []inspect.Claim {
	return []inspect.Claim{
		{
			Says: []string{"it exited with %d, %s: %s", "it has never run", "it could not be started: %s", "it could not be started again: %s"},
			If:   "The engine says so (State). What the exit code stands for is said as a custom, not as the cause.",
		},
		{
			Says: []string{"docker stop: %s had not ended it when SIGKILL followed %s later", "docker stop: %s had not ended it when SIGKILL followed"},
			If:   "The engine has a stop event and, as its last kill event, one with SIGKILL, and the exit code is 137.",
			Open: "A SIGKILL from the host in the moment before the engine's.",
		},
		{
			Says:   []string{"docker stop: it ended on %s within %s"},
			If:     "The engine has a stop event and sent this signal last, and the exit code is 128 and the signal.",
			Unless: "The exit code names another signal: then docker stop is not the cause, even if it was under way.",
			Open:   "A program that would have exited with this code at that moment anyway.",
		},
		{
			Says:   []string{"docker stop: it had ended after %s when SIGKILL came, which leaves 137", "docker stop: it ended within %s of %s", "docker kill sent %s %s before it ended", "docker stop sent %s %s before it ended, but %d is not of that signal", "docker kill sent %s %s before it ended, but %d is not of that signal"},
			If:     "They say what was sent, and when it ended: the engine's events and its State.",
			Unless: "Why it ended is not said here: a program may end by itself while a signal that it ignores waits for it.",
		},
		{
			Says:   []string{"docker kill: %s"},
			If:     "The engine sent this signal less than two seconds before the end, and the exit code is 128 and the signal.",
			Unless: "SIGKILL (137) is docker's only where docker's event has signal 9.",
			Open:   "The same signal from somebody else within these two seconds.",
		},
		{
			Says:   []string{"not docker (no kill event)"},
			If:     "The engine is Docker's (GET /version), and its events reach back to the start of the run.",
			Unless: "podman tells of no kill when it stops a container; of other engines it is not known: then it is not said. Where the events reach back only as far as the grace period, a longer docker stop -t may be forgotten: likely.",
			Open:   "A kill that failed, which leaves no event.",
		},
		{
			Says:   []string{"not the OOM killer: it has killed nobody on this host since boot"},
			If:     "/proc/vmstat, oom_kill, is 0 on the engine's host, and the run began after boot.",
			Unless: "OOMKilled false alone is likely at best: with cgroup v1 the engine does not hear of a host without memory, nor of a group below the container's, and it may hear too late.",
		},
		{
			Says:   []string{"the kernel's OOM killer struck: %s (the kernel log: %s, %d)", "the kernel's OOM killer struck in it %s, as %s (the kernel log: %s, %d); %s", "the kernel's OOM killer struck another of its processes%s, as %s; its main process ended with %d"},
			If:     "The kernel log names a victim in the container's memory group or below it, in this run. The first ID in the group's path decides.",
			Unless: "The clock of the log may be apart by 100 in a million of the time since boot, so that it may have been the run before, or another moment: likely, unless an oom event of this run agrees. Where a name in the line could be taken for a key, the line is left out.",
			Open:   "A SIGKILL from outside within two seconds of the end of another of its processes by the OOM killer.",
		},
		{
			Says:   []string{"the kernel's OOM killer struck: %s", "the kernel's OOM killer struck at that time too, as %s", "the kernel's OOM killer struck in it %s, as %s; %s"},
			If:     "The engine has an oom event, and the host has cgroup v2 alone, where that is about a victim in the container's own group.",
			Unless: "With cgroup v1 the event reaches all groups below one that ran out: likely, or another's where the kernel log names that one.",
		},
		{
			Says:   []string{"its restart policy (%s) has started it again %s. This run began %s%s", "its restart policy (%s) waits a while and starts it again%s"},
			If:     "The engine says so (RestartCount, State.Restarting).",
			Unless: "A docker kill while it waits ends the waiting.",
		},
		{
			Says:   []string{"docker sent it %s %s, which has cancelled its restart policy (%s) until docker restart", "docker sent it %s%s, which cancels that until docker start"},
			If:     "Docker's engine has a kill event of this run: any signal for unless-stopped, and where no stop signal is set; else SIGKILL or the stop signal (moby, daemon/kill.go, killWithSignal).",
			Unless: "Another engine: likely. docker update, docker start while it runs, and docker pause do not bring the policy back; docker restart, and docker start after the end, do.",
		},
		{
			Says: []string{"docker removes it at its end, with its logs and anonymous volumes (--rm)", "it has no restart policy", "its restart policy (%s) gives up when a start fails", "on-failure restarts failures alone", "on-failure has tried %s, and given up"},
			If:   "The container was made so (HostConfig.AutoRemove, HostConfig.RestartPolicy, RestartCount, State.Error).",
		},
		{
			Says: []string{"%s of it still alive: docker pidns who %d"},
			If:   "/proc has processes in its control group, or below its shim.",
		},
	}
}
