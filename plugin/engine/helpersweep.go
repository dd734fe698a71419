package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

const (
	// leftAfter is how old a helper's container that does not run is before another run
	// removes it. One that is being started is seconds old.
	leftAfter = 10 * time.Minute
	// mostSwept is how many of them one run removes.
	mostSwept = 32
	// betweenTriesToRemove is the pause in which a container whose creation was given up may
	// appear, and mostTriesToRemove how often it is looked for.
	betweenTriesToRemove = 100 * time.Millisecond
	mostTriesToRemove    = 10
)

// helperContainers are all containers of helpers, running or not.
func (c *Client) helperContainers(ctx context.Context) ([]container.Summary, error) {
	return call(ctx, c, ofList, func(ctx context.Context) ([]container.Summary, error) {
		return c.api.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", LabelHelper))})
	})
}

// lookForLeft lists the containers of helpers in the background. An engine that does not say
// has none to remove.
func (c *Client) lookForLeft(ctx context.Context) <-chan []container.Summary {
	found := make(chan []container.Summary, 1)
	go func() {
		list, err := c.helperContainers(ctx)
		if err != nil {
			list = nil
		}
		found <- list
	}()
	return found
}

// sweep removes in the background what is left, and then tells the IDs.
func (c *Client) sweep(ctx context.Context, found <-chan []container.Summary, now time.Time) <-chan []string {
	done := make(chan []string, 1)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, c.timeout)
		defer cancel()
		var removed []string
		for _, id := range leftOver(<-found, now) {
			if c.removeContainer(ctx, id, false) == nil {
				removed = append(removed, id)
			}
		}
		done <- removed
	}()
	return done
}

// leftOver are those that nobody uses any more: they do not run, and whoever made them would
// have started them by now. A running one may be another user's. Both times are the engine's:
// clocks of callers may differ.
func leftOver(list []container.Summary, now time.Time) []string {
	var ids []string
	for _, s := range list {
		_, ours := s.Labels[LabelHelper]
		stands := s.State == container.StateCreated || s.State == container.StateExited || s.State == container.StateDead
		if ours && stands && !now.IsZero() && now.Sub(time.Unix(s.Created, 0)) > leftAfter && len(ids) < mostSwept {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// removeContainer removes one, or with force also one that runs. That it is gone, or is being
// removed, is no error.
func (c *Client) removeContainer(ctx context.Context, ref string, force bool) error {
	removing := false
	_, err := call(ctx, c, ofOne, func(ctx context.Context) (struct{}, error) {
		err := c.api.ContainerRemove(ctx, ref, container.RemoveOptions{Force: force, RemoveVolumes: true})
		removing = force && errdefs.IsConflict(err)
		return struct{}{}, err
	})
	if removing || errors.Is(err, source.ErrNoSuchContainer) {
		return nil
	}
	return err
}

// afterwards is a context for what has to be done when ctx has ended.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), mostCleanup)
}

// discard removes a container of this run, whatever has become of ctx.
func (c *Client) discard(ctx context.Context, id string) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if err := c.removeContainer(ctx, id, true); err != nil {
		return fmt.Errorf("the helper's container may be left; remove it: docker rm -f %s: %w", id, err)
	}
	return nil
}

// discardUnknown removes a container by its name if the engine has made it, or makes it yet.
func (c *Client) discardUnknown(ctx context.Context, name string) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	removeUnknown(ctx, func(ctx context.Context) error {
		_, err := call(ctx, c, ofOne, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, c.api.ContainerRemove(ctx, name, container.RemoveOptions{Force: true, RemoveVolumes: true})
		})
		return err
	})
}

// removeUnknown removes what may appear yet: it tries again while the engine does not know it.
func removeUnknown(ctx context.Context, remove func(context.Context) error) {
	for range mostTriesToRemove {
		if err := remove(ctx); !errors.Is(err, source.ErrNoSuchContainer) {
			return
		}
		select {
		case <-time.After(betweenTriesToRemove):
		case <-ctx.Done():
			return
		}
	}
}

// RemovedHelper is what RemoveHelper has removed.
type RemovedHelper struct {
	// Services and Containers are IDs, Running those of the containers that still ran, and Images
	// IDs of images.
	Services, Containers, Running, Images []string
}

// RemoveHelper removes all containers and images of helpers from the engine, and the services if
// it manages a Swarm, also those of other users and those that run. What was removed is also told
// with an error.
func (c *Client) RemoveHelper(ctx context.Context) (RemovedHelper, error) {
	var removed RemovedHelper
	containers, err := c.helperContainers(ctx)
	if err != nil {
		return removed, fmt.Errorf("cannot list the containers of helpers: %w", err)
	}
	var problems []error
	if removed.Services, err = c.removeServices(ctx); err != nil {
		problems = append(problems, err)
	}
	for _, s := range containers {
		if _, ours := s.Labels[LabelHelper]; !ours { // an engine that does not filter
			continue
		}
		if err := c.removeContainer(ctx, s.ID, true); err != nil {
			problems = append(problems, fmt.Errorf("cannot remove the container %s: %w", s.ID, err))
			continue
		}
		removed.Containers = append(removed.Containers, s.ID)
		if s.State == container.StateRunning {
			removed.Running = append(removed.Running, s.ID)
		}
	}
	images, err := c.helperImages(ctx, filters.NewArgs(filters.Arg("label", labelImage)))
	if err != nil {
		return removed, errors.Join(append(problems, fmt.Errorf("cannot list the images of helpers: %w", err))...)
	}
	for _, s := range images {
		if _, ours := s.Labels[labelImage]; !ours {
			continue
		}
		if err := c.removeImage(ctx, s.ID, true); err != nil {
			problems = append(problems, fmt.Errorf("cannot remove the image %s: %w", s.ID, err))
			continue
		}
		removed.Images = append(removed.Images, s.ID)
	}
	return removed, errors.Join(problems...)
}
