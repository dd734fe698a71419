package signal

import (
	"path"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// meaning is what a program makes of a signal by its own documentation, where that is
// more than that it listens to it.
type meaning struct {
	outcome Outcome
	// why is a sentence on it, without the program's name in front.
	why string
	// proper: it is the way to tell the program to end.
	proper bool
	// takes is the capability without which it does not come to its end, 0 for none.
	takes int
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
	systemd: { // systemd(1), SIGNALS
		procfs.SIGTERM: goesOn("executes itself anew at SIGTERM"),
		sigHUP:         goesOn("reloads its configuration at SIGHUP"),
		procfs.SIGINT:  ends("starts ctrl-alt-del.target at SIGINT, which mostly reboots"),
		procfs.SIGQUIT: ends("takes SIGQUIT for a crash of its own, and ends"),
		sigUSR1:        goesOn("connects to D-Bus anew at SIGUSR1"),
		sigUSR2:        goesOn("writes its state to the log at SIGUSR2"),
		sigWINCH:       goesOn("starts kbrequest.target at SIGWINCH"),
		sigPWR:         goesOn("starts sigpwr.target at SIGPWR"),
		sigRTMIN3:      properEnd("halts at SIGRTMIN+3"),
		sigRTMIN4:      ends("powers off at SIGRTMIN+4"),
	},
	busyboxInit: { // init/init.c of BusyBox
		procfs.SIGTERM: properEnd("reboots at SIGTERM, which ends its PID namespace"),
		sigUSR1:        ends("halts at SIGUSR1"),
		sigUSR2:        ends("powers off at SIGUSR2"),
		sigPWR:         ends("halts at SIGPWR"),
		procfs.SIGINT:  mayEnd("runs the ctrlaltdel entries of its inittab at SIGINT"),
		procfs.SIGQUIT: goesOn("runs the restart entries of its inittab at SIGQUIT"),
		sigHUP:         goesOn("reads its inittab anew at SIGHUP"),
	},
	sysvinit: { // init(8)
		procfs.SIGINT: mayBoot("runs the ctrlaltdel entries of its inittab at SIGINT"),
		sigHUP:        goesOn("reads its inittab anew at SIGHUP"),
		sigUSR1:       goesOn("opens its control FIFO anew at SIGUSR1"),
		sigUSR2:       goesOn("closes its control FIFO at SIGUSR2"),
		sigPWR:        mayBoot("runs the power entries of its inittab at SIGPWR"),
		sigWINCH:      mayBoot("runs the kbrequest entries of its inittab at SIGWINCH"),
	},
	runit: { // runit(8)
		procfs.SIGINT:  mayBoot("runs /etc/runit/ctrlaltdel at SIGINT, and then its stage 3"),
		sigPWR:         mayBoot("runs its stage 3 at SIGPWR"),
		procfs.SIGTERM: goesOn("takes SIGTERM for nothing"),
		sigHUP:         goesOn("takes SIGHUP for nothing"),
	},
	openrcInit: { // openrc-init(8)
		procfs.SIGTERM: {OutcomeHandled, "shuts down at SIGTERM by reboot(2)", true, procfs.CapSysBoot},
		procfs.SIGINT:  {OutcomeHandled, "reboots at SIGINT by reboot(2)", false, procfs.CapSysBoot},
		sigPWR:         {OutcomeHandled, "shuts down at SIGPWR by reboot(2)", false, procfs.CapSysBoot},
	},
}

// s6Overlay is the folder of services of s6-overlay, which has scripts for every signal.
const s6Overlay = "/run/service"

// always are those that hold wherever it runs.
var always = map[string]map[int]meaning{
	s6svscan: { // s6-svscan, SIGNALS
		procfs.SIGTERM: properEnd("stops its services at SIGTERM, and ends"),
		procfs.SIGINT:  ends("stops its services at SIGINT, and ends"),
		procfs.SIGQUIT: ends("stops its services at SIGQUIT, and ends"),
		sigHUP:         goesOn("looks for new services at SIGHUP"),
		sigUSR1:        goesOn("runs .s6-svscan/SIGUSR1 at SIGUSR1, if there is one"),
		sigUSR2:        goesOn("runs .s6-svscan/SIGUSR2 at SIGUSR2, if there is one"),
		sigPWR:         goesOn("runs .s6-svscan/SIGPWR at SIGPWR, if there is one"),
		sigWINCH:       goesOn("runs .s6-svscan/SIGWINCH at SIGWINCH, if there is one"),
	},
	"supervisord": {
		sigHUP:  goesOn("starts all anew at SIGHUP"),
		sigUSR2: goesOn("opens its logs anew at SIGUSR2"),
	},
	su:    {procfs.SIGTERM: ends("passes SIGTERM on, and after two seconds kills what it has started")},
	"npm": {procfs.SIGTERM: ends("ends at SIGTERM, whatever it has started")},
	uwsgi: {
		procfs.SIGINT:  properEnd("ends at SIGINT"),
		procfs.SIGQUIT: ends("ends at SIGQUIT"),
		sigHUP:         goesOn("reloads at SIGHUP"),
	},
	postgres: {
		procfs.SIGINT: properEnd("ends its clients at SIGINT, and itself"),
		sigHUP:        goesOn("reads its configuration anew at SIGHUP"),
	},
	nginx: { // nginx(8)
		sigHUP:   goesOn("reads its configuration anew at SIGHUP"),
		sigUSR1:  goesOn("opens its logs anew at SIGUSR1"),
		sigUSR2:  goesOn("starts its executable anew at SIGUSR2"),
		sigWINCH: goesOn("ends only its workers at SIGWINCH"),
	},
	apache: { // Stopping and Restarting Apache HTTP Server
		sigHUP:  goesOn("restarts at SIGHUP"),
		sigUSR1: goesOn("restarts at SIGUSR1"),
	},
	haproxy: {
		sigUSR2: goesOn("reloads at SIGUSR2"),
		sigHUP:  goesOn("writes its state to the log at SIGHUP"),
	},
	phpFPM: { // php-fpm(8)
		sigUSR1: goesOn("opens its logs anew at SIGUSR1"),
		sigUSR2: goesOn("reloads at SIGUSR2"),
	},
	gunicorn: {
		sigHUP:   goesOn("reloads at SIGHUP"),
		sigUSR1:  goesOn("opens its logs anew at SIGUSR1"),
		sigUSR2:  goesOn("starts its executable anew at SIGUSR2"),
		sigWINCH: goesOn("ends only its workers at SIGWINCH"),
	},
	celery: {sigHUP: goesOn("restarts at SIGHUP")},
	"puma": {
		sigUSR1: goesOn("restarts its workers at SIGUSR1"),
		sigUSR2: goesOn("restarts at SIGUSR2"),
	},
}

func goesOn(why string) meaning { return meaning{outcome: OutcomeIgnored, why: why} }
func mayBoot(why string) meaning {
	return meaning{outcome: OutcomeUnknown, why: why + ", which ends in reboot(2)", takes: procfs.CapSysBoot}
}
func mayEnd(why string) meaning    { return meaning{outcome: OutcomeUnknown, why: why} }
func ends(why string) meaning      { return meaning{outcome: OutcomeHandled, why: why} }
func properEnd(why string) meaning { return meaning{outcome: OutcomeHandled, why: why, proper: true} }

// meanings are those of the subject's program.
func (s *subject) meanings() map[int]meaning {
	name := s.knownAs()
	if known := asFirst[name]; known != nil && s.init {
		return known
	}
	return always[name]
}

// knownAs is the name of the program, or of the one that its interpreter runs.
func (s *subject) knownAs() string {
	if s.isNPM() {
		return "npm"
	}
	if s.program.kind != kindScript && s.program.kind != kindRuby {
		return s.program.name
	}
	args := s.process.Args.Or(nil)
	for i, arg := range args {
		switch {
		case i == 0 && !strings.Contains(arg, " ") && len(args) > 1:
			continue // the interpreter
		case arg == "-m" && i+1 < len(args):
			return args[i+1]
		case arg == "-c" || arg == "-e":
			return s.program.name
		case strings.HasPrefix(arg, "-"):
			continue
		}
		name, _, _ := strings.Cut(arg, " ") // a title: "puma 6.0 (tcp://...)"
		return strings.TrimRight(strings.TrimSuffix(path.Base(name), ".py"), ":")
	}
	return s.program.name
}

// ownMeaning is what the signal means to the program; false where it is not known of it.
func (d *delivery) ownMeaning() (Judgement, bool) {
	m, known := d.meanings()[d.n]
	if !known {
		return Judgement{}, false
	}
	name := d.knownAs()
	why := name + " " + m.why
	if d.init && asFirst[name] != nil {
		why = name + " as PID 1 " + m.why
	}
	if m.outcome == OutcomeHandled {
		if j, barred := d.barredBelow(); barred {
			return j, true
		}
	}
	switch capabilities, read := d.process.Effective.Get(); {
	case d.program.kind == kindUWSGI && d.n == procfs.SIGQUIT && d.hasArgument("die-on-term"):
		return d.comesTo(OutcomeIgnored, inspect.Likely, "uwsgi reloads at SIGQUIT if it is to die on SIGTERM (die-on-term)"), true
	case m.takes != 0 && read && !capabilities.Has(m.takes):
		return d.comesTo(OutcomeIgnored, inspect.Likely, why+": it has no CAP_SYS_BOOT, and goes on"), true
	case m.outcome == OutcomeUnknown, name == s6svscan && m.outcome == OutcomeIgnored && d.hasArgument(s6Overlay):
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, why), true
	case m.takes != 0 && !read:
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, why+", which takes CAP_SYS_BOOT"), true
	}
	return d.comesTo(m.outcome, inspect.Likely, why), true
}

// endsOn are the signals by which the program is to be told to end, where that is known
// of it.
func (s *subject) endsOn() []int {
	var list []int
	for n, m := range s.meanings() {
		if m.proper {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list
}
