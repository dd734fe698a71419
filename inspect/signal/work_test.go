package signal_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A server that finishes its clients' requests is not expected to exit in time while a client is
// connected, for these signals only. If clients could not be counted, it is judged like others.
func TestFinishesFirst(t *testing.T) {
	clients := func(n procfs.Opt[int]) Attending { return func(a *procfs.Attention) { a.Clients = n } }
	none, some := clients(procfs.Some(0)), clients(procfs.Some(2))
	python := func(who Attending, args ...string) *World {
		return Alone("python3", Caught(Term, procfs.SIGINT, procfs.SIGQUIT), Args(append([]string{"python3"}, args...)...)).Attend(101, Runs("Py_BytesMain"), who)
	}
	nginx := func(who Attending) *World {
		return Alone("nginx", Caught(Term, procfs.SIGQUIT)).Attend(101, Runs("ngx_http_core_module"), who)
	}
	const has = "and has 2 connections. How long that takes cannot be determined"
	for name, test := range map[string]struct {
		world      *World
		n          int
		want, cure string
	}{
		"gunicorn, nobody":             {python(none, "/usr/bin/gunicorn", "app"), Term, "handled likely", ""},
		"gunicorn, somebody":           {python(some, "/usr/bin/gunicorn", "app"), Term, "unknown unknown", "recreate the container with --stop-timeout 36"},
		"gunicorn by SIGQUIT":          {stopBy(python(some, "/usr/bin/gunicorn", "app"), "SIGQUIT"), procfs.SIGQUIT, "handled likely", ""},
		"gunicorn with a short limit":  {python(some, "/usr/bin/gunicorn", "--graceful-timeout", "2", "app"), Term, "handled likely", ""},
		"the same in one word":         {python(some, "/usr/bin/gunicorn", "--graceful-timeout=2", "app"), Term, "handled likely", ""},
		"gunicorn with a long limit":   {python(some, "/usr/bin/gunicorn", "--graceful-timeout", "60", "app"), Term, "unknown unknown", "recreate the container with --stop-timeout 72"},
		"uvicorn, not to be read":      {python(clients(procfs.None[int](procfs.Denied)), "-m", "uvicorn", "app"), Term, "unknown unknown", "set a --stop-timeout that is longer than its work takes"},
		"uvicorn, of a capture before": {python(clients(procfs.Opt[int]{}), "-m", "uvicorn", "app"), Term, "handled likely", ""},
		"another program of python":    {python(some, "app.py"), Term, "handled likely", ""},
		"nginx by SIGQUIT":             {stopBy(nginx(some), "SIGQUIT"), procfs.SIGQUIT, "unknown unknown", "set a --stop-timeout that is longer than its work takes"},
		"nginx by SIGTERM":             {nginx(some), Term, "handled likely", ""},
	} {
		f := forecast(t, test.world)
		if short(f.Judgement) != test.want || f.Cure.Text != test.cure {
			t.Errorf("%s: got %s (%s), %q, want %s, %q", name, short(f.Judgement), because(f.Judgement), f.Cure.Text, test.want, test.cure)
		}
	}
	if j := judge(t, python(some, "/usr/bin/gunicorn", "app"), 101, Term); j.Evidence[1] != "gunicorn finishes its requests first, "+has {
		t.Errorf("got %q", j.Evidence)
	}
	sought := signal.Sought()
	if !sought.WantsClients(procfs.Program{Marks: []string{"ngx_http_core_module"}}) || sought.WantsClients(procfs.Program{Marks: TiniMarks}) {
		t.Error("nginx is one, and tini is none")
	}
}

// A gunicorn worker with a request delays the exit. A worker with threads of its own cannot be
// distinguished from an idle one.
func TestGunicornWorksOnARequest(t *testing.T) {
	world := func(call string) *World {
		args := Args("python3", "/usr/bin/gunicorn", "app")
		return Alone("gunicorn", Caught(Term), args).Process(102, 101, "gunicorn", inside(2), args).
			Attend(101, Runs("Py_BytesMain"), func(a *procfs.Attention) { a.Clients = procfs.Some(1) }).Attend(102, Runs("Py_BytesMain"), Asleep(Sleeping(call)))
	}
	for call, want := range map[string]string{"clock_nanosleep": "delayed likely", "recvfrom": "delayed likely", "pselect6": "unknown unknown", "epoll_wait": "unknown unknown"} {
		f := forecast(t, world(call))
		if short(f.Judgement) != want {
			t.Errorf("in %s: got %s (%s), want %s", call, short(f.Judgement), because(f.Judgement), want)
		}
		if f.Outcome == signal.OutcomeDelayed && f.Will() != "wait for its work (max 10s), then kill" {
			t.Errorf("got %q", f.Will())
		}
	}
}

// A worker of php-fpm that does not wait for a request may delay SIGQUIT.
func TestPHPFinishesItsRequests(t *testing.T) {
	world := func(call string) *World {
		w := Alone("php-fpm", Caught(procfs.SIGQUIT)).Process(102, 101, "php-fpm", inside(2)).
			Attend(101, Runs("php_request_startup", "pm.max_children")).Attend(102, Runs(), Asleep(Sleeping(call)))
		return stopBy(w, "SIGQUIT")
	}
	for call, want := range map[string]string{"accept": "handled likely", "nanosleep": "unknown unknown"} {
		if f := forecast(t, world(call)); short(f.Judgement) != want {
			t.Errorf("in %s: got %s (%s), want %s", call, short(f.Judgement), because(f.Judgement), want)
		}
	}
}

// A worker of celery that does not wait for a task delays the exit.
func TestCeleryFinishesItsTasks(t *testing.T) {
	world := func(call procfs.ThreadAttention, change ...Change) *World {
		args := Args("python3", "/usr/bin/celery", "worker")
		return Alone("celery", Caught(Term), args).Process(102, 101, "celery", append([]Change{inside(2), args}, change...)...).
			Attend(101, Runs("Py_BytesMain")).Attend(102, Runs("Py_BytesMain"), Asleep(call))
	}
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"works on a task": {world(Sleeping("clock_nanosleep")), "unknown unknown"},
		"and is in the same group": {Alone("tini", Args("tini", "-g", "--", "celery")).Process(102, 101, "celery", inside(2), Caught(Term), Args("python3", "/usr/bin/celery", "worker")).
			Process(103, 102, "celery", inside(3), Args("python3", "/usr/bin/celery", "worker")).
			Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102, Runs("Py_BytesMain")).Attend(103, Runs("Py_BytesMain"), Asleep(Sleeping("clock_nanosleep"))), "handled likely"},
		"waits for a task":     {world(Calling("read", 5)), "handled likely"},
		"that cannot be told":  {world(Sleeping("")), "handled likely"},
		"told to drop what is": {stopBy(world(Sleeping("clock_nanosleep")).Alter(101, Caught(procfs.SIGQUIT)), "SIGQUIT"), "handled likely"},
	} {
		if f := forecast(t, test.world); short(f.Judgement) != test.want {
			t.Errorf("%s: got %s (%s), want %s", name, short(f.Judgement), because(f.Judgement), test.want)
		}
	}
}
