package zombie

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/inspect/origin"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Culprit is one process that has not waited for its zombies, with what helps. Its sentences
// may hold text that a process chose.
type Culprit struct {
	// Container is the container of the process. For a shim and an unknown parent it is the
	// container of the zombies.
	Container *inspect.Container
	// Process is the process that must wait, nil if it is not in the capture.
	Process *procfs.Process
	// Cause is why its zombies have not been reaped.
	Cause Cause
	// Zombies are the zombies for which it must wait, of all containers.
	Zombies []*Zombie
	// Verdict is a sentence that says which process has not reaped, without the number of
	// zombies.
	Verdict string
	// Now is the command that relieves the running container, "" if there is none. NowEffect
	// is what it does and interrupts.
	Now, NowEffect string
	// InitCures says whether --init would reap the zombies, and Cure is the lasting fix.
	InitCures inspect.Verdict
	Cure      string
	// Limit is the pids limit of the zombies' container. It is not held if the container has
	// no limit, and unread if the zombies belong to several containers.
	Limit procfs.Opt[int]
	// Charged is how many of the zombies count against Limit. A process that came from outside
	// the container's control group counts where it came from.
	Charged int
	// subreaper says whether the kernel reports the process as a child subreaper. fromOutside
	// is true if its zombies came from where they would not be reparented to a subreaper.
	subreaper   procfs.Opt[bool]
	fromOutside bool
}

// Others are the names of other containers to which some of the zombies belong, and the number
// of these zombies.
func (c *Culprit) Others() (names []string, zombies int) {
	seen := map[*inspect.Container]bool{}
	for _, z := range c.Zombies {
		if z.Container == c.Container {
			continue
		}
		zombies++
		if !seen[z.Container] {
			seen[z.Container] = true
			names = append(names, z.Container.Name)
		}
	}
	return names, zombies
}

// Holding is "2,999 zombies hold 2,999 of 4,096 PIDs".
func (c *Culprit) Holding() string {
	line := inspect.Counted(len(c.Zombies), "zombie")
	if others, n := c.Others(); n == len(c.Zombies) {
		line += " of " + strings.Join(others, ", ")
	} else if n > 0 {
		line += fmt.Sprintf(" (%s of %s)", inspect.Count(n), strings.Join(others, ", "))
	}
	limit, ok := c.Limit.Get()
	if !ok || c.Charged == 0 {
		return line
	}
	if c.Charged < len(c.Zombies) {
		line += fmt.Sprintf(". %s of them", inspect.Count(c.Charged))
	}
	verb := "hold"
	if c.Charged == 1 {
		verb = "holds"
	}
	return fmt.Sprintf("%s %s %s of %s PIDs", line, verb, inspect.Count(c.Charged), inspect.Count(limit))
}

// culprits groups the zombies by the process that must wait for them.
func culprits(ix *inspect.Index, zombies []Zombie) []Culprit {
	var list []Culprit
	court := &court{Index: ix, unreaped: map[*procfs.Process]bool{}, reaps: map[*procfs.Process]inspect.Verdict{}, first: map[*procfs.Process]*procfs.Process{}}
	for _, group := range groupBy(zombies, culpritKey) {
		list = append(list, court.judge(group))
	}
	slices.SortStableFunc(list, func(a, b Culprit) int { return strings.Compare(a.Container.Name, b.Container.Name) })
	return list
}

func culpritKey(z *Zombie) string {
	if z.Parent == nil {
		return fmt.Sprint(z.Container.ID, z.ParentPID)
	}
	return fmt.Sprint(z.Parent.Key, z.ParentChanged, z.Process.TracerPID)
}

// court judges many culprits, and keeps what culprits with the same parent share.
type court struct {
	*inspect.Index
	// unreaped are inits that have zombies of their own. first is the oldest child of an init.
	// Both have only what was asked for.
	unreaped map[*procfs.Process]bool
	first    map[*procfs.Process]*procfs.Process
	// reaps says which inits reap orphans, as far as it was asked for.
	reaps map[*procfs.Process]inspect.Verdict
}

