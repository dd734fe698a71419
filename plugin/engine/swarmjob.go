package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/swarm"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// SwarmOptions say how helpers are run on the nodes of a Swarm.
type SwarmOptions struct {
	// Version is that of this tool, for a label.
	Version string
	// Arguments are given to the program, after --proc and the path of the node's /proc.
	Arguments []string
	// Most is how long the nodes may take in all.
	Most time.Duration
	// Announce is called before a job is started, if it is set.
	Announce func(HelperRun)
	// Read reads what the helper on a node has written. It is called by several goroutines.
	Read func(node SwarmNode, log io.Reader) error
}

// SwarmAnswer is the result for one node.
type SwarmAnswer struct {
	Node SwarmNode
	// ContainerID is that of the helper's container (Status.ContainerStatus.ContainerID).
	ContainerID string
	// Tasks are the tasks that run on the node, by the IDs of their containers. TasksUnknown is
	// why the manager does not list them, nil if it does.
	Tasks        map[string]SwarmTask
	TasksUnknown error
	// Err is why the node does not answer, nil if it does. It is a *source.NodeError where the
	// node is the cause.
	Err error
}

// RunOnSwarm runs the helper once on every node that can run it, and removes everything
// afterwards. pick returns the program for an architecture (amd64, arm64). The answers have all
// nodes, by name. An error means that no node answers. It is a *source.SwarmError if the engine
// is not a manager.
func (c *Client) RunOnSwarm(ctx context.Context, pick func(architecture string) (HelperProgram, error), options SwarmOptions) ([]SwarmAnswer, error) {
	now, err := c.manages(ctx)
	if err != nil {
		return nil, err
	}
	nodes, err := c.listNodes(ctx)
	if err != nil {
		return nil, err
	}
	c.sweepServices(ctx, now)
	j := newSwarmJob(c, nodes, options)
	defer j.remove(ctx)
	if err := j.start(ctx, pick); err != nil {
		return nil, err
	}
	if err := j.wait(ctx); err != nil {
		return nil, err
	}
	return j.answers, nil
}

// swarmJob is one run on all nodes.
type swarmJob struct {
	client   *Client
	options  SwarmOptions
	nodes    []swarm.Node
	answers  []SwarmAnswer
	instance string
	// names are the services' names, which are known before their IDs. services are the IDs of
	// those that were created, and images what their tasks run.
	// unsure is a name whose service may or may not have been created.
	names, services []string
	unsure          string
	images          map[string]LoadedHelper
	// done are the nodes whose result is known, and reading the reads that are under way.
	done    map[string]bool
	reading sync.WaitGroup
	slots   chan struct{}
}

// readingLogs is how many logs are read at once.
const readingLogs = 8

func newSwarmJob(c *Client, nodes []swarm.Node, options SwarmOptions) *swarmJob {
	j := &swarmJob{
		client: c, options: options, nodes: nodes, instance: strings.ToLower(rand.Text()),
		images: map[string]LoadedHelper{}, done: map[string]bool{}, slots: make(chan struct{}, readingLogs),
	}
	for i, node := range named(nodes) {
		j.answers = append(j.answers, SwarmAnswer{Node: node, Err: whyClosed(&nodes[i], node.Name)})
		j.done[node.ID] = j.answers[i].Err != nil
	}
	return j
}

// start creates a service for each kind of processor.
func (j *swarmJob) start(ctx context.Context, pick func(string) (HelperProgram, error)) error {
	for i := range j.answers {
		a := &j.answers[i]
		if _, known := j.images[a.Node.platform]; known || a.Err != nil {
			continue
		}
		image, err := j.image(ctx, a.Node.platform, pick)
		if err != nil {
			return err
		}
		j.images[a.Node.platform] = image
		run := swarmRun{
			image: image.ID, platform: a.Node.platform, instance: j.instance, version: j.options.Version,
			started: time.Now(), deadline: j.options.Most, arguments: j.options.Arguments,
		}
		if j.options.Announce != nil {
			j.options.Announce(HelperRun{Words: run.words(), Image: image.Tag, Imported: image.Bytes > 0, ImageBytes: image.Bytes})
		}
		if err := j.create(ctx, run); err != nil {
			return err
		}
	}
	return nil
}

// image is the helper's image for a kind of processor. The manager gets the one for its own.
func (j *swarmJob) image(ctx context.Context, platform string, pick func(string) (HelperProgram, error)) (LoadedHelper, error) {
	own, err := j.client.LoadHelper(ctx, pick)
	if err != nil {
		return own, err
	}
	program, err := pick(goArchitecture(platform))
	if err != nil {
		return own, err
	}
	if program.tag() == own.Tag {
		return own, nil
	}
	archive, err := program.Archive()
	other := LoadedHelper{Tag: archive.Tag, ID: archive.ConfigID}
	if host, wrong := j.ownArchive(ctx, pick); wrong == nil && own.ID == host.ManifestID { // of nodes with the same image store
		other.ID = archive.ManifestID
	}
	return other, err
}

