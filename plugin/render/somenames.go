package render

// mostNamed is how many containers one line names.
const mostNamed = 4

// someNames are the first names of those of which the same is said, and how many more
// there are.
func someNames[T any](s Screen, list []*T, name func(*T) Safe, all bool) Safe {
	shown := list
	if len(list) > mostNamed && !all {
		shown = list[:mostNamed-1]
	}
	names := make([]Safe, len(shown))
	for i, one := range shown {
		names[i] = s.paint(bold, name(one))
	}
	text := join(names, ", ")
	if more := len(list) - len(shown); more > 0 {
		text += Say(" and %s more", count(more))
	}
	return text
}

// widestNames is how far names may push what is said of them to the right. Longer ones
// have a line of their own.
const widestNames = 34

// nameColumn is how wide a column of names is.
func nameColumn(names []Safe) int {
	width := 0
	for _, name := range names {
		if w := name.width(); w <= widestNames {
			width = max(width, w)
		}
	}
	return width
}

// pointers are those to the elements of a list.
func pointers[T any](list []T) []*T {
	all := make([]*T, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all
}
