package namespace

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
)

// staleBelow are the containers over which a member of a chain of joins has got a
// stale namespace, the nearest first: it shares the namespace of the one that it
// was told to join, as declared, but that one, or a further one, has kept the old
// namespace of an owner that was restarted. Owner is that one's name; it is ""
// and the list empty where all joins below are sound.
func staleBelow(ix *inspect.Index, m Membership) (between []*inspect.Container, owner string) {
	for range len(ix.Capture.Containers) {
		next := ix.ContainerNamed(inspect.JoinedRef(m.Declared))
		if m.Verdict != OK || next == nil {
			return nil, ""
		}
		between = append(between, next)
		if m = Of(ix, next, m.Type); m.Verdict == Stale {
			return between, m.OwnerRef
		}
	}
	return nil, ""
}

// staleChain says of a member of a chain of joins that it shares a stale namespace.
func staleChain(ix *inspect.Index, m Membership) (Remark, bool) {
	between, owner := staleBelow(ix, m)
	if len(between) == 0 {
		return Remark{}, false
	}
	stale := between[len(between)-1]
	var restarts []string
	for _, c := range slices.Backward(append([]*inspect.Container{m.Container}, between...)) {
		restarts = append(restarts, manage.Restart(c))
	}
	return Remark{
		Kind: RemarkStale, Owner: owner,
		Text: fmt.Sprintf("shares the %s namespace of %s, which joined %s before that was restarted: neither has what %s has now", m.Type, stale.Name, owner, owner),
		Next: strings.Join(restarts, " && "), Cure: "restart them in this order after every restart of " + owner,
	}, true
}
