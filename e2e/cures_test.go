//go:build e2e && linux

package e2e

import (
	"testing"

	cures "github.com/docker-pidns/docker-pidns/e2e/internal/advice"
	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// Advice has the promised effect. make cures tries many more problems.
func TestAdvice(t *testing.T) {
	t.Parallel()
	place := cures.Place{Image: Suite.Image, Label: Label}
	for _, c := range cures.QuickCases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			result := place.Try(t.Context(), c)
			if result.Error != "" {
				t.Error(result.Error)
			}
			for _, p := range result.Broken() {
				t.Errorf("told %q: %s", p.Told, p.Came)
			}
		})
	}
}
