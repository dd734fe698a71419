package plugin

import (
	"errors"
	"fmt"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// withHint adds to an error what helps against it, by its kind.
func (app *App) withHint(err error) error {
	var denied *source.DeniedError
	var unreachable *source.UnreachableError
	var elsewhere *source.ElsewhereError
	var refused *source.CollectorError
	switch {
	case errors.As(err, &elsewhere):
		for _, line := range app.there(elsewhere.Endpoint) {
			err = fmt.Errorf("%w\n%s", err, line)
		}
		return err
	case errors.As(err, &refused):
		return refusedCollector(refused)
	case errors.As(err, &denied):
		return fmt.Errorf("%w: root and members of the docker group may use it", err)
	case errors.As(err, &unreachable):
		return fmt.Errorf("%w%s", err, app.reachHint(unreachable))
	case errors.Is(err, source.ErrSilent):
		return fmt.Errorf("%w (--timeout)", err)
	default:
		return err
	}
}

// reachHint is what helps where no connection to the engine could be made.
func (app *App) reachHint(e *source.UnreachableError) string {
	if remedy := e.Remedy(); remedy != "" {
		return "; try: " + remedy
	}
	if app.lines != nil { // one of several contexts, which its user has named
		return "; start it"
	}
	return "; start it, or name another by --context or DOCKER_HOST"
}

// refusedCollector names what is in the way and what helps, in one line.
func refusedCollector(e *source.CollectorError) error {
	remedy := "--collector proc"
	if e.Remedy != "" {
		remedy = e.Remedy + ", or " + remedy
	}
	return fmt.Errorf("--collector bpf: %s; try: %s", e.Reason, remedy)
}
