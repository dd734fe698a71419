package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/swarm"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// SwarmNode is a node of a Swarm (GET /nodes).
type SwarmNode struct {
	ID string
	// Name is its host name, with a part of its ID if another node has the same host name.
	Name string
	// platform is its processor, as it names it.
	platform string
}

// nodeName is how much of a node's ID is in its name, if its host name is not enough.
const nodeName = 6

// ofSwarm is enough for 10,000 nodes, or for 20,000 tasks of one service.
var ofSwarm = bounds{bytes: 64 << 20, values: 4 << 20, elements: 50_000}

// manages reports an error unless the engine manages a Swarm. It returns the engine's clock.
func (c *Client) manages(ctx context.Context) (time.Time, error) {
	info, err := call(ctx, c, ofOne, c.api.Info)
	if err != nil {
		return time.Time{}, err
	}
	e := &source.SwarmError{Endpoint: c.endpoint, Text: oneLine(info.Swarm.Error)}
	switch state := info.Swarm.LocalNodeState; {
	case info.Swarm.ControlAvailable:
		return parseTime(info.SystemTime), nil
	case state == swarm.LocalNodeStateLocked:
		e.Obstacle, e.Text = source.NoQuorum, "it is locked; try: docker swarm unlock"
	case state != swarm.LocalNodeStateActive && info.Swarm.Error == "":
		e.Obstacle = source.NotASwarm
	case info.Swarm.Error != "":
		e.Obstacle = source.NoQuorum
	default:
		e.Obstacle = source.NotAManager
		for _, peer := range info.Swarm.RemoteManagers {
			host, _, err := net.SplitHostPort(peer.Addr)
			if err != nil {
				host = peer.Addr
			}
			e.Managers = append(e.Managers, oneLine(host))
		}
	}
	return time.Time{}, e
}

// listNodes are all nodes, by name.
func (c *Client) listNodes(ctx context.Context) ([]swarm.Node, error) {
	nodes, err := call(ctx, c, ofSwarm, func(ctx context.Context) ([]swarm.Node, error) {
		return c.api.NodeList(ctx, swarm.NodeListOptions{})
	})
	if isRefused(err) {
		return nil, &source.SwarmError{Endpoint: c.endpoint, Obstacle: source.NoQuorum, Text: oneLine(err.Error())}
	}
	slices.SortFunc(nodes, func(a, b swarm.Node) int {
		return strings.Compare(a.Description.Hostname+"\x00"+a.ID, b.Description.Hostname+"\x00"+b.ID)
	})
	return nodes, err
}

// named are the nodes with names that no two of them have.
func named(nodes []swarm.Node) []SwarmNode {
	times := map[string]int{}
	for _, n := range nodes {
		times[n.Description.Hostname]++
	}
	list := make([]SwarmNode, len(nodes))
	for i, n := range nodes {
		name := n.Description.Hostname
		switch {
		case name == "":
			name = n.ID
		case times[name] > 1:
			name += "-" + n.ID[:min(len(n.ID), nodeName)]
		}
		list[i] = SwarmNode{ID: n.ID, Name: name, platform: n.Description.Platform.Architecture}
	}
	return list
}

// whyClosed is why no job runs on a node, nil if one can.
func whyClosed(n *swarm.Node, name string) error {
	platform, state := n.Description.Platform, n.Status.State
	reopen := "docker node update --availability active " + inspect.ShellWord(n.ID)
	switch {
	case state == swarm.NodeStateDown:
		return &source.NodeError{Obstacle: source.NodeDown, Text: "the node is down" + behind(n.Status.Message), Try: "start its engine, then: docker node ls"}
	case state != swarm.NodeStateReady:
		return &source.NodeError{Obstacle: source.NodeDown, Text: fmt.Sprintf("the manager has no connection to the node (%s)%s", oneLine(string(state)), behind(n.Status.Message)), Try: "docker node ls"}
	case platform.OS != "linux":
		return &source.NodeError{Obstacle: source.NodeNotLinux, Text: fmt.Sprintf("the helper needs Linux, but the node runs %q", oneLine(platform.OS))}
	case goArchitecture(platform.Architecture) == "":
		return &source.NodeError{
			Obstacle: source.NodeNoArchitecture, Try: "run docker pidns on the node",
			Text: fmt.Sprintf("there is no helper for the node's processor (%q), only for x86_64 and aarch64", oneLine(platform.Architecture)),
		}
	case n.Spec.Availability == swarm.NodeAvailabilityDrain:
		return &source.NodeError{Obstacle: source.NodeClosed, Text: "the node is drained, so Swarm starts no task there", Try: reopen}
	case n.Spec.Availability != swarm.NodeAvailabilityActive:
		return &source.NodeError{Obstacle: source.NodeClosed, Text: "the node is paused, so Swarm starts no task there", Try: reopen}
	default:
		return nil
	}
}