func (s *court) judge(zombies []*Zombie) Culprit {
	ix, first := s.Index, zombies[0]
	c := Culprit{
		Container: first.Container,
		Process:   first.Parent,
		Cause:     first.Cause,
		Zombies:   zombies,
		InitCures: commonVerdict(zombies),
		Limit:     pidsLimit(ix, zombies),
	}
	for _, z := range zombies {
		if ix.IsCharged(z.Process, z.Container) {
			c.Charged++
		}
	}
	if c.Process != nil {
		c.subreaper = ix.Subreaper(c.Process)
		c.fromOutside = !slices.ContainsFunc(zombies, func(z *Zombie) bool { return !ix.CameFromOutside(z.Process, c.Process) })
	}
	if first.ParentContainer != nil {
		c.Container = first.ParentContainer
	}
	switch {
	case c.Process == nil:
		c.Verdict = fmt.Sprintf("Their parent (%d) could not be read", first.ParentPID)
	case first.ParentChanged:
		c.Verdict = fmt.Sprintf("%s has just adopted %s. Whether it reaps cannot be determined yet", nameOf(ix, &c), themOrIt(zombies))
		c.Now, c.NowEffect = "docker pidns zombies "+c.Container.Name, "looks again"
	case first.Process.TracerPID != 0:
		c.Verdict = fmt.Sprintf("Process %d traces %s and must detach first", first.Process.TracerPID, themOrIt(zombies))
		c.Now, c.NowEffect = ix.AsRoot(fmt.Sprintf("kill %d", first.Process.TracerPID)), "terminates the tracer"
	case first.Cause == ShimHung:
		judgeShim(ix, &c)
	case ix.HaltOf(c.Process) != inspect.HaltNone:
		judgeHalted(ix, &c)
	case ix.Capture.SecondLook == nil:
		c.Verdict = fmt.Sprintf("Seen once. Whether %s is about to reap cannot be determined", nameOf(ix, &c))
	case first.ParentIsInit:
		judgeInit(ix, &c)
	default:
		s.judgeParent(&c)
	}
	return c
}

// commonVerdict is the zombies' common answer, unknown if they differ.
func commonVerdict(zombies []*Zombie) inspect.Verdict {
	for _, z := range zombies {
		if z.InitCures != zombies[0].InitCures {
			return inspect.Unknown
		}
	}
	return zombies[0].InitCures
}

// pidsLimit is the pids limit of the container in which the zombies count. That is their own
// container, whichever process must reap them.
func pidsLimit(ix *inspect.Index, zombies []*Zombie) procfs.Opt[int] {
	id := zombies[0].Container.ID
	for _, z := range zombies {
		if z.Container.ID != id {
			return procfs.None[int](procfs.Unread)
		}
	}
	if read := ix.Capture.PIDs[id].Max; read.Held() || read.Absence() == procfs.NotHeld {
		return read
	}
	if declared, ok := zombies[0].Container.PIDsLimit.Get(); ok {
		return procfs.Some(int(declared)) // the group could not be read
	}
	return procfs.None[int](procfs.Unread)
}

func themOrIt(zombies []*Zombie) string {
	if len(zombies) == 1 {
		return "it"
	}
	return "them"
}

// nameOf names the process in the usual form: "PID 1 (sleep)" for the container's init,
// "python (30101, inside 8)" for another.
func nameOf(ix *inspect.Index, c *Culprit) string { return ix.ProcessName(c.Container, c.Process) }

