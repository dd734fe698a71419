package render

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// leftNote is leftWords as a note after a command.
func leftNote(r *inspect.Row) Safe {
	words := leftWords(r)
	if len(words) == 0 {
		return ""
	}
	return "  (" + join(words, "; ") + ")"
}

// leftWords name the namespaces in which the process, or some of its threads, are no longer with
// their container. A nested PID namespace is not named, because the chain of PIDs shows it.
func leftWords(r *inspect.Row) []Safe {
	var words []Safe
	left := r.Left.Or(nil)
	if len(r.ContainerPIDs) > 0 {
		left = slices.DeleteFunc(slices.Clone(left), func(t procfs.NamespaceType) bool { return t == procfs.PIDNamespace })
	}
	if len(left) > 0 {
		words = append(words, otherNamespaces(left))
	}
	if threads := leftThreadWords(r); threads != "" {
		words = append(words, threads)
	}
	return words
}

// leftThreadWords leave out threads that are with their process, because the process is already
// named.
func leftThreadWords(r *inspect.Row) Safe {
	threads := slices.DeleteFunc(slices.Clone(r.LeftThreads), func(t inspect.LeftThread) bool {
		return slices.Equal(t.Left, r.Left.Or(nil))
	})
	switch len(threads) {
	case 0:
		return ""
	case 1:
		return Say("thread %d in %s", threads[0].HostTID, otherNamespaces(threads[0].Left))
	}
	var types []procfs.NamespaceType
	for _, t := range procfs.NamespaceTypes {
		if slices.ContainsFunc(threads, func(thread inspect.LeftThread) bool { return slices.Contains(thread.Left, t) }) {
			types = append(types, t)
		}
	}
	return Say("%s in %s", counted(len(threads), "thread"), otherNamespaces(types))
}

func otherNamespaces(types []procfs.NamespaceType) Safe {
	list := make([]Safe, len(types))
	for i, t := range types {
		list[i] = Escape(string(t))
	}
	return "other " + join(list, ", ") + " namespace"
}
