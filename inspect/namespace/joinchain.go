package namespace

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
)

// staleBelow are the containers through which a member of a chain of joins has a stale
// namespace, the nearest first: the member shares the namespace of the container that it
// is configured to join, but that container, or a further one, has kept the old namespace
// of an owner that was restarted. Owner is the name of that owner; it is "" and the list
// empty where all joins below are sound.
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

// staleChain is the remark on a member of a chain of joins that shares a stale namespace.
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
		Text: fmt.Sprintf("Shares the %s of %s, which still is the old one of %s. %s was restarted and has a new one.", namespaceNoun(m.Type), stale.Name, owner, owner),
		Next: strings.Join(restarts, " && "), Cure: "restart them in this order after every restart of " + owner + ".",
	}, true
}