// ownArchive is the image for the manager's own processor.
func (j *swarmJob) ownArchive(ctx context.Context, pick func(string) (HelperProgram, error)) (HelperArchive, error) {
	host, err := j.client.helperHost(ctx)
	if err != nil {
		return HelperArchive{}, err
	}
	program, err := pick(host.architecture)
	if err != nil {
		return HelperArchive{}, err
	}
	return program.Archive()
}

// create creates a service. Its name is noted before, because it may exist although nobody has
// said so.
func (j *swarmJob) create(ctx context.Context, run swarmRun) error {
	j.names = append(j.names, run.name())
	created, err := call(ctx, j.client, ofOne, func(ctx context.Context) (swarm.ServiceCreateResponse, error) {
		return j.client.api.ServiceCreate(ctx, run.request(), swarm.ServiceCreateOptions{})
	})
	if err != nil && !isRefused(err) {
		j.unsure = run.name()
	}
	if err != nil {
		return j.client.helperStep("create the service of helpers", err, "let this user create that service (authorization plugin), or run docker pidns on each node")
	}
	j.services = append(j.services, created.ID)
	return nil
}

// remove removes the services, whatever has become of ctx, and with them the containers.
func (j *swarmJob) remove(ctx context.Context) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	for _, name := range j.names { // what is left, a later run removes
		if j.unsure != name {
			_ = j.client.removeService(ctx, name)
			continue
		}
		removeUnknown(ctx, func(ctx context.Context) error {
			_, err := call(ctx, j.client, ofOne, func(ctx context.Context) (struct{}, error) { return struct{}{}, j.client.api.ServiceRemove(ctx, name) })
			return err
		})
	}
}

const (
	// betweenTasks is the pause before the tasks are listed again: so long, and the second for
	// each node. A list of 1,000 tasks has about 3 MB.
	betweenTasks    = 100 * time.Millisecond
	betweenTasksOne = time.Millisecond
	// betweenNodes is the pause before nodes that have not begun are looked at again.
	betweenNodes = 2 * time.Second
)

