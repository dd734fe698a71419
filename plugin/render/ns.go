package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// NSOptions are those of the ns command.
type NSOptions struct {
	ListOptions
	// IDs: a row for each type, with its inode and members.
	IDs bool
	// Named: the containers were asked for by name.
	Named bool
	// All: containers that share nothing are listed too, however many.
	All bool
}

// counts: containers that share nothing are counted, and were not asked for by
// name.
func (o NSOptions) counts(table [][]namespace.Membership) bool {
	return len(table) > mostRows && !o.All && !o.Named && o.Format.IsDefault()
}

// mostRows is how many containers are listed before those that share nothing
// are only counted.
const mostRows = 20

// Namespaces writes the matrix of containers by namespace types, and below it
// what deserves a word.
func (s Screen) Namespaces(table [][]namespace.Membership, findings []rule.Finding, options NSOptions) error {
	switch {
	case options.Quiet:
		for _, row := range table {
			_, _ = fmt.Fprintln(s.Out, Escape(row[0].Container.Name))
		}
		return nil
	case !options.Format.IsDefault() && !options.Format.IsPlainTable():
		return writeRows(s, options.Format, nsRows(table, options.Host))
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

// matrix writes the cells and returns the types that are left out because
// they are the host's for every container.
func (s Screen) matrix(table [][]namespace.Membership, options NSOptions) []procfs.NamespaceType {
	uniform := uniformTypes(table)
	columns := []column{{"CONTAINER", false}}
	for _, t := range procfs.NamespaceTypes {
		if !slices.Contains(uniform, t) {
			columns = append(columns, column{strings.ToUpper(string(t)), false})
		}
	}
	var rows [][]string
	for _, row := range table {
		if options.counts(table) && sharesNothing(row) {
			continue
		}
		cells := []string{Escape(row[0].Container.Name)}
		for _, m := range row {
			if !slices.Contains(uniform, m.Type) {
				cells = append(cells, s.nsCell(m))
			}
		}
		rows = append(rows, cells)
	}
	if len(rows) > 0 {
		places := make([]int, len(columns))
		for i := range places {
			places[i] = i
		}
		s.cutWidest(columns, rows, places)
		s.writeTable(columns, rows)
	}
	if rest := len(table) - len(rows); rest > 0 {
		_, _ = fmt.Fprintf(s.Out, "%s share nothing (pid, uts, ipc, net, mnt own): --all lists them\n", counted(rest, "other"))
	}
	return uniform
}

// uniformTypes are user and time where they are the host's for all, as Docker
// has it by default.
func uniformTypes(table [][]namespace.Membership) []procfs.NamespaceType {
	var uniform []procfs.NamespaceType
	for _, t := range []procfs.NamespaceType{procfs.UserNamespace, procfs.TimeNamespace} {
		if !slices.ContainsFunc(table, func(row []namespace.Membership) bool {
			return slices.ContainsFunc(row, func(m namespace.Membership) bool {
				return m.Type == t && (m.Mode != namespace.ModeHost || m.Verdict != namespace.OK)
			})
		}) {
			uniform = append(uniform, t)
		}
	}
	return uniform
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

// nsCell says whose namespace it is: own, host, engine, =NAME; with a question
// mark where that is only declared.
func (s Screen) nsCell(m namespace.Membership) string {
	switch m.Verdict {
	case namespace.Stale:
		return s.paint(yellow, "STALE ="+Escape(m.OwnerRef))
	case namespace.Left:
		return s.paint(yellow, "LEFT ="+Escape(cmp.Or(m.OwnerRef, "host")))
	case namespace.OwnerGone:
		return s.paint(yellow, "GONE ="+Escape(inspect.ShortRef(m.OwnerRef)))
	}
	word := string(m.Mode)
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

func ownerName(m namespace.Membership) string {
	if m.Owner != nil {
		return Escape(m.Owner.Name)
	}
	return Escape(inspect.ShortRef(m.OwnerRef))
}

func (s Screen) nsWords(table [][]namespace.Membership, uniform []procfs.NamespaceType, findings []rule.Finding) {
	if len(uniform) > 0 && len(table) > 0 {
		list := make([]string, len(uniform))
		for i, t := range uniform {
			list[i] = string(t)
		}
		_, _ = fmt.Fprintf(s.Out, "%s: the host's for all %d (Docker's default)\n", strings.Join(list, ", "), len(table))
	}
	if len(findings) == 0 {
		return
	}
	_, _ = fmt.Fprintln(s.Out)
	words, names := 0, 0
	for _, f := range findings {
		words, names = max(words, len(f.Severity)), max(names, text.StringWidth(Escape(f.Container.Name)))
	}
	for _, f := range findings {
		s.nsFinding(f, words, min(names, widestName))
	}
}

// nsFinding writes a finding behind columns for its severity and its container.
func (s Screen) nsFinding(f rule.Finding, severityWidth, nameWidth int) {
	lead := s.paint(severityColours[f.Severity], text.Pad(string(f.Severity), severityWidth, ' ')) + strings.Repeat(" ", gap) +
		s.paint(bold, text.Pad(Escape(f.Container.Name), nameWidth, ' ')) + strings.Repeat(" ", gap)
	indent := severityWidth + gap + nameWidth + gap
	s.writeWrapped(lead, indent, Escape(strings.Join(f.Evidence, "; ")))
	s.nowAndCure(f, indent)
}

// nsIDs writes a row a type.
func (s Screen) nsIDs(table [][]namespace.Membership, noTrunc bool) {
	columns := []column{{"CONTAINER", false}, {"TYPE", false}, {"DECLARED", false}, {"REAL", false}, {"INODE", true}, {"MEMBERS", false}}
	var rows [][]string
	for _, row := range table {
		for _, m := range row {
			rows = append(rows, []string{Escape(m.Container.Name), string(m.Type), declared(m), s.nsCell(m), inode(m.Inode)})
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

// HostNamespaces writes the host's own namespaces and who is in them.
func (s Screen) HostNamespaces(list []namespace.Host, options NSOptions) error {
	if !options.Format.IsDefault() && !options.Format.IsPlainTable() {
		rows := make([]hostNSKeys, len(list))
		for i, n := range list {
			rows[i] = hostNSRowOf(n, options.Host)
		}
		return writeRows(s, options.Format, rows)
	}
	columns := []column{{"TYPE", false}, {"INODE", true}}
	rows := make([][]string, len(list))
	for i, n := range list {
		rows[i] = []string{string(n.Type), inode(n.Inode)}
	}
	width := s.widthLeft(columns, rows)
	for i, n := range list {
		rows[i] = append(rows[i], s.cut(members(n.Members, options.NoTrunc), width))
	}
	s.writeTable(append(columns, column{"CONTAINERS", false}), rows)
	return nil
}

// hostNSKeys are the keys of one of the host's namespaces.
type hostNSKeys struct {
	// Host is the engine's name.
	Host string
	// Type is pid, uts, ipc, net, mnt, user, cgroup or time.
	Type string
	// Inode (uint) is the namespace's.
	Inode any
	// Members ([string]) are the containers in it.
	Members any
	// Absent says why a value is null.
	Absent map[string]procfs.Absence
}

// FullHeader is the headings of "table TEMPLATE".
func (hostNSKeys) FullHeader() any { return headings }

func hostNSRowOf(n namespace.Host, host string) hostNSKeys {
	k := hostNSKeys{Host: host, Type: string(n.Type), Absent: map[string]procfs.Absence{}}
	k.Inode, k.Members = heldInode(n.Inode, n.Members, k.Absent)
	return k
}

// heldInode is the inode with the members of the namespace, or nil for both
// with the reason noted.
func heldInode(inode procfs.Opt[uint64], containers []*inspect.Container, absent map[string]procfs.Absence) (number, members any) {
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

func declared(m namespace.Membership) string {
	if m.Declared == "" {
		return "-"
	}
	if ref, ok := strings.CutPrefix(m.Declared, "container:"); ok {
		return "container:" + Escape(inspect.ShortRef(ref))
	}
	return Escape(m.Declared)
}

func inode(value procfs.Opt[uint64]) string {
	if n, ok := value.Get(); ok {
		return fmt.Sprint(n)
	}
	return "?"
}

// mostMembers is how many members are named.
const mostMembers = 5

func members(list []*inspect.Container, all bool) string {
	if len(list) > mostMembers && !all {
		return fmt.Sprintf("%s and %d more", names(list[:mostMembers]), len(list)-mostMembers)
	}
	return names(list)
}

// nsKeys are the keys of one namespace of one container.
type nsKeys struct {
	containerKeys
	// Type is pid, uts, ipc, net, mnt, user, cgroup or time.
	Type string
	// Mode is own, host, shared, engine (the engine's, where that is not known to
	// be the host's) or unknown.
	Mode string
	// Declared is what the engine was told, "" for its default.
	Declared string
	// Inode (uint) is the namespace's.
	Inode any
	// Owner (string) is the container whose namespace it is.
	Owner any
	// Members ([string]) are the containers whose main processes are in it.
	Members any
	// Verdict is ok, stale, left (declared, and left by a main process), owner-gone
	// or declared-only.
	Verdict string
	// Absent says why a value is null.
	Absent map[string]procfs.Absence
}

func nsRows(table [][]namespace.Membership, host string) []nsKeys {
	var rows []nsKeys
	for _, row := range table {
		for _, m := range row {
			rows = append(rows, nsRowOf(m, host))
		}
	}
	return rows
}

func nsRowOf(m namespace.Membership, host string) nsKeys {
	k := nsKeys{
		containerKeys: containerKeysOf(host, m.Container), Type: string(m.Type), Mode: string(m.Mode), Declared: m.Declared,
		Verdict: string(m.Verdict), Absent: map[string]procfs.Absence{},
	}
	k.Inode, k.Members = heldInode(m.Inode, m.Members, k.Absent)
	if m.Owner != nil {
		k.Owner = m.Owner.Name
	} else {
		k.Absent["Owner"] = procfs.NotHeld
	}
	return k
}