func judgeShim(ix *inspect.Index, c *Culprit) {
	shim := c.Process
	c.Cure = "--init does not fix this, because the shim is not in the container"
	if shim.State == procfs.StateStopped {
		c.Verdict = fmt.Sprintf("The shim (%d) is stopped", shim.PID)
		c.Now, c.NowEffect = ix.KillCommand(shim, "-CONT "), "lets the shim continue and reap"
		return
	}
	c.Verdict = fmt.Sprintf("The shim (%d) hangs. A running shim always reaps", shim.PID)
	c.Now, c.NowEffect = ix.AsRoot(fmt.Sprintf("cat /proc/%d/wchan", shim.PID)), "shows where it waits"
}

func judgeHalted(ix *inspect.Index, c *Culprit) {
	halted := ix.HaltOf(c.Process)
	c.Verdict = fmt.Sprintf("%s is %s and cannot wait now. Whether it would otherwise cannot be determined", nameOf(ix, c), halted)
	c.Cure = "cannot be determined before it runs again"
	switch halted {
	case inspect.HaltPaused:
		c.Now, c.NowEffect = "docker unpause "+c.Container.Name, "lets it run"
	case inspect.HaltStopped:
		c.Now, c.NowEffect = ix.KillCommand(c.Process, "-CONT "), "lets it run"
	}
}

func judgeInit(ix *inspect.Index, c *Culprit) {
	name := nameOf(ix, c)
	if ix.MainOf(c.Process) == nil {
		name += ", init of a nested PID namespace,"
	}
	switch adopted := countAdopted(c.Zombies); adopted {
	case 0:
		c.Verdict = fmt.Sprintf("%s has not waited for %s", name, themOrIt(c.Zombies))
	case len(c.Zombies):
		c.Cause, c.Verdict = InitDoesNotReap, name+" does not reap orphaned processes"
	default:
		c.Cause, c.Verdict = InitDoesNotReap, fmt.Sprintf("%s does not reap orphaned processes (%d of them certainly adopted)", name, adopted)
	}
	if ix.MainOf(c.Process) == nil {
		c.Now, c.NowEffect = ix.KillCommand(c.Process, "-KILL "), "kills every process in that PID namespace"
		c.Cure = "the nested init must wait for its children. --init does not fix this"
		if ix.IsInnerContainer(c.Container, c.Process) {
			c.Cure = "run docker pidns zombies on the engine inside. --init does not fix this"
		}
		return
	}
	c.Now, c.NowEffect = restart(ix, c.Container, restartEffect(ix, c.Container))
	c.Cure = initAdvice(ix, c)
}

// restartEffect says what a restart interrupts. Every process that joined the container's PID
// namespace is killed with its init. A container that itself joined another's PID namespace
// affects no other container.
func restartEffect(ix *inspect.Index, c *inspect.Container) string {
	effect := fmt.Sprintf("%s is down %s", c.Name, stopTime(c.StopTimeout))
	sharers, _ := ix.PIDSharers(c)
	if ix.Capture.OthersUnread && ix.PIDNamespaceOwner(c) == c {
		return effect + ". May also kill other containers. Which ones are in its PID namespace could not be read"
	}
	if len(sharers) == 0 || ix.PIDNamespaceOwner(c) != c {
		return effect
	}
	names := make([]string, len(sharers))
	for i, s := range sharers {
		names[i] = s.Name
	}
	return fmt.Sprintf("%s. Also kills %s", effect, strings.Join(names, ", "))
}

// restart is the command that restarts a container, with its effect. If the shim is stopped,
// that command would hang. Then it is the command that resumes the shim.
func restart(ix *inspect.Index, c *inspect.Container, effect string) (now, nowEffect string) {
	command := signal.Restart(ix, c)
	if manage.Of(c).Replaces() {
		effect = "another task replaces " + c.Name
	}
	if shim := ix.StoppedShim(c); shim != nil {
		return ix.KillCommand(shim, "-CONT "), "lets its shim continue. Before that, " + command + " hangs"
	}
	return command, effect
}

func stopTime(d time.Duration) string {
	if d < 0 {
		return "until it has stopped, without a time limit"
	}
	return "for up to " + d.String()
}

