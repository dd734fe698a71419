package render

import (
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// signalsKeys are the keys of one container's forecast.
type signalsKeys struct {
	containerKeys
	Command string
	HostPID int
	// ContainerPID (int) is its PID inside; NSInit: it is the init of its PID
	// namespace.
	ContainerPID any
	NSInit       bool
	// StopSignal is "SIGTERM"; StopTimeoutSeconds (float) is negative for no end.
	StopSignal         string
	StopTimeoutSeconds any
	// Forecast is handled, ignored, delayed, hangs or unknown; Certainty certain,
	// likely or unknown.
	Forecast, Certainty string
	// Blocker (int) is the host PID of the process that holds it up.
	Blocker any
	// Reaps is yes, no or unknown.
	Reaps, ReapsWhy string
	Evidence        []string
	// Unheard are the host PIDs of processes that are SIGKILLed when PID 1 ends,
	// unless PID 1 tells them before; Absent says why there may be more.
	Unheard []int
	// Lost are the host PIDs of processes that listen to the stop signal and are killed
	// before they hear of it, or before they are through.
	Lost []int
	// Now is the command that lets go on who was stopped, Cure what lasts.
	Now, Cure string
	// CureOptions are the options of docker run that carry the cure out, none where a
	// script, a program or a person has to; CureForecast and CureCertainty are what docker
	// stop comes to then, and CureLost who is lost.
	CureOptions                 []string
	CureForecast, CureCertainty any
	CureLost                    []int
	// Absent says why a value is null, or a list not whole.
	Absent absences
}

func signalsRows(forecasts []signal.Forecast, host string) []signalsKeys {
	rows := make([]signalsKeys, len(forecasts))
	for i := range forecasts {
		rows[i] = signalsRowOf(&forecasts[i], host)
	}
	return rows
}

func pidsOf(list []*procfs.Process) []int {
	pids := make([]int, 0, len(list))
	for _, p := range list {
		pids = append(pids, p.PID)
	}
	return pids
}

func signalsRowOf(f *signal.Forecast, host string) signalsKeys {
	k := signalsKeys{
		containerKeys: containerKeysOf(host, f.Container), Command: strings.Join(f.Process.Args.Or([]string{f.Process.Comm}), " ") + string(cutArgs(f.Process)),
		HostPID: f.Process.PID, NSInit: f.NSInit, StopSignal: procfs.SignalName(f.Signal), StopTimeoutSeconds: f.Timeout.Seconds(),
		Forecast: string(f.Outcome), Certainty: string(f.Certainty), Reaps: string(f.Reaps), ReapsWhy: f.ReapsWhy,
		Evidence: f.Evidence, Unheard: pidsOf(f.Unheard), Lost: pidsOf(f.Lost.Processes),
		Now: f.Now, Cure: f.Cure.Text, CureOptions: f.Cure.Change.Options(), CureLost: []int{}, Absent: absences{},
	}
	if promise := f.Cure.Promise; promise != nil {
		k.CureForecast, k.CureCertainty, k.CureLost = string(promise.Outcome), string(promise.Certainty), pidsOf(promise.Lost.Processes)
	} else {
		k.Absent["CureForecast"], k.Absent["CureCertainty"] = procfs.NotHeld, procfs.NotHeld
	}
	if f.Container.GraceOverflows {
		k.StopTimeoutSeconds, k.Absent["StopTimeoutSeconds"] = nil, procfs.Unsupported
	}
	if f.OthersUnread != "" {
		k.Absent["Unheard"] = f.OthersUnread
	}
	k.ContainerPID, k.Blocker = orAbsent(k.Absent, "ContainerPID", firstOf(f.ContainerPIDs)), orAbsent(k.Absent, "Blocker", pidOf(f.Blocker))
	return k
}
