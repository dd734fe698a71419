//go:build !iterator

package main

import (
	"github.com/docker-pidns/docker-pidns/procfs/read"
	"github.com/docker-pidns/docker-pidns/procfs/wire"
)

// kernelOf opens nothing. The kernel's iterator of tasks makes the program two thirds larger,
// and is included only with the build tag iterator.
func kernelOf(read.FS) func(bool) (wire.Kernel, error) {
	return func(bool) (wire.Kernel, error) {
		return nil, &wire.UnsupportedError{Reason: "this helper was built without the kernel's iterator of tasks"}
	}
}
