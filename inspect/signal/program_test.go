package signal_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// These are the marks that executables can have.
var (
	goMarks      = []string{".go.buildinfo"}
	dumbMarks    = []string{"--single-child"}
	busyboxMarks = []string{"BusyBox v"}
	zshMarks     = []string{"ZSH_VERSION", "OPTIND", "CDPATH"}
	mkshMarks    = []string{"MIRBSD KSH"}
	kshMarks     = []string{"KSH_VERSION", "OPTIND"}
	fishMarks    = []string{"__fish_print_help", "fish_default_key_bindings"}
	cshMarks     = []string{"onintr", "rehash", "unlimit"}
	fpmMarks     = []string{"php_request_startup", "pm.max_children"}
	// anyShell are the marks that all shells have.
	anyShell = []string{"OPTIND", "CDPATH"}
)

// whyReaps is what is reported about PID 1 that runs an executable with these marks and
// libraries, with a name that shows nothing, and sleeps in a call.
func whyReaps(t *testing.T, call string, marks, libraries []string) string {
	t.Helper()
	f := forecast(t, Alone("renamed").Attend(101, Runs(marks...), Linked(libraries...), CannotWait, Asleep(Sleeping(call))))
	return f.ReapsWhy
}

// Every program is recognised by the marks of its executable, and only by all of them. With one
// mark less it is unknown.
func TestProgramsByMarks(t *testing.T) {
	const aShell, goesOn = ", a shell, waits for any child", " uses no function that waits for children"
	for name, test := range map[string]struct {
		marks []string
		call  string
		want  string
	}{
		"go":        {goMarks, "pause", "A Go program without a function that waits for children"},
		"tini":      {TiniMarks, "pause", "renamed (tini) is an init that reaps"},
		"dumb-init": {dumbMarks, "pause", "renamed (dumb-init) is an init that reaps"},
		"catatonit": {[]string{"catatonit"}, "pause", "renamed (catatonit) is an init that reaps"},
		"s6-svscan": {[]string{"s6-svscan"}, "pause", "renamed (s6-svscan) is an init that reaps"},
		"runsvdir":  {[]string{"runsvdir "}, "pause", "renamed (runsvdir) is an init that reaps"},
		"bash":      {BashMarks, "rt_sigsuspend", "renamed (bash)" + aShell},
		"zsh":       {zshMarks, "rt_sigsuspend", "renamed (zsh)" + aShell},
		"mksh":      {mkshMarks, "rt_sigsuspend", "renamed (mksh)" + aShell},
		"ksh":       {kshMarks, "rt_sigsuspend", "renamed (ksh)" + aShell},
		"dash":      {DashMarks, "read", "renamed (sh) waits for input, and for its children only after that"},
		"yash":      {[]string{"YASH_LOADPATH"}, "rt_sigsuspend", "renamed (yash)" + aShell},
		"fish":      {fishMarks, "rt_sigsuspend", "renamed (fish)" + aShell},
		"a shell":   {anyShell, "rt_sigsuspend", "renamed (sh)" + aShell},
		"csh":       {cshMarks, "rt_sigsuspend", "renamed (csh)" + aShell},
		"php-fpm":   {fpmMarks, "pause", "php-fpm" + goesOn},
		"erlang":    {[]string{"erl_child_setup"}, "pause", "erlang" + goesOn},
		"uwsgi":     {[]string{"die-on-term"}, "pause", "uwsgi" + goesOn},
		"squid":     {[]string{"shutdown_lifetime"}, "pause", "squid" + goesOn},
		"timeout":   {[]string{"kill-after"}, "pause", "timeout waits only for its own children"},
		"postgres":  {[]string{"postmaster.pid"}, "pause", "postgres" + goesOn},
		"node":      {NodeMarks, "pause", "node waits only for processes that it started"},
		"python":    {[]string{"Py_BytesMain"}, "pause", "python" + goesOn},
		"ruby":      {[]string{"ruby_sysinit"}, "pause", "ruby waits only for processes that it started"},
		"perl":      {[]string{"perl_parse"}, "pause", "perl" + goesOn},
		"php":       {[]string{"php_request_startup"}, "pause", "php" + goesOn},
		"BusyBox":   {busyboxMarks, "pause", "renamed waits only for its own children"},
		"nothing":   {nil, "pause", "renamed" + goesOn},
	} {
		t.Run(name, func(t *testing.T) {
			if got := whyReaps(t, test.call, test.marks, nil); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			for i, mark := range test.marks {
				if !slices.Contains(signal.ProgramMarks(), mark) {
					t.Errorf("nobody looks for %q", mark)
				}
				less := slices.Delete(slices.Clone(test.marks), i, i+1)
				if got := whyReaps(t, test.call, less, nil); got == test.want {
					t.Errorf("without %q it is the same", mark)
				}
			}
		})
	}
}

