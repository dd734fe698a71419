package plugin

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/pflag"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// SwarmHost is a node of a Swarm.
type SwarmHost struct {
	// Name is its host name.
	Name string
	// Source captures what the helper there has recorded. Err is why it has recorded nothing,
	// nil if it has.
	Source source.Source
	Err    error
	// TasksUnknown is why the names of its tasks are not known, nil if they are.
	TasksUnknown error
}

// installSwarm adds the option that names all nodes of a Swarm.
func (o *commonOptions) installSwarm(flags *pflag.FlagSet) {
	flags.BoolVar(&o.swarm, "swarm", false, "Run a temporary helper on every node of the Swarm that the engine manages, and add a HOST column")
}

// checkSwarm refuses options that say otherwise which /proc is read, and how.
func (o *commonOptions) checkSwarm() error {
	switch {
	case !o.swarm:
		return nil
	case len(o.contexts) > 0:
		return misused("--swarm and --contexts cannot be used together: a Swarm has its own list of nodes")
	case len(o.files) > 0:
		return misused("--swarm and --from cannot be used together: a snapshot needs no engine")
	case o.Via != "":
		return misused("--swarm and --via cannot be used together: --swarm runs a helper on every node")
	case o.Engine == source.EngineNone:
		return misused("--swarm and --engine none cannot be used together: the engine runs the helpers")
	case o.ProcRoot != defaultProc:
		return misused("--swarm and --proc cannot be used together: the helpers read the /proc of the nodes")
	case o.Collector != defaultCollector:
		return misused("--swarm and --collector cannot be used together: the helpers read only /proc")
	default:
		return nil
	}
}

// swarmPlaces are the nodes of a Swarm, which a helper on each has recorded.
func (app *App) swarmPlaces(ctx context.Context, o *commonOptions, settle time.Duration) ([]place, error) {
	where := o.Where
	where.Announce = func(run HelperRun) { app.announce(run, true) }
	end := app.signOfLife(ctx, func(waited time.Duration) render.Safe {
		return render.Say("waiting for the nodes of the Swarm: %s", waited.Truncate(time.Second))
	})
	hosts, err := app.OpenSwarm(ctx, where, settle)
	end()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, &unreadError{app.withHint(err)}
	}
	list := make([]place, len(hosts))
	for i, h := range hosts {
		list[i] = place{host: render.Host{Name: h.Name, Node: h.Name}, where: o.Where, source: h.Source}
		if h.Err != nil {
			list[i].source = unreadHost{h.Err}
		}
		if h.TasksUnknown != nil && h.Err == nil {
			list[i].told = render.Say("the manager did not list the tasks of this node, so names come from files on the node: %s", h.TasksUnknown)
		}
	}
	return list, nil
}

// unreadHost is the source of a host that did not answer.
type unreadHost struct{ error }

// Capture is the error.
func (u unreadHost) Capture(context.Context, need.Question) (*inspect.Capture, error) {
	return nil, u.error
}

// errNoSwarm is returned by a program that cannot run a job.
var errNoSwarm = errors.New("this program cannot ask a Swarm")
