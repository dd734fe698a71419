//go:build linux

package advice

// Cases are all cases, in the order of the report.
func Cases() []Case {
	var all []Case
	for _, t := range stopTroubles() {
		all = append(all, t.asCase())
	}
	return append(all, scenes()...)
}

// QuickCases are the cases for which busybox is enough.
func QuickCases() []Case {
	var quick []Case
	for _, c := range Cases() {
		if c.Quick {
			quick = append(quick, c)
		}
	}
	return quick
}
