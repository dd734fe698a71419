package taskiter

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs/bpf/bpftest"
)

func TestObjectIsOfThisSource(t *testing.T) { bpftest.CheckSums(t, 4) }
