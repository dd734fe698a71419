package measure

import "slices"

// GraceLabel is the label of a container that has to be stopped in order, such as a database. Its
// value is not looked at. An alert can then be about these containers only.
const GraceLabel = "pidns.grace"

// ofContainer are the labels of every number about one container. What else is known of it is in
// pidns_container_info.
var ofContainer = []string{"name", "id"}

// The families about one container.
var (
	containerInfo = Definition{"pidns_container_info", Gauge, with("image", "compose_project", "compose_service"),
		"A running container, always 1. Join it by id to see the image or the compose service."}
	containerZombies = Definition{"pidns_container_zombies", Gauge, with("reaper"),
		"Zombies that two looks have seen. The label reaper is the process that has not waited for them: PID 1 (pid1) or another process (other)."}
	containerZombieOldest = Definition{"pidns_container_zombie_oldest_seconds", Gauge, ofContainer,
		"Age of the oldest zombie, since the start of its process. There is no series without zombies."}
	containerProcesses = Definition{"pidns_container_processes", Gauge, ofContainer,
		"Processes of the container that have not exited."}
	containerThreads = Definition{"pidns_container_threads", Gauge, ofContainer,
		"Threads of these processes, main threads included."}
	containerOrphans = Definition{"pidns_container_orphans", Gauge, ofContainer,
		"Processes that have not exited and are proved to be reparented."}
	containerExecSessions = Definition{"pidns_container_exec_sessions", Gauge, ofContainer,
		"First processes of exec sessions that have not exited, those of health checks included."}
	containerPIDs = Definition{"pidns_container_pids", Gauge, ofContainer,
		"Tasks that the container's control group counts: processes, threads and zombies (pids.current)."}
	containerPIDsLimit = Definition{"pidns_container_pids_limit", Gauge, ofContainer,
		"Limit of these tasks (pids.max). There is no series without a limit."}
	containerForkFailures = Definition{"pidns_container_fork_failures_total", Counter, ofContainer,
		"Forks that failed because pids.max was reached (pids.events), since the container started."}
	containerStopForecast = Definition{"pidns_container_stop_forecast", Gauge, with("outcome"),
		"What docker stop will do: 1 for the outcome that is forecast, 0 for the others. With ignored it waits for its timeout and kills (137)."}
	containerGraceWanted = Definition{"pidns_container_grace_wanted", Gauge, ofContainer,
		"1 if the container has the label " + GraceLabel + ". Then docker stop should let it exit cleanly, without a kill."}
	containerReaps = Definition{"pidns_container_reaps", Gauge, with("verdict"),
		"Whether PID 1 reaps orphaned processes: 1 for the verdict, 0 for the others."}
	containerNamespaceStale = Definition{"pidns_container_namespace_stale", Gauge, with("type"),
		"1 if the container still uses the old namespace of a container that was restarted. There is a series for each namespace that it joined."}
	containerUnread = Definition{"pidns_container_unread", Gauge, with("what"),
		"1 if a number of the container could not be read. The label what is the metric without pidns_container_. That metric then has no series."}
)

// The families about the host, its engine and the look itself.
var (
	findings = Definition{"pidns_findings", Gauge, []string{"rule", "severity"},
		"Number of findings of docker pidns doctor, by rule."}
	ruleUnread = Definition{"pidns_rule_unread", Gauge, []string{"rule"},
		"1 if something that the rule needs could not be read or determined. The rule may then find too little, and 0 findings have no series."}
	leftoverShims = Definition{"pidns_leftover_shims", Gauge, nil,
		"Shims of the engine that still run although their container does not."}
	hostUnread = Definition{"pidns_host_unread", Gauge, []string{"what"},
		"1 if something of the host could not be read. The label what is processes (those that cannot be assigned to a container) or leftover_shims."}
	engineUp = Definition{"pidns_engine_up", Gauge, nil,
		"1 if the engine answered. With 0 the containers are those that /proc shows, and names may be IDs."}
	up = Definition{"pidns_up", Gauge, nil,
		"1 if the host could be looked at. With 0 there are no other numbers about it."}
	captureDuration = Definition{"pidns_capture_duration_seconds", Gauge, nil,
		"How long the look took, including the wait before the second look at zombies."}
	captureErrors = Definition{"pidns_capture_errors_total", Counter, []string{"reason"},
		"How often something could not be read since this program started: a whole look (failed, deadline) or a part of one."}
	buildInfo = Definition{"pidns_build_info", Gauge, []string{"version"},
		"The version of docker pidns, always 1."}
)

// definitions are all families, in the order in which they are documented and written.
var definitions = []*Definition{
	&containerInfo, &containerZombies, &containerZombieOldest, &containerProcesses, &containerThreads,
	&containerOrphans, &containerExecSessions, &containerPIDs, &containerPIDsLimit, &containerForkFailures,
	&containerStopForecast, &containerGraceWanted, &containerReaps, &containerNamespaceStale, &containerUnread,
	&findings, &ruleUnread, &leftoverShims, &hostUnread, &engineUp, &up, &captureDuration, &captureErrors, &buildInfo,
}

// Definitions are all families, in the order in which they are documented.
func Definitions() []Definition {
	var list []Definition
	for _, d := range definitions {
		list = append(list, *d)
	}
	return list
}

// with are the labels of a number of which a container has several.
func with(more ...string) []string { return slices.Concat(ofContainer, more) }
