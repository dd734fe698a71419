package signal

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// This file says what is known of programs. What the kernel does is in hearing.go. A program
// is recognised by what its executable holds or maps, never by its name.

// programKind is what programs have in common, as far as it matters here.
type programKind string

const (
	// kindInit starts one program, forwards signals to it, reaps all processes, and exits with
	// that program.
	kindInit programKind = "init"
	// kindSupervisor starts several programs, reaps, and stops them on its stop signal.
	kindSupervisor programKind = "supervisor"
	// kindShell runs a trap only when its foreground child has exited.
	kindShell programKind = "shell"
	// kindAlmquist is a kindShell that waits for children only while it runs a command, and
	// not while it reads the next command.
	kindAlmquist programKind = "almquist shell"
	// kindOtherShell is a shell about which no more is known.
	kindOtherShell programKind = "other shell"
	// kindTool does not start processes that it must wait for.
	kindTool   programKind = "tool"
	kindGo     programKind = "go"
	kindJava   programKind = "java"
	kindNode   programKind = "node"
	kindRuby   programKind = "ruby"
	kindErlang programKind = "erlang"
	kindUWSGI  programKind = "uwsgi"
	// kindPostgres waits on SIGTERM until its clients have disconnected.
	kindPostgres programKind = "postgres"
	kindScript   programKind = "interpreter"
	kindOther    programKind = ""
)

// program is what a process runs, as far as that is known.
type program struct {
	name string
	kind programKind
	// readable is true if its executable could be read.
	readable bool
	// first is true if it is made to be PID 1.
	first bool
	// lingers is how long it continues by default after its stop signal.
	lingers time.Duration
}

// signature says how a program is recognised: by all of the marks, or by one of
// the libraries (beginnings of base names).
type signature struct {
	name      string
	kind      programKind
	marks     []string
	libraries []string
	first     bool
	lingers   time.Duration
}

// isShell reports whether the program runs traps between commands.
func (p program) isShell() bool {
	return p.kind == kindShell || p.kind == kindAlmquist || p.kind == kindOtherShell
}

// signatures are tried in this order. Go programs hold scripts for shells, and BusyBox holds
// what other shells do. A program that embeds an interpreter links its library, and is
// recognised as itself.
var signatures = []signature{
	{name: "go", kind: kindGo, marks: []string{goSection}},
	{name: dumbInit, kind: kindInit, marks: []string{"--single-child"}},
	{name: catatonit, kind: kindInit, marks: []string{"catatonit"}}, // its executable also has the next mark
	{name: tini, kind: kindInit, marks: []string{"tini version "}},
	{name: s6svscan, kind: kindSupervisor, first: true, marks: []string{"s6-svscan"}},
	{name: runsvdir, kind: kindSupervisor, marks: []string{"runsvdir "}},
	{name: systemd, kind: kindSupervisor, first: true, libraries: []string{"libsystemd-core"}},
	{name: openrcInit, kind: kindSupervisor, first: true, marks: []string{"OpenRC init version"}},
	{name: sysvinit, kind: kindSupervisor, first: true, marks: []string{"INIT_VERSION=sysvinit"}},
	{name: runit, kind: kindSupervisor, first: true, marks: []string{"/etc/runit/ctrlaltdel"}},
	{name: busybox, marks: []string{"BusyBox v"}},
	{name: "bash", kind: kindShell, marks: []string{"BASH_VERSINFO", "OPTIND", "CDPATH"}},
	{name: "zsh", kind: kindShell, marks: []string{"ZSH_VERSION", "OPTIND", "CDPATH"}},
	{name: mksh, kind: kindShell, marks: []string{"MIRBSD KSH"}},
	{name: "ksh", kind: kindShell, marks: []string{"KSH_VERSION", "OPTIND"}},
	{name: "sh", kind: kindAlmquist, marks: []string{"turning off NDELAY mode"}},
	{name: "yash", kind: kindShell, marks: []string{"YASH_LOADPATH"}},
	{name: "fish", kind: kindOtherShell, marks: []string{"__fish_print_help", "fish_default_key_bindings"}},
	{name: "sh", kind: kindOtherShell, marks: []string{"OPTIND", "CDPATH"}},
	{name: csh, kind: kindOtherShell, marks: []string{"onintr", "rehash", "unlimit"}},
	{name: nginx, marks: []string{"ngx_http_core_module"}},
	{name: apache, marks: []string{"ap_run_mpm"}},
	{name: haproxy, marks: []string{"HAProxy version "}},
	{name: phpFPM, marks: []string{"php_request_startup", "pm.max_children"}},
	{name: "erlang", kind: kindErlang, marks: []string{"erl_child_setup"}},
	{name: uwsgi, kind: kindUWSGI, marks: []string{"die-on-term"}},
	{name: "squid", marks: []string{"shutdown_lifetime"}, lingers: 30 * time.Second},
	{name: su, marks: []string{"Session terminated, killing shell"}},
	{name: "timeout", kind: kindTool, marks: []string{"kill-after"}},
	{name: postgres, kind: kindPostgres, marks: []string{"postmaster.pid"}},
	{name: "java", kind: kindJava, libraries: []string{"libjvm.so"}},
	{name: "node", kind: kindNode, marks: []string{"napi_module_register"}},
	{name: "node", kind: kindNode, libraries: []string{"libnode.so"}},
	{name: "python", kind: kindScript, marks: []string{"Py_BytesMain"}, libraries: []string{"libpython"}},
	{name: "ruby", kind: kindRuby, marks: []string{"ruby_sysinit"}, libraries: []string{"libruby"}},
	{name: "perl", kind: kindScript, marks: []string{"perl_parse"}, libraries: []string{"libperl.so"}},
	{name: "php", kind: kindScript, marks: []string{"php_request_startup"}},
}

