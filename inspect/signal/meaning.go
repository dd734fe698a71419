package signal

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// meaning is what a program makes of a signal by its own documentation, where that is
// more than that it listens to it.
type meaning struct {
	outcome Outcome
	// why is a sentence on it.
	why string
}

// Signals that mean something of their own to some programs.
const (
	sigUSR1   = 10
	sigUSR2   = 12
	sigWINCH  = 28
	sigPWR    = 30
	sigRTMIN3 = 37
	sigRTMIN4 = 38
)

// asFirst are the meanings that hold for a program that is PID 1 alone.
var asFirst = map[string]map[int]meaning{
	// systemd(1), SIGNALS
	systemd: {
		procfs.SIGTERM: {OutcomeIgnored, "systemd as PID 1 executes itself anew at SIGTERM, and goes on"},
		sigHUP:         {OutcomeIgnored, "systemd as PID 1 reloads its configuration at SIGHUP"},
		procfs.SIGINT:  {OutcomeUnknown, "systemd as PID 1 starts ctrl-alt-del.target at SIGINT: what that does is for its units to say"},
		sigUSR1:        {OutcomeIgnored, "systemd as PID 1 connects to D-Bus anew at SIGUSR1"},
		sigUSR2:        {OutcomeIgnored, "systemd as PID 1 writes its state to the log at SIGUSR2"},
		sigWINCH:       {OutcomeIgnored, "systemd as PID 1 starts kbrequest.target at SIGWINCH"},
		sigPWR:         {OutcomeIgnored, "systemd as PID 1 starts sigpwr.target at SIGPWR"},
		sigRTMIN3:      {OutcomeHandled, "systemd as PID 1 halts at SIGRTMIN+3"},
		sigRTMIN4:      {OutcomeHandled, "systemd as PID 1 powers off at SIGRTMIN+4"},
	},
}

// always are those that hold wherever it runs.
var always = map[string]map[int]meaning{
	uwsgi: {
		procfs.SIGINT:  {OutcomeHandled, "uwsgi ends at SIGINT"},
		procfs.SIGQUIT: {OutcomeHandled, "uwsgi ends at SIGQUIT"},
		sigHUP:         {OutcomeIgnored, "uwsgi reloads at SIGHUP"},
	},
	postgres: {
		procfs.SIGINT: {OutcomeHandled, "postgres ends its clients at SIGINT, and itself"},
		sigHUP:        {OutcomeIgnored, "postgres reads its configuration anew at SIGHUP"},
	},
}

// meanings are those of the subject's program.
func (s *subject) meanings() map[int]meaning {
	if known := asFirst[s.program.name]; known != nil && s.init {
		return known
	}
	return always[s.program.name]
}

// ownMeaning is what the signal means to the program; false where it is not known of it.
func (d *delivery) ownMeaning() (Judgement, bool) {
	m, known := d.meanings()[d.n]
	if !known {
		return Judgement{}, false
	}
	certainty := inspect.Likely
	if m.outcome == OutcomeUnknown {
		certainty = inspect.Uncertain
	}
	return d.comesTo(m.outcome, certainty, m.why), true
}

// endsOn are the signals by which the program is told to end, where that is known of it.
func (s *subject) endsOn() []int {
	var list []int
	for n, m := range s.meanings() {
		if m.outcome == OutcomeHandled {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list
}
