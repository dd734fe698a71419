package render

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// mostNamed is how many containers one line names.
const mostNamed = 4

// someNames are the first names of the containers of which the same is said, and how many
// more there are. Containers of one name on several hosts are named once, with their hosts.
func someNames[T any](s Screen, list []*T, container func(*T) *inspect.Container, all bool) Safe {
	names := make([]Safe, len(list))
	for i, one := range list {
		names[i] = s.name(container(one))
	}
	first, lead := container(list[0]), Safe("")
	alike := !slices.ContainsFunc(list, func(one *T) bool { return container(one).Name != first.Name })
	if s.Hosts != nil && len(list) > 1 && alike {
		lead = s.paint(bold, Escape(first.Name)) + " on "
		for i, one := range list {
			names[i] = Escape(s.hostName(container(one), ""))
		}
	}
	shown := names
	if len(names) > mostNamed && !all {
		shown = names[:mostNamed-1]
	}
	more := len(names) - len(shown)
	for i := range shown {
		shown[i] = s.paint(bold, shown[i])
	}
	text := lead + join(shown, ", ")
	if more > 0 {
		text += Say(" and %s more", count(more))
	}
	return text
}

// widestNames is the greatest width of a column of names. Longer names have a line of their own.
const widestNames = 34

// nameColumn is the width of a column of names.
func nameColumn(names []Safe) int {
	width := 0
	for _, name := range names {
		if w := name.width(); w <= widestNames {
			width = max(width, w)
		}
	}
	return width
}

// pointers are pointers to the elements of a list.
func pointers[T any](list []T) []*T {
	all := make([]*T, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all
}
