package plugin

import (
	"errors"
	"fmt"
	"strings"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// withHint adds to an error what helps, by the kind of error.
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
		return app.refusedCollector(refused)
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

// reachHint is what helps if no connection to the engine could be made.
func (app *App) reachHint(e *source.UnreachableError) string {
	if remedy := e.Remedy(); remedy != "" {
		return "; try: " + remedy
	}
	if app.lines != nil { // one of several contexts that the user has named
		return "; start it"
	}
	if strings.HasPrefix(e.Endpoint, "ssh://") {
		return "; try: ssh " + strings.TrimPrefix(e.Endpoint, "ssh://") + " docker version"
	}
	return "; start it, or name another by --context or DOCKER_HOST"
}

// refusedCollector says in one line why the collector cannot be used and what helps. Only a
// command that can be pasted follows "try:".
func (app *App) refusedCollector(e *source.CollectorError) error {
	switch {
	case e.TakesRoot:
		return fmt.Errorf("--collector bpf: %s; use --collector proc, or try: %s %s", e.Reason, app.sudo(e.Endpoint), app.typed)
	case e.Remedy != "":
		return fmt.Errorf("--collector bpf: %s; %s, or use --collector proc", e.Reason, e.Remedy)
	default:
		return fmt.Errorf("--collector bpf: %s; use --collector proc", e.Reason)
	}
}
