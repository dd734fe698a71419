package engine

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// onDisk is config.v2.json as far as it is like an answer of the engine (moby,
// daemon/container, Container). The environment in Config is read past.
type onDisk struct {
	ID, Name, Path  string
	Args            []string
	State           *container.State
	Config          *container.Config
	NetworkSettings *container.NetworkSettings
	RestartCount    int
}

// FromDisk returns the container that Docker's own files describe, which its engine reads when
// it starts: config.v2.json and hostconfig.json in the folder containers/ID below its data
// root. It wrote them when the container started, stopped or had a health check. ExecIDs are
// not in them.
func FromDisk(configV2, hostConfig []byte, at time.Time) (inspect.Container, error) {
	var c onDisk
	if err := json.Unmarshal(configV2, &c); err != nil {
		return inspect.Container{}, fmt.Errorf("config.v2.json: %w", err)
	}
	host := &container.HostConfig{}
	if err := json.Unmarshal(hostConfig, host); err != nil {
		return inspect.Container{}, fmt.Errorf("hostconfig.json: %w", err)
	}
	if c.State != nil {
		c.State.Status = statusOf(c.State)
	}
	found := fromInspect(container.InspectResponse{
		ContainerJSONBase: &container.ContainerJSONBase{
			ID: c.ID, Name: c.Name, Path: c.Path, Args: c.Args, State: c.State, RestartCount: c.RestartCount, HostConfig: host,
		},
		Config: c.Config, NetworkSettings: c.NetworkSettings,
	}, at)
	// The files do not say what the engine's default is.
	found.GraceAssumed = c.Config == nil || c.Config.StopTimeout == nil
	return found, nil
}

// statusOf is State.Status, which is in no file, as the engine makes it (State.StateString).
func statusOf(s *container.State) container.ContainerState {
	switch {
	case s.Running && s.Paused:
		return container.StatePaused
	case s.Running && s.Restarting:
		return container.StateRestarting
	case s.Running:
		return container.StateRunning
	case s.Dead:
		return container.StateDead
	case parseTime(s.StartedAt).IsZero():
		return container.StateCreated
	default:
		return container.StateExited
	}
}
