package source

import (
	"fmt"
	"strings"
)

// SwarmObstacle is why an engine cannot run a job on the nodes of a Swarm.
type SwarmObstacle string

// The obstacles.
const (
	// NotASwarm: the engine is in no Swarm (GET /info, Swarm.LocalNodeState).
	NotASwarm SwarmObstacle = "not-a-swarm"
	// NotAManager: the engine is a worker, and only managers may start services (GET /info,
	// Swarm.ControlAvailable).
	NotAManager SwarmObstacle = "not-a-manager"
	// NoQuorum: the engine is a manager that cannot manage now. It is locked, or too few managers
	// answer each other.
	NoQuorum SwarmObstacle = "no-quorum"
)

// SwarmError means that an engine cannot run a job on the nodes of a Swarm.
type SwarmError struct {
	// Endpoint is where the engine is reached.
	Endpoint string
	Obstacle SwarmObstacle
	// Managers are the addresses of managers that the engine knows.
	Managers []string
	// Text is what the engine says, "" for nothing.
	Text string
}

// Error says what the engine is, and what to do.
func (e *SwarmError) Error() string {
	engine := "the engine at " + e.Endpoint
	switch e.Obstacle {
	case NotASwarm:
		return engine + " is not in a Swarm; leave out --swarm, or ask a manager: docker --context MANAGER pidns"
	case NotAManager:
		who := "MANAGER"
		if len(e.Managers) > 0 {
			who = strings.Join(e.Managers, " or ")
		}
		return fmt.Sprintf("%s is a worker of a Swarm, and only a manager can run a job on every node; ask the engine of the manager %s", engine, who)
	default:
		return fmt.Sprintf("%s cannot manage its Swarm: %s", engine, e.Text)
	}
}

// NodeObstacle is why a node of a Swarm does not answer.
type NodeObstacle string

// The obstacles.
const (
	// NodeDown: the manager has no connection to the node (Status.State).
	NodeDown NodeObstacle = "down"
	// NodeClosed: the node is drained or paused, so that Swarm starts no task there
	// (Spec.Availability).
	NodeClosed NodeObstacle = "closed"
	// NodeNotLinux: its containers are of another system (Description.Platform.OS).
	NodeNotLinux NodeObstacle = "not-linux"
	// NodeNoArchitecture: there is no helper for its processor
	// (Description.Platform.Architecture).
	NodeNoArchitecture NodeObstacle = "no-architecture"
	// NodeNoImage: its engine does not have the helper's image.
	NodeNoImage NodeObstacle = "no-image"
	// NodeRefused: its engine has not run the task, for another reason.
	NodeRefused NodeObstacle = "refused"
	// NodeFailed: the helper has exited with an error there.
	NodeFailed NodeObstacle = "failed"
	// NodeSlow: the task was not done in time.
	NodeSlow NodeObstacle = "slow"
	// NodeUnheard: the manager does not give what the helper has written.
	NodeUnheard NodeObstacle = "unheard"
	// NodeGarbled: what came is not what a helper writes.
	NodeGarbled NodeObstacle = "garbled"
	// NodeTwin: the node has the same /proc as another node, as engines beside each other on one
	// host have.
	NodeTwin NodeObstacle = "twin"
)

// NodeError means that a node of a Swarm does not answer.
type NodeError struct {
	Obstacle NodeObstacle
	// Text says what happened, in one line. The node may have chosen words of it.
	Text string
	// Try says what to do about it, "" if nothing is known to help.
	Try string
	// Cause is the error behind it, nil for none.
	Cause error
}

// Error says what happened and what to do.
func (e *NodeError) Error() string {
	if e.Try == "" {
		return e.Text
	}
	return e.Text + "; try: " + e.Try
}

// Unwrap is the cause.
func (e *NodeError) Unwrap() error { return e.Cause }
