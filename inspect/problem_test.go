package inspect_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// A problem is an error: it has a sentence, and can be found in an error that wraps it.
func TestProblemIsAnError(t *testing.T) {
	p := inspect.Problem{Kind: inspect.Hidden, Ref: "demo", Text: "demo is hidden", Next: "docker pidns version"}
	err := fmt.Errorf("asked for it: %w", p)
	if err.Error() != "asked for it: demo is hidden" {
		t.Errorf("got %q", err)
	}
	var found inspect.Problem
	if !errors.As(err, &found) || found != p {
		t.Errorf("got %+v, want %+v", found, p)
	}
}