func initAdvice(ix *inspect.Index, c *Culprit) string {
	on := ""
	if others, _ := c.Others(); len(others) > 0 {
		on = fmt.Sprintf(". Do this for %[1]s. Docker ignores --init for %[2]s, which joined the PID namespace of %[1]s", c.Container.Name, strings.Join(others, ", "))
	}
	do, front := manage.Do(c.Container, manage.Init)+on, ix.InitProgram(c.Container)
	subreaper, known := c.subreaper.Get()
	switch {
	case c.InitCures == inspect.Yes && known && !subreaper && !c.fromOutside:
		return fmt.Sprintf("%s. %s is not a child subreaper (%s), so %s adopts and reaps them", do, c.Process.Comm, signal.FromKernel, front)
	case c.InitCures == inspect.Yes:
		return do
	case subreaper && c.InitCures == inspect.No && !isReapingInit(c.Process):
		return fmt.Sprintf("--init does not fix this. %s is a child subreaper (%s) and would adopt them again", c.Process.Comm, signal.FromKernel)
	case isReapingInit(c.Process):
		return "--init does not fix this. " + c.Process.Comm + " is already PID 1 and should have reaped"
	case countAdopted(c.Zombies) == len(c.Zombies):
		return fmt.Sprintf("%s. --init probably fixes this, unless %s is a child subreaper, which /proc does not show", do, c.Process.Comm)
	case !slices.ContainsFunc(c.Zombies, func(z *Zombie) bool { return !z.Adopted && z.Origin.Kind != origin.FromHealthCheck }):
		return fmt.Sprintf("%s. --init probably fixes this, because %s reaps what a health check leaves. These zombies started sessions of their own", do, front)
	default:
		return fmt.Sprintf("whether --init fixes this cannot be determined. It reaps adopted processes, not those that %s started", c.Process.Comm)
	}
}

func (s *court) judgeParent(c *Culprit) {
	ix := s.Index
	c.Verdict = fmt.Sprintf("%s has not waited for %s", nameOf(ix, c), themOrIt(c.Zombies))
	c.Cure = fmt.Sprintf("%s must wait for its children. --init does not fix this", c.Process.Comm)
	heir := ix.InitOf(c.Process)
	switch {
	case heir != nil && heir != c.Process && ix.MainOf(heir) != nil && s.hasUnreaped(heir):
		// The zombies would only get another parent that does not reap.
		owner := ix.MainOf(heir)
		c.Now, c.NowEffect = restart(ix, owner, restartEffect(ix, owner))
		c.Cure += fmt.Sprintf(". PID 1 (%s) has not waited for its own zombies either", heir.Comm)
	case heir != nil && heir != c.Process && ix.MainOf(heir) != nil && s.reapsAsHeir(heir) == inspect.No:
		owner := ix.MainOf(heir)
		c.Now, c.NowEffect = restart(ix, owner, restartEffect(ix, owner))
		c.Cure += fmt.Sprintf(". PID 1 (%s), which would adopt them, does not reap either", heir.Comm)
	case s.isProgramOfInit(c.Process), ix.MainOf(c.Process) != nil && c.Process.Depth() == 0:
		c.Now, c.NowEffect = restart(ix, c.Container, restartEffect(ix, c.Container))
	case ix.MainOf(c.Process) != nil:
		c.Now, c.NowEffect = restart(ix, c.Container, fmt.Sprintf("terminates %s. Its zombies are reparented to %s", c.Process.Comm, s.heirName(c.Process, heir)))
	default:
		signal, effect := endingSignal(c.Process)
		c.Now = ix.KillCommand(c.Process, signal)
		c.NowEffect = fmt.Sprintf("%s %s. Its zombies are reparented to %s", effect, c.Process.Comm, s.heirName(c.Process, heir))
		if maybeAwaited(ix, c.Process) {
			c.NowEffect += fmt.Sprintf(". If PID 1 waits for %s, %s exits too", c.Process.Comm, c.Container.Name)
		}
	}
}

