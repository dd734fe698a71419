package engine

import (
	"fmt"
	"strings"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// helperStep is the error of a step towards the helper. An error that has a kind keeps it. An
// engine that answers and does not do it has refused.
func (c *Client) helperStep(step string, err error, try string) error {
	if !isRefused(err) {
		return fmt.Errorf("the helper: cannot %s: %w", step, err)
	}
	return &source.HelperError{
		Endpoint: c.endpoint, Obstacle: source.HelperRefused, Status: -1,
		Text: fmt.Sprintf("the engine refused to %s: %s", step, oneLine(err.Error())), Try: try, Cause: err,
	}
}

// allowed is what to try if an engine refuses what needs no option.
const allowed = "check whether a policy or an authorization plugin of the engine forbids it"

// oneLine is the beginning of a text of others, in one line.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= mostLineBytes {
		return text
	}
	return strings.ToValidUTF8(text[:mostLineBytes], "") + " [more]"
}