// An interpreter's library is recognised by the beginning of its name, because the version
// follows.
func TestProgramsByLibraries(t *testing.T) {
	const ownOnly, goesOn = " waits only for processes that it started", " uses no function that waits for children"
	for library, want := range map[string]string{
		"libsystemd-core-255.so":     "renamed (systemd) is an init that reaps",
		"libjvm.so":                  "java" + ownOnly,
		"libnode.so.108":             "node" + ownOnly,
		"libpython3.11.so.1.0":       "python" + goesOn,
		"libruby-3.1.so.3.1":         "ruby" + ownOnly,
		"libperl.so.5.36":            "perl" + goesOn,
		"libsystemd.so.0":            "renamed" + goesOn,
		"_cffi_libpython3.11.so.1.0": "renamed" + goesOn,
	} {
		if got := whyReaps(t, "pause", nil, []string{"libc.so.6", library}); got != want {
			t.Errorf("%s: got %q, want %q", library, got, want)
		}
	}
}

// A program is not recognised by its name, because every process can choose its name.
func TestProgramsAreNotKnownByName(t *testing.T) {
	for _, name := range []string{"tini", "dumb-init", "catatonit", "s6-svscan", "runsvdir", "systemd", "busybox", "bash", "sh", "timeout", "java", "node", "ruby"} {
		f := forecast(t, Alone(name).Attend(101))
		if want := name + " uses no function that waits for children"; f.ReapsWhy != want {
			t.Errorf("%s: got %q, want %q", name, f.ReapsWhy, want)
		}
	}
}

