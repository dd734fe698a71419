package render

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

// hostHeader stands above the containers of one of several hosts.
func (s Screen) hostHeader(c *inspect.Container) {
	if host := s.hostOf(c); host != nil {
		s.Line("Host " + s.paint(bold, Escape(host.Name)))
		s.Line("")
	}
}

// treeHeader is one line, or two where the screen is too narrow.
func (s Screen) treeHeader(t *TreeBlock, noTrunc bool) {
	c := t.Container
	id := Escape(c.ShortID())
	if noTrunc {
		id = Escape(c.ID)
	}
	name := Escape(c.Name)
	rest := Safe("")
	for _, part := range []Safe{id, Escape(c.Image), state(&t.Tree)} {
		if part != "" {
			rest += "  " + part
		}
	}
	shares := join(append([]Safe{"pid namespace " + pidNamespace(&t.Tree)}, otherSharing(t.Sharing)...), "; ")
	const separator = "   "
	line := s.paint(bold, name) + rest
	if s.Width > 0 && (line+separator+shares).width() > s.Width {
		s.Line(line)
		s.writeWrapped(blanks(gap), gap, shares)
	} else {
		s.Line(line + separator + shares)
	}
	s.Line("")
}

// otherSharing names the uts, ipc and net namespaces that are not simply the container's own:
// the host's, another container's, or joined by others. A question mark means that this is only
// declared.
func otherSharing(sharing []namespace.Membership) []Safe {
	var parts []Safe
	for _, m := range sharing {
		if word := sharingWord(m); word != "" {
			parts = append(parts, Safe(m.Type)+" "+word)
		}
	}
	return parts
}

func sharingWord(m namespace.Membership) Safe {
	proven := m.Verdict != namespace.DeclaredOnly
	others := m.Others()
	switch {
	case m.Verdict == namespace.Stale:
		return "STALE, was that of " + Escape(m.OwnerRef)
	case m.Verdict == namespace.Left && m.OwnerRef != "":
		return "not that of " + Escape(m.OwnerRef) + ": one container has LEFT it"
	case m.Verdict == namespace.Left:
		return "not the host's: the container has LEFT it"
	case m.Verdict == namespace.OwnerGone:
		return "of " + Escape(inspect.ShortRef(m.OwnerRef)) + ", which is GONE"
	case m.Mode == namespace.ModeHost:
		return "the host's" + doubt(proven)
	case m.Mode == namespace.ModeEngine && m.Declared == "host":
		return "the engine's"
	case m.Mode == namespace.ModeShared:
		return "of " + ownerName(m) + doubt(proven)
	case m.Mode == namespace.ModeOwn && len(others) > 0:
		return "joined by " + members(others, false) + doubt(m.Inode.Held())
	default:
		return ""
	}
}

// state is "up 14m", after a status such as paused.
func state(t *inspect.Tree) Safe {
	var parts []Safe
	if status := t.Container.Status; status != "running" {
		parts = append(parts, Escape(status))
	}
	for _, root := range t.Roots {
		if main := findMain(root); main != nil {
			return join(append(parts, "up "+short(main.Elapsed)), ", ")
		}
	}
	return join(parts, ", ")
}

func findMain(node *inspect.Node) *inspect.Node {
	if node.Role == inspect.RoleMain {
		return node
	}
	for _, child := range node.Children {
		if main := findMain(child); main != nil {
			return main
		}
	}
	return nil
}

// pidNamespace names the owner of the PID namespace that the container uses, and the others that
// use it. A question mark means that this is only declared, and not verified.
func pidNamespace(t *inspect.Tree) Safe {
	c := t.Container
	switch {
	case t.HostPIDs, c.SharesHostPIDs():
		return "the host's"
	case t.NamespaceOwner == nil && c.JoinedID() != "":
		return "of " + Escape(inspect.ShortRef(c.JoinedID())) + "?"
	case t.NamespaceOwner == nil:
		return "unknown"
	case t.NamespaceOwner != c:
		return "of " + Escape(t.NamespaceOwner.Name) + doubt(t.OwnerProven)
	case len(t.Sharers) == 0 && t.OthersUnread:
		return "own" + doubt(t.OwnerProven) + ", joined by ?"
	case len(t.Sharers) == 0:
		return "own" + doubt(t.OwnerProven)
	default:
		return "own" + doubt(t.OwnerProven) + ", joined by " + names(t.Sharers) + doubt(t.SharersProven)
	}
}

func doubt(proven bool) Safe {
	if proven {
		return ""
	}
	return "?"
}