// wait waits until all nodes have a result, or the time is over.
func (j *swarmJob) wait(ctx context.Context) error {
	defer j.reading.Wait()
	over := time.NewTimer(j.options.Most)
	defer over.Stop()
	services, _ := j.client.serviceNames(ctx)
	looked := time.Now()
	for slices.Contains(j.open(), true) {
		if err := j.look(ctx, services); err != nil {
			return err
		}
		if time.Since(looked) > betweenNodes {
			looked = time.Now()
			j.lookForLost(ctx)
		}
		select {
		case <-time.After(betweenTasks + time.Duration(len(j.nodes))*betweenTasksOne):
		case <-over.C:
			j.giveUp()
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// open are true for the nodes without a result.
func (j *swarmJob) open() []bool {
	list := make([]bool, len(j.answers))
	for i := range j.answers {
		list[i] = !j.done[j.answers[i].Node.ID]
	}
	return list
}

// at is the answer of a node that has no result, nil for another.
func (j *swarmJob) at(node string) *SwarmAnswer {
	if j.done[node] {
		return nil
	}
	for i := range j.answers { // the others are being written to, and must not be copied
		if j.answers[i].Node.ID == node {
			return &j.answers[i]
		}
	}
	return nil
}

// look lists the tasks, and reads what those have written that have ended since.
func (j *swarmJob) look(ctx context.Context, services map[string]string) error {
	for _, service := range j.services {
		tasks, err := call(ctx, j.client, ofSwarm, func(ctx context.Context) ([]swarm.Task, error) {
			return j.client.api.TaskList(ctx, swarm.TaskListOptions{Filters: filters.NewArgs(filters.Arg("service", service))})
		})
		if err != nil {
			return fmt.Errorf("the tasks of helpers: %w", err)
		}
		for i := range tasks {
			t := &tasks[i]
			if a := j.at(t.NodeID); a != nil && t.ServiceID == service {
				j.take(ctx, a, t, services)
			}
		}
	}
	return nil
}

// take takes the result of a task that has ended.
func (j *swarmJob) take(ctx context.Context, a *SwarmAnswer, t *swarm.Task, services map[string]string) {
	if status := t.Status.ContainerStatus; status != nil {
		a.ContainerID = status.ContainerID
	}
	switch t.Status.State {
	case swarm.TaskStateComplete, swarm.TaskStateFailed:
		j.done[a.Node.ID] = true
		state, id, failed := t.Status.State, t.ID, oneLine(t.Status.Err)
		j.reading.Go(func() {
			j.slots <- struct{}{}
			defer func() { <-j.slots }()
			if state == swarm.TaskStateFailed {
				a.Err = &source.NodeError{Obstacle: source.NodeFailed, Text: "the helper failed: " + orElse(j.client.lastWord(ctx, id), failed)}
				return
			}
			a.Err = j.read(ctx, a.Node, id)
			a.Tasks, a.TasksUnknown = j.client.tasksOn(ctx, a.Node.ID, services)
		})
	case swarm.TaskStateRejected, swarm.TaskStateShutdown, swarm.TaskStateOrphaned, swarm.TaskStateRemove:
		j.done[a.Node.ID] = true
		a.Err = j.refused(a.Node, t)
	}
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// refused is why a node has not run its task. Only the engine's sentence says that the image is
// missing (daemon, "No such image").
func (j *swarmJob) refused(node SwarmNode, t *swarm.Task) error {
	why := oneLine(orElse(t.Status.Err, t.Status.Message))
	if !strings.Contains(strings.ToLower(why), "no such image") {
		return &source.NodeError{Obstacle: source.NodeRefused, Text: "the node did not run the helper: " + why}
	}
	image := j.images[node.platform]
	save := "docker pidns helper image save --architecture " + goArchitecture(node.platform)
	return &source.NodeError{
		Obstacle: source.NodeNoImage, Text: "the node does not have the helper's image " + image.Tag,
		Try: save + " | ssh " + inspect.ShellWord(node.Name) + " docker image load",
	}
}

// ofLog is the answer with a log. What one node writes takes nothing from the others.
var ofLog = bounds{bytes: 48 << 20, values: 1 << 20, apart: true}

const (
	// mostLogTries is how often a log is read that is cut, and betweenLogs the pause between.
	mostLogTries = 3
	betweenLogs  = 300 * time.Millisecond
)

// read reads what the helper has written (GET /tasks/ID/logs).
func (j *swarmJob) read(ctx context.Context, node SwarmNode, task string) error {
	var err error
	for try := 0; try < mostLogTries; try++ {
		var readable bool
		if readable, err = j.readLog(ctx, node, task); err == nil {
			return nil
		}
		if !readable || !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			break
		}
		select {
		case <-time.After(betweenLogs):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

// readLog reads the log once. readable is false if the manager does not give it.
func (j *swarmJob) readLog(ctx context.Context, node SwarmNode, task string) (readable bool, err error) {
	patient := *j.client
	patient.timeout = mostUploads * j.client.timeout
	var garbled error
	_, err = call(ctx, &patient, ofLog, func(ctx context.Context) (struct{}, error) {
		log, err := j.client.api.TaskLogs(ctx, task, container.LogsOptions{ShowStdout: true, ShowStderr: true})
		if err != nil {
			return struct{}{}, err
		}
		defer func() { _ = log.Close() }()
		garbled = j.options.Read(node, newFrames(log))
		return struct{}{}, nil
	})
	switch {
	case err != nil:
		return false, &source.NodeError{Obstacle: source.NodeUnheard, Text: "the manager did not return the helper's log: " + oneLine(err.Error()), Cause: err}
	case garbled != nil:
		return true, &source.NodeError{Obstacle: source.NodeGarbled, Text: oneLine(garbled.Error()), Cause: garbled}
	default:
		return true, nil
	}
}

// lastWord is the last line that a failed helper has written, "" if it is not known.
func (c *Client) lastWord(ctx context.Context, task string) string {
	data, err := call(ctx, c, ofOne, func(ctx context.Context) ([]byte, error) {
		log, err := c.api.TaskLogs(ctx, task, container.LogsOptions{ShowStderr: true, Tail: lastLines})
		if err != nil {
			return nil, err
		}
		defer func() { _ = log.Close() }()
		return io.ReadAll(io.LimitReader(log, mostLogBytes))
	})
	if lines := logLines(data); err == nil && len(lines) > 0 {
		return oneLine(lines[len(lines)-1])
	}
	return ""
}

// lookForLost gives up nodes that have no result and are no longer there.
func (j *swarmJob) lookForLost(ctx context.Context) {
	now, err := j.client.listNodes(ctx)
	if err != nil {
		return
	}
	for i := range now {
		if a := j.at(now[i].ID); a != nil {
			if why := whyClosed(&now[i], a.Node.Name); why != nil {
				a.Err, j.done[a.Node.ID] = why, true
			}
		}
	}
}

// giveUp gives up the nodes that have no result.
func (j *swarmJob) giveUp() {
	for i := range j.answers {
		if a := &j.answers[i]; !j.done[a.Node.ID] {
			j.done[a.Node.ID] = true
			a.Err = &source.NodeError{Obstacle: source.NodeSlow, Text: fmt.Sprintf("no answer in %s (12 times --timeout, plus the time until the second look)", j.options.Most)}
		}
	}
}