// behind is a message of others behind a sentence.
func behind(message string) string {
	if message = oneLine(message); message == "" {
		return ""
	}
	return ": " + message
}

// SwarmTask is a task of a service, as docker service ps shows it.
type SwarmTask struct {
	// Name is that of the service, a dot, and the task's number or the ID of its node.
	Name string
	// Service is the name of its service.
	Service string
}

// tasksOn are the tasks that run on a node, by the IDs of their containers.
func (c *Client) tasksOn(ctx context.Context, node string, services map[string]string) (map[string]SwarmTask, error) {
	list, err := call(ctx, c, ofSwarm, func(ctx context.Context) ([]swarm.Task, error) {
		return c.api.TaskList(ctx, swarm.TaskListOptions{Filters: filters.NewArgs(filters.Arg("node", node), filters.Arg("desired-state", "running"))})
	})
	tasks := map[string]SwarmTask{}
	for i := range list {
		t := &list[i]
		service, known := services[t.ServiceID]
		if t.NodeID != node || t.Status.ContainerStatus == nil || t.Status.ContainerStatus.ContainerID == "" || !known {
			continue
		}
		name := service + "." + t.NodeID
		if t.Slot != 0 {
			name = fmt.Sprintf("%s.%d", service, t.Slot)
		}
		tasks[t.Status.ContainerStatus.ContainerID] = SwarmTask{Name: name, Service: service}
	}
	return tasks, err
}

// serviceNames are the names of all services by their IDs.
func (c *Client) serviceNames(ctx context.Context) (map[string]string, error) {
	list, err := c.services(ctx, filters.NewArgs())
	names := make(map[string]string, len(list))
	for i := range list {
		names[list[i].ID] = list[i].Spec.Name
	}
	return names, err
}

func (c *Client) services(ctx context.Context, which filters.Args) ([]swarm.Service, error) {
	return call(ctx, c, ofSwarm, func(ctx context.Context) ([]swarm.Service, error) {
		return c.api.ServiceList(ctx, swarm.ServiceListOptions{Filters: which})
	})
}

// removeService removes one, with its tasks. That it is gone is no error.
func (c *Client) removeService(ctx context.Context, ref string) error {
	_, err := call(ctx, c, ofOne, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.api.ServiceRemove(ctx, ref) })
	if errors.Is(err, source.ErrNoSuchContainer) { // as every 404 is called
		return nil
	}
	return err
}

// sweepServices removes services that earlier jobs have left: whoever ran them has given up by
// now, by the manager's clock. It returns their IDs.
func (c *Client) sweepServices(ctx context.Context, now time.Time) []string {
	list, err := c.services(ctx, filters.NewArgs(filters.Arg("label", LabelHelper)))
	if err != nil {
		return nil
	}
	var removed []string
	for i := range list {
		s := &list[i]
		given, err := time.ParseDuration(s.Spec.Labels[labelDeadline])
		_, ours := s.Spec.Labels[LabelHelper]
		if !ours || err != nil || now.IsZero() || now.Sub(s.CreatedAt) < given || len(removed) == mostSwept {
			continue
		}
		if c.removeService(ctx, s.ID) == nil {
			removed = append(removed, s.ID)
		}
	}
	return removed
}

// removeServices removes all services of helpers, and returns their IDs. An engine that manages no
// Swarm has none to remove.
func (c *Client) removeServices(ctx context.Context) ([]string, error) {
	_, err := c.manages(ctx)
	var none *source.SwarmError
	if errors.As(err, &none) && (none.Obstacle == source.NotASwarm || none.Obstacle == source.NotAManager) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list the services of helpers: %w", err)
	}
	list, err := c.services(ctx, filters.NewArgs(filters.Arg("label", LabelHelper)))
	if err != nil {
		return nil, fmt.Errorf("cannot list the services of helpers: %w", err)
	}
	var removed []string
	var problems []error
	for i := range list {
		if _, ours := list[i].Spec.Labels[LabelHelper]; !ours { // an engine that does not filter
			continue
		}
		if err := c.removeService(ctx, list[i].ID); err != nil {
			problems = append(problems, fmt.Errorf("cannot remove the service %s: %w", list[i].ID, err))
			continue
		}
		removed = append(removed, list[i].ID)
	}
	return removed, errors.Join(problems...)
}
