package explain

import "github.com/docker-pidns/docker-pidns/inspect"

// Claims are the claims about the past of a container, and about why it exited.
func Claims() []inspect.Claim {
	return []inspect.Claim{
		{
			Says: []string{"Exit code %d, %s: %s", "It has never run.", "It could not be started: %s", "It could not be started again: %s"},
			If:   "The engine reports it (State). The meaning of the exit code is stated as a custom, not as the cause.",
		},
		{
			Says:   []string{"The trace saw at %s: %s."},
			If:     "A row of docker pidns trace is about the main process of this run. It ended less than two seconds from FinishedAt. The kernel reported the sender and the exit.",
			Unless: "It is only likely if names alone show that it was the engine, because the shim was not known. It is likely for cgroup.kill and for a terminal that hung up. So it is for processes that share memory with a victim of the OOM killer.",
			Open:   "Which client of the engine asked. A file that is not what trace wrote.",
		},
		{
			Says: []string{"The trace does not show its exit."},
			If:   "No row of the file is about the main process of this run and its end.",
		},
		{
			Says: []string{"docker stop sent %s, then killed the container %s later (SIGKILL).", "docker stop sent %s, then killed the container (SIGKILL)."},
			If:   "The engine has a stop event, and its last kill event has SIGKILL. The exit code is 137.",
			Open: "A SIGKILL from the host immediately before the SIGKILL of the engine.",
		},
		{
			Says:   []string{"docker stop: %s terminated it within %s."},
			If:     "The engine has a stop event and sent this signal last. The exit code is 128 plus the signal.",
			Unless: "If the exit code names another signal, docker stop is not the cause, even if it was in progress.",
			Open:   "A program that would have exited with this code at that moment anyway.",
		},
		{
			Says:   []string{"docker stop sent %s and the container exited just before SIGKILL, which would give exit code 137.", "docker stop: it exited within %s of %s.", "docker kill sent %s %s before the exit.", "docker stop sent %s %s before the exit, but exit code %d does not belong to that signal.", "docker kill sent %s %s before the exit, but exit code %d does not belong to that signal."},
			If:     "The statement says only what was sent, and when the container exited. The engine's events and its State show this.",
			Unless: "The cause is not stated. A program may exit by itself although it ignores a pending signal.",
		},
		{
			Says:   []string{"docker kill: %s terminated it."},
			If:     "The engine sent this signal less than two seconds before the exit. The exit code is 128 plus the signal.",
			Unless: "SIGKILL (137) is attributed to docker only if docker's event has signal 9.",
			Open:   "The same signal from another sender within these two seconds.",
		},
		{
			Says:   []string{"Docker did not stop or kill it (no kill event)."},
			If:     "The engine is Docker's (GET /version), and its events reach back to the start of the run.",
			Unless: "podman reports no kill when it stops a container, and other engines are unknown. For them it is not stated. It is only likely if the events reach back only as far as the grace period. A docker stop with a longer -t may then be forgotten.",
			Open:   "A kill that failed, which leaves no event.",
		},
		{
			Says:   []string{"The OOM killer did not kill it: it has not killed any process on this host since boot."},
			If:     "oom_kill in /proc/vmstat is 0 on the engine's host, and the run began after boot.",
			Unless: "If only OOMKilled is false, it is at most likely. With cgroup v1 the engine is not informed if the host itself has no memory left. It is not informed of a group below the container's either, and may be informed too late.",
		},
		{
			Says:   []string{"The OOM killer killed it: %s (kernel log: %s, PID %d).", "The OOM killer killed a process of it %s: %s (kernel log: %s, PID %d). %s", "The OOM killer killed another of its processes%s: %s. The main process exited with %d."},
			If:     "The kernel log names a victim in the container's memory group or below it, in this run. The first ID in the group's path decides.",
			Unless: "The clock of the log may differ by 100 in a million of the time since boot. If the victim may belong to the previous run, or to another moment, it is only likely. An oom event of this run that agrees makes it certain. A line is left out if a name in it could be taken for a key.",
			Open:   "A SIGKILL from outside, within two seconds of the OOM killer's kill of another of its processes.",
		},
		{
			Says:   []string{"The OOM killer killed it: %s.", "The OOM killer also killed a process at that time: %s.", "The OOM killer killed a process of it %s: %s. %s"},
			If:     "The engine has an oom event, and the host has only cgroup v2. There the event is about a victim in the container's own group.",
			Unless: "With cgroup v1 the event reaches all groups below the group that ran out of memory. Then it is only likely. If the kernel log names another container, the event belongs to that container.",
		},
		{
			Says:   []string{"Its restart policy (%s) has restarted it %s. This run began %s%s.", "Docker will restart it after a delay (policy %s%s)."},
			If:     "The engine reports it (RestartCount, State.Restarting).",
			Unless: "A docker kill while it waits cancels the restart.",
		},
		{
			Says:   []string{"docker sent it %s %s, which cancels its restart policy (%s) until docker restart.", "docker sent %s%s, which cancels the policy until docker start."},
			If:     "Docker's engine has a kill event of this run. With unless-stopped, or without a stop signal, any signal counts. Otherwise SIGKILL or the stop signal counts (moby, daemon/kill.go, killWithSignal).",
			Unless: "With another engine it is only likely. docker update, docker pause, and docker start of a running container do not restore the policy. docker restart restores it, and docker start after the exit does too.",
		},
		{
			Says: []string{"it removes the container, its logs and anonymous volumes on exit (--rm).", "the container has no restart policy.", "its restart policy (%s) gives up after a failed start.", "its restart policy (on-failure) acts only on failures.", "its restart policy (on-failure) has tried %s and given up."},
			If:   "The configuration and state of the container show it (HostConfig.AutoRemove, HostConfig.RestartPolicy, RestartCount, State.Error).",
		},
		{
			Says: []string{"%s of it still running."},
			If:   "/proc has processes in the container's control group, or below its shim.",
		},
	}
}