const (
	busybox   = "busybox"
	tini      = "tini"
	dumbInit  = "dumb-init"
	catatonit = "catatonit"
	systemd   = "systemd"
	runsvdir  = "runsvdir"
	s6svscan  = "s6-svscan"
	runit     = "runit"
	su        = "su"
	sysvinit  = "sysvinit"
	nginx     = "nginx"
	apache    = "apache2"
	haproxy   = "haproxy"
	phpFPM    = "php-fpm"
	// openrcInit is the init of OpenRC, and busyboxInit that of BusyBox.
	openrcInit, busyboxInit = "openrc-init", "init"
	uwsgi                   = "uwsgi"
	postgres                = "postgres"
	// mksh catches SIGTERM whether or not there is a trap for it.
	mksh = "mksh"
	// csh, and tcsh, ignore SIGTERM on a terminal.
	csh = "csh"
	// goSection is in every Go executable, and goWaits is in those that can wait
	// for a child.
	goSection = ".go.buildinfo"
	goWaits   = "syscall.Wait4"
)

// goReaps are in the names of functions of Go programs that wait for any child. Other
// functions rarely have such names.
var goReaps = []string{"reap", "Reap"}

// Sought is what is looked for in executables, and for which programs more is read. For shells
// it is the script. For programs that may finish their work first it is the number of clients.
func Sought() procfs.Sought {
	sought := procfs.Sought{Marks: ProgramMarks()}
	for i := range signatures {
		s := &signatures[i]
		sought.Signs = append(sought.Signs, procfs.Sign{Marks: s.marks, Libraries: s.libraries, Script: s.runsScripts(), Clients: s.mayFinishFirst()})
	}
	return sought
}

// ProgramMarks are the words by which programs are recognised.
func ProgramMarks() []string {
	marks := append([]string{goWaits}, goReaps...)
	for _, s := range signatures {
		marks = append(marks, s.marks...)
	}
	slices.Sort(marks)
	return slices.Compact(marks)
}

// programOf recognises what the process runs.
func programOf(p *procfs.Process, a *procfs.Attention) program {
	if a == nil {
		return program{name: p.Comm}
	}
	executable, ok := a.Program.Get()
	if !ok {
		return program{name: p.Comm}
	}
	switch s := signatureOf(executable); s.name {
	case "":
		return program{name: path.Base(executable.Path), readable: true}
	case busybox:
		return applet(p)
	default:
		return program{name: s.name, kind: s.kind, readable: true, first: s.first, lingers: s.lingers}
	}
}

// signatureOf is the first signature that matches, or an empty one.
func signatureOf(executable procfs.Program) signature {
	for _, s := range signatures {
		if s.matches(&executable) {
			return s
		}
	}
	return signature{}
}

// runsScripts reports whether the program is a shell, whose script the forecast uses.
func (s *signature) runsScripts() bool {
	return s.name == busybox || program{kind: s.kind}.isShell()
}

func (s *signature) matches(executable *procfs.Program) bool {
	sign := procfs.Sign{Marks: s.marks, Libraries: s.libraries}
	return sign.Matches(executable)
}

// applet is the program that BusyBox was called as.
func applet(p *procfs.Process) program {
	args := p.Args.Or([]string{p.Comm})
	name := strings.TrimPrefix(path.Base(args[0]), "-")
	if name == busybox && len(args) > 1 {
		name = args[1]
	}
	known := program{name: name, kind: kindTool, readable: true}
	switch name {
	case "sh", "ash", "hush":
		known.kind = kindAlmquist
	case busyboxInit, "linuxrc":
		known.name, known.kind, known.first = busyboxInit, kindSupervisor, true
	case runsvdir:
		known.kind = kindSupervisor
	case "httpd", "crond", "inetd", "telnetd", "tcpsvd", "udpsvd", "watch", "time", "timeout", "script", "xargs", "find", "nc", "start-stop-daemon":
		known.kind = kindOther
	}
	return known
}
