package signal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Some programs finish their current work before they exit. If they are idle, they exit at
// once.

// finishing are the signals on which servers first finish their clients' requests, by their
// documentation and as measured (make forecast).
var finishing = map[string][]int{
	gunicorn:    {procfs.SIGTERM},
	"uvicorn":   {procfs.SIGTERM, procfs.SIGINT},
	"hypercorn": {procfs.SIGTERM, procfs.SIGINT},
	"puma":      {procfs.SIGTERM, procfs.SIGINT},
	"unicorn":   {procfs.SIGQUIT},
	nginx:       {procfs.SIGQUIT},
	apache:      {procfs.SIGTERM, sigWINCH},
	haproxy:     {sigUSR1},
}

// mayFinishFirst reports whether the number of clients matters for the program.
func (s *signature) mayFinishFirst() bool {
	return s.kind == kindScript || s.kind == kindRuby || finishing[s.name] != nil
}

// finishesFirst judges a program that has work which it may finish before it exits.
func (d *delivery) finishesFirst() (Judgement, bool) {
	name := d.knownAs()
	if name == celery && (d.n == procfs.SIGTERM || d.n == procfs.SIGINT) {
		return d.finishesTasks()
	}
	if name == phpFPM && d.n == procfs.SIGQUIT {
		return d.finishesRequests()
	}
	if d.attention == nil || !slices.Contains(finishing[name], d.n) {
		return Judgement{}, false
	}
	clients, read := d.attention.Clients.Get()
	if worker := d.busyWorker(); worker != nil && d.gracefulTimeout() >= d.gracePeriod() {
		return d.comesTo(OutcomeDelayed, inspect.Likely, fmt.Sprintf("gunicorn finishes its requests first, and its worker %d works on one", worker.process.PID)), true
	}
	switch {
	case read && clients == 0, d.attention.Clients.Absence() == procfs.Unread:
		return Judgement{}, false
	case d.gracefulTimeout() < d.gracePeriod():
		return d.comesTo(OutcomeHandled, inspect.Likely, name+" stops its workers in time, whatever they do (--graceful-timeout)"), true
	case !read:
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, name+" finishes its requests first. Whether it has any could not be read"), true
	default:
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, fmt.Sprintf("%s finishes its requests first, and has %s. How long that takes cannot be determined", name, inspect.Counted(clients, "connection"))), true
	}
}

// worksFirst reports whether the program has work that it may finish before it exits.
func (d *delivery) worksFirst() bool {
	j, works := d.finishesFirst()
	return works && j.Outcome != OutcomeHandled
}

// busyWorker is a worker of gunicorn that does not wait for a client, nil if none is seen. In a
// worker with threads the main thread always waits, so it cannot be seen to work.
func (d *delivery) busyWorker() *subject {
	if d.knownAs() != gunicorn {
		return nil
	}
	waits := []string{"select", "pselect6", "epoll_wait", "poll", "ppoll", "accept", "accept4", "futex", ""}
	for _, worker := range d.children() {
		if !slices.Contains(waits, worker.mainCall().Name) {
			return worker
		}
	}
	return nil
}

const gunicorn = "gunicorn"

const celery = "celery"

// finishesTasks is about a worker of celery. One that does not wait for a task works on one,
// and finishes it first. One that waits for a task reads from a pipe.
func (d *delivery) finishesTasks() (Judgement, bool) {
	for _, worker := range d.children() {
		call := worker.mainCall().Name
		if worker.program.kind != kindScript || call == "" || call == "read" {
			continue
		}
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, fmt.Sprintf("celery finishes its tasks first, and its worker %d works on one. How long that takes cannot be determined", worker.process.PID)), true
	}
	return Judgement{}, false
}

// finishesRequests is about a worker of php-fpm. One that does not wait for a request works on
// one, which it may finish first (process_control_timeout).
func (d *delivery) finishesRequests() (Judgement, bool) {
	waits := []string{"accept", "accept4", "epoll_wait", "poll", "select", ""}
	for _, worker := range d.children() {
		if call := worker.mainCall().Name; !slices.Contains(waits, call) {
			return d.comesTo(OutcomeUnknown, inspect.Uncertain, fmt.Sprintf("php-fpm may finish its requests first (process_control_timeout), and its worker %d works on one", worker.process.PID)), true
		}
	}
	return Judgement{}, false
}

// defaultGraceful is gunicorn's --graceful-timeout if none is given.
const defaultGraceful = 30 * time.Second

// gracefulTimeout is the time after which gunicorn terminates its workers, whatever they do.
// For other programs it is the container's grace period.
func (d *delivery) gracefulTimeout() time.Duration {
	const option = "--graceful-timeout"
	if d.knownAs() != gunicorn {
		return d.gracePeriod()
	}
	args := d.process.Args.Or(nil)
	for i, arg := range args {
		value, joined := strings.CutPrefix(arg, option+"=")
		if arg == option && i+1 < len(args) {
			value, joined = args[i+1], true
		}
		if seconds, err := strconv.Atoi(value); joined && err == nil {
			return time.Duration(seconds) * time.Second
		}
	}
	return defaultGraceful
}
