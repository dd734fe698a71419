package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"sync"
	"time"

	"github.com/docker/cli/cli/command"

	"github.com/docker-pidns/docker-pidns/plugin"
	"github.com/docker-pidns/docker-pidns/plugin/about"
	"github.com/docker-pidns/docker-pidns/plugin/bundle"
	"github.com/docker-pidns/docker-pidns/plugin/engine"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// swarmDeadlines is how many times the deadline of one request the nodes of a Swarm may take.
const swarmDeadlines = 12

// openerOfSwarm returns a function that runs the helper on every node of the Swarm that the
// current engine of the docker CLI manages.
func openerOfSwarm(cli command.Cli) func(context.Context, plugin.Where, time.Duration) ([]plugin.SwarmHost, error) {
	return func(ctx context.Context, where plugin.Where, settle time.Duration) ([]plugin.SwarmHost, error) {
		client, err := engine.Connect(cli, where.Context, where.Timeout)
		if err != nil {
			return nil, err
		}
		defer removing.begin()()
		nonce := rand.Text()
		recordings := newRecordings(nonce)
		answers, err := client.RunOnSwarm(ctx, helperFor, engine.SwarmOptions{
			Version: about.Version, Arguments: []string{"--once", source.RecordingOrder(about.Version, nonce, settle)},
			Most: swarmDeadlines*where.Timeout + settle, Announce: announced(where.Announce), Read: recordings.read,
		})
		if err != nil {
			return nil, err
		}
		recordings.refuseTwins(answers)
		hosts := make([]plugin.SwarmHost, len(answers))
		for i := range answers {
			hosts[i] = recordings.host(&answers[i], where)
		}
		return hosts, nil
	}
}

// recordings are what the nodes have recorded, by their IDs.
type recordings struct {
	nonce string
	mu    sync.Mutex
	of    map[string]*source.Recording
}

func newRecordings(nonce string) *recordings {
	return &recordings{nonce: nonce, of: map[string]*source.Recording{}}
}

// read reads what a node has recorded.
func (r *recordings) read(node engine.SwarmNode, log io.Reader) error {
	recording, err := source.ReadRecording(log, r.nonce)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of[node.ID] = recording
	return nil
}

// refuseTwins refuses the recordings of a /proc that a node before has recorded, because its
// containers would be shown twice.
func (r *recordings) refuseTwins(answers []engine.SwarmAnswer) {
	first := map[string]string{}
	for i := range answers {
		a := &answers[i]
		if a.Err != nil {
			continue
		}
		proc := r.of[a.Node.ID].ProcID()
		if other := first[proc]; proc != "" && other != "" {
			a.Err = &source.NodeError{Obstacle: source.NodeTwin, Text: "the node has the same /proc as " + other + ", where its containers are shown"}
		}
		first[proc] = cmp.Or(first[proc], a.Node.Name)
	}
}

// host is the node as a host that can be captured.
func (r *recordings) host(a *engine.SwarmAnswer, where plugin.Where) plugin.SwarmHost {
	host := plugin.SwarmHost{Name: a.Node.Name, TasksUnknown: a.TasksUnknown, Err: a.Err}
	if a.Err != nil {
		return host
	}
	given := map[string]bundle.Given{}
	for id, task := range a.Tasks {
		given[id] = bundle.Given{Name: task.Name, Labels: map[string]string{serviceLabel: task.Service}}
	}
	name := a.Node.Name
	host.Source = &source.Recorded{
		Recording: r.of[a.Node.ID], ContainerID: a.ContainerID, Tool: about.Version,
		Without: func(p *source.Recording) source.Facts { return bundle.New(p, name, where.Timeout).Named(given) },
	}
	return host
}

// serviceLabel is the label in which Swarm names the service of a container.
const serviceLabel = "com.docker.swarm.service.name"
