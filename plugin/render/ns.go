package render

import (
	"cmp"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// NSOptions are the options of the ns command.
type NSOptions struct {
	ListOptions
	// IDs shows a row for each type, with its inode and members.
	IDs bool
	// Named is true if the containers were named.
	Named bool
	// All lists also the containers that share nothing, however many there are.
	All bool
}

// counts reports whether containers that share nothing are only counted, because there are many
// and they were not named.
func (o NSOptions) counts(table [][]namespace.Membership) bool {
	return len(table) > mostRows && !o.All && !o.Named && o.Format.IsDefault()
}

// mostRows is up to how many containers all are listed. With more, those that share nothing are
// only counted.
const mostRows = 20

// Namespaces writes the matrix of containers by namespace types, and below it the findings about
// them with their fixes.
func (s Screen) Namespaces(table [][]namespace.Membership, findings []rule.Finding, options NSOptions) error {
	switch {
	case options.Quiet:
		keys := make([]quietKey, len(table))
		for i, row := range table {
			keys[i] = quietKey{row[0].Container, Escape(row[0].Container.Name)}
		}
		return s.writeQuiet(keys)
	case !options.Format.IsDefault() && !options.Format.IsPlainTable():
		return writeRows(s, options.Format, s.nsRows(table, options.Host))
	case options.IDs:
		s.nsIDs(table, options.NoTrunc)
		return nil
	}
	uniform := s.matrix(table, options)
	if options.Format.IsDefault() {
		s.nsWords(table, uniform, findings)
	}
	return nil
}

// matrix writes the cells. It returns the types that are left out because they are the same for
// every container.
func (s Screen) matrix(table [][]namespace.Membership, options NSOptions) []procfs.NamespaceType {
	uniform := uniformTypes(table)
	columns := s.columns([]column{{heading: "CONTAINER", cut: 1}})
	for _, t := range procfs.NamespaceTypes {
		if !slices.Contains(uniform, t) {
			columns = append(columns, column{heading: Safe(strings.ToUpper(string(t))), cut: 1})
		}
	}
	var rows [][]Safe
	for _, row := range table {
		if options.counts(table) && sharesNothing(row) {
			continue
		}
		cells := s.cells(row[0].Container, []Safe{Escape(row[0].Container.Name)})
		for _, m := range row {
			if !slices.Contains(uniform, m.Type) {
				cells = append(cells, s.nsCell(m))
			}
		}
		rows = append(rows, cells)
	}
	if len(rows) > 0 {
		s.cutWidest(columns, rows)
		s.writeTable(columns, rows)
	}
	if rest := len(table) - len(rows); rest > 0 {
		s.writeWrapped("", 0, shareNothing(rest))
	}
	return uniform
}

func shareNothing(others int) Safe {
	verb := Safe("share")
	if others == 1 {
		verb = "shares"
	}
	return Say("%s %s no namespace (pid, uts, ipc, net and mnt are own). List all with --all.", counted(others, "other container"), verb)
}

// uniformTypes are user and time if they are the same for all: the host's, Docker's default, or
// each its own, the default for time from Docker 29.5 on.
func uniformTypes(table [][]namespace.Membership) []procfs.NamespaceType {
	var uniform []procfs.NamespaceType
	for _, t := range []procfs.NamespaceType{procfs.UserNamespace, procfs.TimeNamespace} {
		if areAll(table, t, namespace.ModeHost) || areAll(table, t, namespace.ModeOwn) {
			uniform = append(uniform, t)
		}
	}
	return uniform
}

// areAll reports whether the namespaces of a type are all in this mode, as declared, and are not
// shared with another container.
func areAll(table [][]namespace.Membership, t procfs.NamespaceType, mode namespace.Mode) bool {
	return !slices.ContainsFunc(table, func(row []namespace.Membership) bool {
		return slices.ContainsFunc(row, func(m namespace.Membership) bool {
			return m.Type == t && (m.Mode != mode || m.Verdict != namespace.OK || mode == namespace.ModeOwn && len(m.Members) > 1)
		})
	})
}

func sharesNothing(row []namespace.Membership) bool {
	return !slices.ContainsFunc(row, func(m namespace.Membership) bool {
		switch m.Type {
		case procfs.UserNamespace, procfs.TimeNamespace, procfs.CgroupNamespace:
			return m.Verdict == namespace.Stale || m.Verdict == namespace.Left || m.Verdict == namespace.OwnerGone
		default:
			return m.Mode != namespace.ModeOwn || len(m.Members) > 1 || m.Verdict != namespace.OK
		}
	})
}

// nsCell is the owner of a namespace: own, host, engine or =NAME, with a question mark if that
// is only declared.
func (s Screen) nsCell(m namespace.Membership) Safe {
	switch m.Verdict {
	case namespace.Stale:
		return s.paint(yellow, "STALE ="+Escape(m.OwnerRef))
	case namespace.Left:
		return s.paint(yellow, "LEFT ="+Escape(cmp.Or(m.OwnerRef, "host")))
	case namespace.OwnerGone:
		return s.paint(yellow, "GONE ="+Escape(inspect.ShortRef(m.OwnerRef)))
	}
	word := Safe(m.Mode)
	if m.Mode == namespace.ModeShared {
		word = "=" + ownerName(m)
	}
	if m.Mode == namespace.ModeUnknown {
		return "?"
	}
	if m.Verdict == namespace.DeclaredOnly {
		return word + "?"
	}
	if m.Mode == namespace.ModeOwn {
		return s.paint(dim, word)
	}
	return word
}

func ownerName(m namespace.Membership) Safe {
	if m.Owner != nil {
		return Escape(m.Owner.Name)
	}
	return Escape(inspect.ShortRef(m.OwnerRef))
}

func (s Screen) nsWords(table [][]namespace.Membership, uniform []procfs.NamespaceType, findings []rule.Finding) {
	s.uniformLines(table, uniform)
	if len(findings) == 0 {
		return
	}
	s.Line("")
	words, names := 0, 0
	for _, f := range findings {
		words, names = max(words, len(f.Severity)), max(names, s.name(f.Container).width())
	}
	var fixed []*inspect.Container
	for _, f := range findings {
		s.nsFinding(f, words, min(names, s.widestLead()))
		if f.Now != "" {
			fixed = append(fixed, f.Container)
		}
	}
	s.checkLine("docker pidns ns", fixed)
}

// uniformLines say which namespaces are the same for all.
func (s Screen) uniformLines(table [][]namespace.Membership, uniform []procfs.NamespaceType) {
	if len(table) == 0 {
		return
	}
	var hosts, own []Safe
	for _, t := range uniform {
		if areAll(table, t, namespace.ModeHost) {
			hosts = append(hosts, Safe(t))
		} else {
			own = append(own, Safe(t))
		}
	}
	if len(hosts) > 0 {
		s.print("%s: %s the host's (Docker's default).\n", join(hosts, ", "), allUse(len(table)))
	}
	if len(own) > 0 {
		s.print("%s: %s their own.\n", join(own, ", "), allUse(len(table)))
	}
}

func allUse(containers int) Safe {
	if containers == 1 {
		return "the container uses"
	}
	if containers == 2 {
		return "both containers use"
	}
	return Say("all %s use", counted(containers, "container"))
}

// nsFinding writes a finding after columns for its severity and its container.
func (s Screen) nsFinding(f rule.Finding, severityWidth, nameWidth int) {
	name, indent := s.name(f.Container), severityWidth+gap+nameWidth+gap
	lead := s.paint(severityColours[f.Severity], Safe(f.Severity).padded(severityWidth)) + blanks(gap) + s.paint(bold, name.padded(nameWidth)) + blanks(gap)
	if s.Width > 0 && name.width() > nameWidth {
		s.Line(Safe(strings.TrimRight(string(lead), " ")))
		lead = blanks(indent)
	}
	s.writeWrapped(lead, indent, join(f.Evidence, " "))
	s.on(f.Container).fixLines(blanks(indent), f.Now, f.NowEffect, f.Cure)
}

// nsIDs writes a row a type.
func (s Screen) nsIDs(table [][]namespace.Membership, noTrunc bool) {
	columns := s.columns([]column{{heading: "CONTAINER"}, {heading: "TYPE"}, {heading: "DECLARED"}, {heading: "REAL"}, {heading: "INODE", right: true}, {heading: "MEMBERS"}})
	var rows [][]Safe
	for _, row := range table {
		for _, m := range row {
			rows = append(rows, s.cells(m.Container, []Safe{Escape(m.Container.Name), Safe(m.Type), declared(m), s.nsCell(m), inode(m.Inode)}))
		}
	}
	width, n := s.widthLeft(columns[:len(columns)-1], rows), 0
	if noTrunc {
		width = 0
	}
	for _, row := range table {
		for _, m := range row {
			rows[n] = append(rows[n], s.cut(members(m.Members, noTrunc)+doubt(m.Inode.Held()), width))
			n++
		}
	}
	s.writeTable(columns, rows)
}

// HostNamespaces are a host's own namespaces.
type HostNamespaces struct {
	// Host is the host's name.
	Host string
	// List has the namespaces with the containers in them.
	List []namespace.Host
}

// HostNamespaces writes the hosts' own namespaces and the containers in them.
func (s Screen) HostNamespaces(hosts []HostNamespaces, options NSOptions) error {
	if !options.Format.IsDefault() && !options.Format.IsPlainTable() {
		var rows []hostNSKeys
		for _, host := range hosts {
			for _, n := range host.List {
				rows = append(rows, hostNSRowOf(n, host.Host))
			}
		}
		return writeRows(s, options.Format, rows)
	}
	columns := s.columns([]column{{heading: "TYPE"}, {heading: "INODE", right: true}})
	var rows [][]Safe
	var inside [][]*inspect.Container
	for _, host := range hosts {
		for _, n := range host.List {
			cells := []Safe{Safe(n.Type), inode(n.Inode)}
			if s.Hosts != nil {
				cells = append([]Safe{Escape(host.Host)}, cells...)
			}
			rows, inside = append(rows, cells), append(inside, n.Members)
		}
	}
	width := s.widthLeft(columns, rows)
	for i := range rows {
		rows[i] = append(rows[i], s.cut(members(inside[i], options.NoTrunc), width))
	}
	s.writeTable(append(columns, column{heading: "CONTAINERS"}), rows)
	return nil
}

// hostNSKeys are the keys of one of the host's namespaces.
type hostNSKeys struct {
	// Host is the engine's name. With --contexts it is the context's name, and with several
	// snapshots the name of the file without .json.
	Host string
	// Type is pid, uts, ipc, net, mnt, user, cgroup or time.
	Type string
	// Inode (uint) is the namespace's inode number (/proc/PID/ns).
	Inode any
	// Members ([string]) are the containers in the namespace.
	Members any
	// Absent says why a value is null.
	Absent absences
}

// FullHeader makes it a row for docker's formatter, which asks headed for the headings.
func (hostNSKeys) FullHeader() any { return nil }

func hostNSRowOf(n namespace.Host, host string) hostNSKeys {
	k := hostNSKeys{Host: host, Type: string(n.Type), Absent: absences{}}
	k.Inode, k.Members = heldInode(n.Inode, n.Members, k.Absent)
	return k
}

// heldInode is the inode with the members of the namespace, or nil for both with the reason in
// absent.
func heldInode(inode procfs.Opt[uint64], containers []*inspect.Container, absent absences) (number, members any) {
	n, ok := inode.Get()
	if !ok {
		absent["Inode"], absent["Members"] = inode.Absence(), inode.Absence()
		return nil, nil
	}
	list := []string{}
	for _, c := range containers {
		list = append(list, c.Name)
	}
	return n, list
}

func declared(m namespace.Membership) Safe {
	if m.Declared == "" {
		return "-"
	}
	if ref := inspect.JoinedRef(m.Declared); ref != "" {
		return "container:" + Escape(inspect.ShortRef(ref))
	}
	return Escape(m.Declared)
}

func inode(value procfs.Opt[uint64]) Safe {
	if n, ok := value.Get(); ok {
		return Say("%v", n)
	}
	return "?"
}

// mostMembers is how many members are named.
const mostMembers = 5

func members(list []*inspect.Container, all bool) Safe {
	if len(list) > mostMembers && !all {
		return Say("%s and %d more", names(list[:mostMembers]), len(list)-mostMembers)
	}
	return names(list)
}

// nsKeys are the keys of one namespace of one container.
type nsKeys struct {
	containerKeys
	// Type is pid, uts, ipc, net, mnt, user, cgroup or time.
	Type string
	// Mode is own, host, shared, engine or unknown. It is engine where the namespace is the
	// engine's, which is not known to be the host's.
	Mode string
	// Declared is the mode in the engine's configuration, "" for its default.
	Declared string
	// Inode (uint) is the namespace's inode number (/proc/PID/ns).
	Inode any
	// Owner (string) is the container whose namespace it is.
	Owner any
	// Members ([string]) are the containers whose main processes are in the namespace.
	Members any
	// Verdict is ok, stale, left (declared, and left by a main process), owner-gone or
	// declared-only.
	Verdict string
	// Absent says why a value is null.
	Absent absences
}

func (s Screen) nsRows(table [][]namespace.Membership, host string) []nsKeys {
	var rows []nsKeys
	for _, row := range table {
		for _, m := range row {
			rows = append(rows, nsRowOf(m, s.hostName(m.Container, host)))
		}
	}
	return rows
}

func nsRowOf(m namespace.Membership, host string) nsKeys {
	k := nsKeys{
		containerKeys: containerKeysOf(host, m.Container), Type: string(m.Type), Mode: string(m.Mode), Declared: m.Declared,
		Verdict: string(m.Verdict), Absent: absences{},
	}
	k.Inode, k.Members = heldInode(m.Inode, m.Members, k.Absent)
	k.Owner = orAbsent(k.Absent, "Owner", nameOf(m.Owner))
	return k
}