// reapsAsHeir says whether the init reaps orphans. If not, a process that is killed to free
// zombies becomes one more zombie.
func (s *court) reapsAsHeir(init *procfs.Process) inspect.Verdict {
	known, asked := s.reaps[init]
	if !asked {
		known, _ = signal.Reaps(s.Index, init)
		s.reaps[init] = known
	}
	return known
}

// maybeAwaited reports whether the process may be the one for which PID 1, an entrypoint
// script, waits before it exits.
func maybeAwaited(ix *inspect.Index, p *procfs.Process) bool {
	parent := ix.Parent(p)
	return parent != nil && ix.MainOf(parent) != nil && ix.IsNSInit(parent) && !isReapingInit(parent) && !ix.IsAdopted(p)
}

// endingSignal is the signal that makes the process exit. It is SIGTERM, unless the process
// ignores or blocks SIGTERM. Whether a handler makes it exit cannot be determined.
func endingSignal(p *procfs.Process) (option, effect string) {
	switch {
	case p.Signals.Ignored.Has(procfs.SIGTERM), p.Signals.Blocked.Has(procfs.SIGTERM):
		return "-KILL ", "kills"
	case p.Signals.Caught.Has(procfs.SIGTERM):
		return "", "sends SIGTERM to"
	default:
		return "", "terminates"
	}
}

// hasUnreaped reports whether the init still had zombies of its own at the second look.
func (s *court) hasUnreaped(init *procfs.Process) bool {
	has, known := s.unreaped[init]
	if !known {
		has = slices.ContainsFunc(s.Children(init.PID), func(child *procfs.Process) bool {
			_, still := s.SeenAgain(child)
			return still
		})
		s.unreaped[init] = has
	}
	return has
}

func countAdopted(zombies []*Zombie) int {
	n := 0
	for _, z := range zombies {
		if z.Adopted {
			n++
		}
	}
	return n
}

// isProgramOfInit reports whether the process is the first program that docker-init or a
// similar init has started. If it exits, the init and the container exit too.
func (s *court) isProgramOfInit(p *procfs.Process) bool {
	init := s.Parent(p)
	return init != nil && s.MainOf(init) != nil && isReapingInit(init) && s.firstChild(init) == p
}

func (s *court) firstChild(init *procfs.Process) *procfs.Process {
	if s.first[init] == nil {
		s.first[init] = slices.MinFunc(s.Children(init.PID), func(a, b *procfs.Process) int {
			return cmp.Or(cmp.Compare(a.StartTicks, b.StartTicks), cmp.Compare(a.PID, b.PID))
		})
	}
	return s.first[init]
}

// heirName names the process to which the children of p are reparented when it exits. That is
// the init of its PID namespace, nil if not known, or in the host's namespace the shim.
func (s *court) heirName(p, init *procfs.Process) string {
	switch {
	case p.Depth() == 0:
		return "the shim, which reaps"
	case init == nil:
		return "PID 1 of its PID namespace, which must reap"
	}
	name := fmt.Sprintf("PID 1 (%s)", init.Comm)
	switch {
	case isReapingInit(init), s.reapsAsHeir(init) == inspect.Yes:
		return name + ", which reaps"
	case init.ParentPID == 0:
		return name + ", which must reap"
	default:
		return name + ". Whether it reaps cannot be determined"
	}
}

// groupBy groups the zombies by key, in the order in which the keys appear. Zombies with an
// empty key are left out.
func groupBy(zombies []Zombie, key func(*Zombie) string) [][]*Zombie {
	at := map[string]int{}
	var groups [][]*Zombie
	for i := range zombies {
		k := key(&zombies[i])
		if k == "" {
			continue
		}
		n, ok := at[k]
		if !ok {
			n = len(groups)
			at[k] = n
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], &zombies[i])
	}
	return groups
}
