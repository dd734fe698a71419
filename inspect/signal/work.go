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

// Some programs finish what they work on before they end. Idle, they end at once.

// finishing are the signals at which servers wait for what their clients have asked for,
// by their documentation and as measured (make forecast).
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

// mayFinishFirst reports whether it matters of the program who is connected to it.
func (s *signature) mayFinishFirst() bool {
	return s.kind == kindScript || s.kind == kindRuby || finishing[s.name] != nil
}

// finishesFirst: the program has work that it may finish before it ends.
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

// worksFirst reports whether it has work that it may finish before it ends.
func (d *delivery) worksFirst() bool {
	j, works := d.finishesFirst()
	return works && j.Outcome != OutcomeHandled
}

// busyWorker is a worker of gunicorn that does not wait for a client, nil where none is
// seen: one with threads of its own waits in its main thread all the same.
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

// finishesTasks: a worker of celery that waits for no task works on one, which it
// finishes first. Who waits for a task reads from a pipe.
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

// finishesRequests: a worker of php-fpm that does not wait for a request works on one, which
// it may finish first (process_control_timeout).
func (d *delivery) finishesRequests() (Judgement, bool) {
	waits := []string{"accept", "accept4", "epoll_wait", "poll", "select", ""}
	for _, worker := range d.children() {
		if call := worker.mainCall().Name; !slices.Contains(waits, call) {
			return d.comesTo(OutcomeUnknown, inspect.Uncertain, fmt.Sprintf("php-fpm may finish its requests first (process_control_timeout), and its worker %d works on one", worker.process.PID)), true
		}
	}
	return Judgement{}, false
}

// defaultGraceful is gunicorn's --graceful-timeout where none is given.
const defaultGraceful = 30 * time.Second

// gracefulTimeout is after what time gunicorn ends its workers, whatever they do; without
// an end for what is not gunicorn.
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