// If an executable has the marks of two programs, it is the one that can contain the other's: Go
// programs contain scripts for shells, BusyBox contains a shell, and a program with an embedded
// interpreter is itself.
func TestProgramsInOrder(t *testing.T) {
	const aShell, goesOn = ", a shell, waits for any child", " uses no function that waits for children"
	for name, test := range map[string]struct {
		marks, libraries []string
		call             string
		want             string
	}{
		"go with a script for bash":        {slices.Concat(goMarks, BashMarks), nil, "rt_sigsuspend", "A Go program without a function that waits for children"},
		"go with a script for dash":        {slices.Concat(goMarks, DashMarks), nil, "read", "A Go program without a function that waits for children"},
		"go that names tini":               {slices.Concat(goMarks, TiniMarks), nil, "pause", "A Go program without a function that waits for children"},
		"go with libpython":                {goMarks, []string{"libpython3.11.so.1.0"}, "pause", "A Go program without a function that waits for children"},
		"BusyBox with its shell":           {slices.Concat(busyboxMarks, DashMarks, anyShell), nil, "pause", "renamed waits only for its own children"},
		"BusyBox with runsvdir of its own": {slices.Concat(busyboxMarks, []string{"kill-after"}), nil, "pause", "renamed waits only for its own children"},
		"bash and what shells share":       {slices.Concat(BashMarks, anyShell), nil, "rt_sigsuspend", "renamed (bash)" + aShell},
		"zsh and what shells share":        {slices.Concat(zshMarks, anyShell), nil, "rt_sigsuspend", "renamed (zsh)" + aShell},
		"mksh is a ksh too":                {slices.Concat(mkshMarks, kshMarks, anyShell), nil, "rt_sigsuspend", "renamed (mksh)" + aShell},
		"ksh and what shells share":        {slices.Concat(kshMarks, anyShell), nil, "rt_sigsuspend", "renamed (ksh)" + aShell},
		"dash and what shells share":       {slices.Concat(DashMarks, anyShell), nil, "read", "renamed (sh) waits for input, and for its children only after that"},
		"yash and what shells share":       {slices.Concat([]string{"YASH_LOADPATH"}, anyShell), nil, "rt_sigsuspend", "renamed (yash)" + aShell},
		"php-fpm is a php too":             {fpmMarks, nil, "pause", "php-fpm" + goesOn},
		"uwsgi with python":                {[]string{"die-on-term"}, []string{"libpython3.11.so.1.0"}, "pause", "uwsgi" + goesOn},
		"uwsgi with ruby":                  {[]string{"die-on-term"}, []string{"libruby-3.1.so.3.1"}, "pause", "uwsgi" + goesOn},
		"postgres with perl":               {[]string{"postmaster.pid"}, []string{"libperl.so.5.36"}, "pause", "postgres" + goesOn},
		"squid with perl":                  {[]string{"shutdown_lifetime"}, []string{"libperl.so.5.36"}, "pause", "squid" + goesOn},
		"java with python":                 {nil, []string{"libjvm.so", "libpython3.11.so.1.0"}, "pause", "java waits only for processes that it started"},
		"node with python":                 {NodeMarks, []string{"libpython3.11.so.1.0"}, "pause", "node waits only for processes that it started"},
		"python that embeds perl":          {[]string{"Py_BytesMain", "perl_parse"}, nil, "pause", "python" + goesOn},
	} {
		t.Run(name, func(t *testing.T) {
			if got := whyReaps(t, test.call, test.marks, test.libraries); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// BusyBox is the program in its first argument, not the name of the process, which is often that
// of the file.
func TestApplets(t *testing.T) {
	const supervises, reads, tool, open = "supervisor", "shell", "tool", "open"
	name := func(kind string) Change { return Args(strings.Fields(kind)...) }
	for args, want := range map[string]string{
		"sh": reads, "ash": reads, "hush -c x": reads, "-sh": reads, "/bin/sh /x.sh": reads, "busybox sh": reads, "/bin/busybox ash": reads,
		"init": supervises, "linuxrc": supervises, "runsvdir /etc/service": supervises,
		"sleep 9": tool, "tail -f /dev/null": tool, "busybox sleep 9": tool, "busybox": tool, "/bin/busybox": tool, "ls sh": tool,
		"httpd -f": open, "crond -f": open, "inetd": open, "telnetd": open, "tcpsvd": open, "udpsvd": open, "watch ls": open, "time x": open,
		"timeout 9 x": open, "script": open, "xargs": open, "find /": open, "nc -l": open, "start-stop-daemon": open, "busybox httpd": open,
	} {
		f := forecast(t, Alone("busybox", name(args)).Attend(101, Runs(busyboxMarks...), Asleep(Sleeping("read"))))
		var got string
		switch {
		case strings.HasSuffix(f.ReapsWhy, " is an init that reaps"):
			got = supervises
		case strings.HasSuffix(f.ReapsWhy, " waits for input, and for its children only after that"):
			got = reads
		case strings.HasSuffix(f.ReapsWhy, " waits only for its own children"):
			got = tool
		case f.Reaps == inspect.Unknown:
			got = open
		}
		if got != want {
			t.Errorf("%s: got %q (%s), want %s", args, got, f.ReapsWhy, want)
		}
	}
	unread := func(p *procfs.Process) { p.Args = procfs.None[[]string](procfs.Denied) }
	if f := forecast(t, Alone("init", unread).Attend(101, Runs(busyboxMarks...))); f.ReapsWhy != "init is an init that reaps" {
		t.Errorf("without arguments: got %q", f.ReapsWhy)
	}
}

// An executable that could not be read is different from an unknown one, and missing rights are
// not always the reason.
func TestProgramUnread(t *testing.T) {
	unreadFor := func(why procfs.Absence) *World {
		return Alone("tini", Caught(Term)).Attend(101, func(a *procfs.Attention) { a.Program = procfs.None[procfs.Program](why) })
	}
	const rights, unknown = "Its program cannot be determined without the right to read its executable", "Its program cannot be determined: "
	for name, test := range map[string]struct {
		world     *World
		why, reap string
	}{
		"nobody asked":        {Alone("tini", Caught(Term)), rights, "That needs the right to trace PID 1"},
		"no rights":           {Alone("tini", Caught(Term)).Attend(101, Denied), rights, "That needs the right to trace PID 1"},
		"not asked, and bash": {Alone("bash", Caught(Term)), rights, "That needs the right to trace PID 1"},
		"the file has gone":   {unreadFor(procfs.Gone), unknown + "it exited, or its file is gone", ""},
		"no answer":           {unreadFor(procfs.TimedOut), unknown + "its files could not be read in time", ""},
		"large files":         {unreadFor(procfs.TooLarge), unknown + "its files are too large", ""},
		"many files":          {unreadFor(procfs.TooLong), unknown + "its files are too large", ""},
		"no ELF file":         {unreadFor(procfs.Unsupported), unknown + "its executable has an unknown format", ""},
	} {
		f := forecast(t, test.world)
		if f.Outcome != signal.OutcomeUnknown || !strings.HasSuffix(because(f.Judgement), test.why) {
			t.Errorf("%s: got %s: %s", name, short(f.Judgement), because(f.Judgement))
		}
		if test.reap == "" {
			test.reap = test.why
		}
		if f.Reaps != inspect.Unknown || f.ReapsWhy != test.reap {
			t.Errorf("%s: reaps %s: %s", name, f.Reaps, f.ReapsWhy)
		}
	}
}

// Threads about which nothing is known could receive the signal.
func TestThreadsUnread(t *testing.T) {
	for cut, want := range map[bool]inspect.Certainty{false: inspect.Certain, true: inspect.Likely} {
		w := Alone("app", Ignored(Term)).Attend(101, func(a *procfs.Attention) { a.ThreadsCut = cut })
		if heard := signal.Hear(w.Index(), w.Index().ProcessAt(101), Term); heard.Certainty != want {
			t.Errorf("cut %t: got %+v", cut, heard)
		}
	}
	const many = "SIGTERM has no handler. Whether a thread waits for it is unknown, because not all threads or descriptors are read"
	for name, more := range map[string]func(*procfs.Attention){
		"threads": func(a *procfs.Attention) { a.ThreadsCut = true },
		"descriptors": func(a *procfs.Attention) {
			a.SignalFDs = procfs.None[[]procfs.SignalSet](procfs.TooLong)
		},
	} {
		w := Alone("app").Attend(101, more)
		if heard := signal.Hear(w.Index(), w.Index().ProcessAt(101), Term); heard.Why != many || heard.How != signal.HearingUnknown {
			t.Errorf("many %s: got %+v", name, heard)
		}
	}
}

// The marks are sorted and unique, because they are kept with what was found. They include the
// names of functions by which a Go program waits.
func TestProgramMarks(t *testing.T) {
	marks := signal.ProgramMarks()
	if !slices.IsSorted(marks) || len(slices.Compact(slices.Clone(marks))) != len(marks) {
		t.Errorf("not sorted, or not unique: %q", marks)
	}
	for _, mark := range []string{"syscall.Wait4", "reap", "Reap"} {
		if !slices.Contains(marks, mark) {
			t.Errorf("nobody looks for %q", mark)
		}
	}
}

// The script is read only for shells. The scripts of other programs are private.
func TestSoughtScripts(t *testing.T) {
	sought := signal.Sought()
	for name, test := range map[string]struct {
		program procfs.Program
		want    bool
	}{
		"bash":                    {procfs.Program{Marks: BashMarks}, true},
		"zsh":                     {procfs.Program{Marks: zshMarks}, true},
		"mksh":                    {procfs.Program{Marks: mkshMarks}, true},
		"ksh":                     {procfs.Program{Marks: kshMarks}, true},
		"dash":                    {procfs.Program{Marks: DashMarks}, true},
		"yash":                    {procfs.Program{Marks: []string{"YASH_LOADPATH"}}, true},
		"fish":                    {procfs.Program{Marks: fishMarks}, true},
		"another shell":           {procfs.Program{Marks: anyShell}, true},
		"csh":                     {procfs.Program{Marks: cshMarks}, true},
		"BusyBox, which may be":   {procfs.Program{Marks: busyboxMarks}, true},
		"go with bash's words":    {procfs.Program{Marks: slices.Concat(goMarks, BashMarks)}, false},
		"tini":                    {procfs.Program{Marks: TiniMarks}, false},
		"python":                  {procfs.Program{Libraries: []string{"libpython3.11.so.1.0"}}, false},
		"a program called bash":   {procfs.Program{Path: "/bin/bash"}, false},
		"a program with no marks": {procfs.Program{}, false},
	} {
		if got := sought.WantsScript(test.program); got != test.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}
