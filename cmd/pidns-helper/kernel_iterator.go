//go:build iterator

package main

import (
	"errors"

	"github.com/docker-pidns/docker-pidns/procfs/read"
	"github.com/docker-pidns/docker-pidns/procfs/taskiter"
	"github.com/docker-pidns/docker-pidns/procfs/wire"
)

// kernelOf begins to prepare the kernel's iterator of tasks, and opens it when it is asked for.
func kernelOf(proc read.FS) func(bool) (wire.Kernel, error) {
	taskiter.Prepare()
	return func(forSurveys bool) (wire.Kernel, error) {
		purpose := taskiter.ForScans
		if forSurveys {
			purpose = taskiter.ForSurveys
		}
		reader, err := taskiter.Open(proc, purpose)
		var unsupported *taskiter.UnsupportedError
		if errors.As(err, &unsupported) {
			return nil, &wire.UnsupportedError{Reason: err.Error(), Remedy: unsupported.Remedy}
		}
		if err != nil {
			return nil, err
		}
		return reader, nil
	}
}
