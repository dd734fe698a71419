package render

import (
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// signalsKeys are the keys of one container's forecast.
type signalsKeys struct {
	containerKeys
	// Command is the arguments of the main process, joined by blanks.
	Command string
	// HostPID is the PID of the main process in the /proc that was read.
	HostPID int
	// ContainerPID (int) is the PID of the main process in the container.
	ContainerPID any
	// NSInit is true where the main process is the init of its PID namespace.
	NSInit bool
	// StopSignal is the name of the signal that docker stop sends, such as SIGTERM.
	StopSignal string
	// StopTimeoutSeconds (float) is the grace period. A negative value means that docker
	// stop waits without end.
	StopTimeoutSeconds any
	// Forecast is handled, ignored, delayed, hangs or unknown: what docker stop will come to.
	Forecast string
	// Certainty is certain, likely or unknown.
	Certainty string
	// Blocker (int) is the host PID of the process that delays the stop.
	Blocker any
	// Reaps is yes, no or unknown: whether PID 1 reaps the orphans that it adopts.
	Reaps string
	// ReapsWhy is the reason for Reaps.
	ReapsWhy string
	// Evidence are the facts on which the forecast rests.
	Evidence []string
	// Unheard are the host PIDs of processes that are killed when PID 1 exits, unless PID 1
	// signals them before. Absent says why there may be more.
	Unheard []int
	// Lost are the host PIDs of processes that handle the stop signal, and are killed
	// before they receive it or before they have finished.
	Lost []int
	// Now is the command that lets a stopped process go on.
	Now string
	// Cure is the lasting fix.
	Cure string
	// CureOptions are the options of docker run that carry out the fix. The list is empty
	// where a script, a program or a person must change.
	CureOptions []string
	// CureForecast (string) is the Forecast with the fix.
	CureForecast any
	// CureCertainty (string) is the Certainty of CureForecast.
	CureCertainty any
	// CureLost are the host PIDs that Lost would have with the fix.
	CureLost []int
	// Absent says why a value is null, or a list not whole.
	Absent absences
}

func (s Screen) signalsRows(forecasts []signal.Forecast, host string) []signalsKeys {
	rows := make([]signalsKeys, len(forecasts))
	for i := range forecasts {
		rows[i] = signalsRowOf(&forecasts[i], s.hostName(forecasts[i].Container, host))
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
