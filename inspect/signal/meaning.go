package signal

import (
	"path"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// meaning is what a program does with a signal by its own documentation, if that is more than
// having a handler.
type meaning struct {
	outcome Outcome
	// why is a sentence about it, without the program's name in front.
	why string
	// proper is true if the signal is the documented way to make the program exit.
	proper bool
	// takes is the capability that the program needs to exit, 0 for none.
	takes int
}

// Signals that have a meaning of their own for some programs.
const (
	sigUSR1   = 10
	sigUSR2   = 12
	sigWINCH  = 28
	sigPWR    = 30
	sigRTMIN3 = 37
	sigRTMIN4 = 38
)

// asFirst are the meanings that hold only for a program that is PID 1.
var asFirst = map[string]map[int]meaning{
	systemd: { // systemd(1), SIGNALS
		procfs.SIGTERM: goesOn("re-executes itself on SIGTERM"),
		sigHUP:         goesOn("reloads its configuration on SIGHUP"),
		procfs.SIGINT:  ends("starts ctrl-alt-del.target on SIGINT, which mostly reboots"),
		procfs.SIGQUIT: ends("treats SIGQUIT as its own crash, and exits"),
		sigUSR1:        goesOn("reconnects to D-Bus on SIGUSR1"),
		sigUSR2:        goesOn("writes its state to the log on SIGUSR2"),
		sigWINCH:       goesOn("starts kbrequest.target on SIGWINCH"),
		sigPWR:         goesOn("starts sigpwr.target on SIGPWR"),
		sigRTMIN3:      properEnd("halts on SIGRTMIN+3"),
		sigRTMIN4:      ends("powers off on SIGRTMIN+4"),
	},
	busyboxInit: { // init/init.c of BusyBox
		procfs.SIGTERM: properEnd("reboots on SIGTERM, which ends its PID namespace"),
		sigUSR1:        ends("halts on SIGUSR1"),
		sigUSR2:        ends("powers off on SIGUSR2"),
		sigPWR:         ends("halts on SIGPWR"),
		procfs.SIGINT:  mayEnd("runs the ctrlaltdel entries of its inittab on SIGINT"),
		procfs.SIGQUIT: goesOn("runs the restart entries of its inittab on SIGQUIT"),
		sigHUP:         goesOn("rereads its inittab on SIGHUP"),
	},
	sysvinit: { // init(8)
		procfs.SIGINT: mayBoot("runs the ctrlaltdel entries of its inittab on SIGINT"),
		sigHUP:        goesOn("rereads its inittab on SIGHUP"),
		sigUSR1:       goesOn("reopens its control FIFO on SIGUSR1"),
		sigUSR2:       goesOn("closes its control FIFO at SIGUSR2"),
		sigPWR:        mayBoot("runs the power entries of its inittab on SIGPWR"),
		sigWINCH:      mayBoot("runs the kbrequest entries of its inittab on SIGWINCH"),
	},
	runit: { // runit(8)
		procfs.SIGINT:  mayBoot("runs /etc/runit/ctrlaltdel on SIGINT, and then its stage 3"),
		sigPWR:         mayBoot("runs its stage 3 on SIGPWR"),
		procfs.SIGTERM: goesOn("ignores SIGTERM"),
		sigHUP:         goesOn("ignores SIGHUP"),
	},
	openrcInit: { // openrc-init(8)
		procfs.SIGTERM: {OutcomeHandled, "shuts down on SIGTERM by reboot(2)", true, procfs.CapSysBoot},
		procfs.SIGINT:  {OutcomeHandled, "reboots on SIGINT by reboot(2)", false, procfs.CapSysBoot},
		sigPWR:         {OutcomeHandled, "shuts down on SIGPWR by reboot(2)", false, procfs.CapSysBoot},
	},
}

// s6Overlay is the folder of services of s6-overlay, which has scripts for every signal.
const s6Overlay = "/run/service"

// always are the meanings that hold wherever the program runs.
var always = map[string]map[int]meaning{
	s6svscan: { // s6-svscan, SIGNALS
		procfs.SIGTERM: properEnd("stops its services on SIGTERM, and exits"),
		procfs.SIGINT:  ends("stops its services on SIGINT, and exits"),
		procfs.SIGQUIT: ends("stops its services on SIGQUIT, and exits"),
		sigHUP:         goesOn("looks for new services on SIGHUP"),
		sigUSR1:        goesOn("runs .s6-svscan/SIGUSR1 on SIGUSR1, if there is one"),
		sigUSR2:        goesOn("runs .s6-svscan/SIGUSR2 on SIGUSR2, if there is one"),
		sigPWR:         goesOn("runs .s6-svscan/SIGPWR on SIGPWR, if there is one"),
		sigWINCH:       goesOn("runs .s6-svscan/SIGWINCH on SIGWINCH, if there is one"),
	},
	"supervisord": {
		sigHUP:  goesOn("restarts all its programs on SIGHUP"),
		sigUSR2: goesOn("reopens its logs on SIGUSR2"),
	},
	su:    {procfs.SIGTERM: ends("forwards SIGTERM, and after two seconds kills its children")},
	"npm": {procfs.SIGTERM: ends("exits on SIGTERM without its children")},
	uwsgi: {
		procfs.SIGINT:  properEnd("exits on SIGINT"),
		procfs.SIGQUIT: ends("exits on SIGQUIT"),
		sigHUP:         goesOn("reloads on SIGHUP"),
	},
	postgres: {
		procfs.SIGINT: properEnd("disconnects its clients on SIGINT, and exits"),
		sigHUP:        goesOn("rereads its configuration on SIGHUP"),
	},
	nginx: { // nginx(8)
		sigHUP:   goesOn("rereads its configuration on SIGHUP"),
		sigUSR1:  goesOn("reopens its logs on SIGUSR1"),
		sigUSR2:  goesOn("starts its executable again on SIGUSR2"),
		sigWINCH: goesOn("stops only its workers on SIGWINCH"),
	},
	apache: { // Stopping and Restarting Apache HTTP Server
		sigHUP:  goesOn("restarts on SIGHUP"),
		sigUSR1: goesOn("restarts on SIGUSR1"),
	},
	haproxy: {
		sigUSR2: goesOn("reloads on SIGUSR2"),
		sigHUP:  goesOn("writes its state to the log on SIGHUP"),
	},
	phpFPM: { // php-fpm(8)
		sigUSR1: goesOn("reopens its logs on SIGUSR1"),
		sigUSR2: goesOn("reloads on SIGUSR2"),
	},
	gunicorn: {
		sigHUP:   goesOn("reloads on SIGHUP"),
		sigUSR1:  goesOn("reopens its logs on SIGUSR1"),
		sigUSR2:  goesOn("starts its executable again on SIGUSR2"),
		sigWINCH: goesOn("stops only its workers on SIGWINCH"),
	},
	celery: {sigHUP: goesOn("restarts on SIGHUP")},
	"puma": {
		sigUSR1: goesOn("restarts its workers on SIGUSR1"),
		sigUSR2: goesOn("restarts on SIGUSR2"),
	},
}

func goesOn(why string) meaning { return meaning{outcome: OutcomeIgnored, why: why} }
func mayBoot(why string) meaning {
	return meaning{outcome: OutcomeUnknown, why: why + ", which calls reboot(2)", takes: procfs.CapSysBoot}
}
func mayEnd(why string) meaning    { return meaning{outcome: OutcomeUnknown, why: why} }
func ends(why string) meaning      { return meaning{outcome: OutcomeHandled, why: why} }
func properEnd(why string) meaning { return meaning{outcome: OutcomeHandled, why: why, proper: true} }

// meanings are the meanings for the subject's program.
func (s *subject) meanings() map[int]meaning {
	name := s.knownAs()
	if known := asFirst[name]; known != nil && s.init {
		return known
	}
	return always[name]
}

// knownAs is the name of the program, or of the program that its interpreter runs.
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

// ownMeaning is what the program does with the signal. It is false if that is not known.
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
		return d.comesTo(OutcomeIgnored, inspect.Likely, "uwsgi reloads on SIGQUIT if die-on-term is set"), true
	case m.takes != 0 && read && !capabilities.Has(m.takes):
		return d.comesTo(OutcomeIgnored, inspect.Likely, why+", but it has no CAP_SYS_BOOT and continues"), true
	case m.outcome == OutcomeUnknown, name == s6svscan && m.outcome == OutcomeIgnored && d.hasArgument(s6Overlay):
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, why), true
	case m.takes != 0 && !read:
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, why+", which needs CAP_SYS_BOOT"), true
	}
	return d.comesTo(m.outcome, inspect.Likely, why), true
}

// endsOn are the signals that make the program exit by its documentation, if known.
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
