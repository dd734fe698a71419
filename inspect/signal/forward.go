package signal

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// forwarded judges an init that forwards signals. The program that it has started decides.
func (d *delivery) forwarded() Judgement {
	if d.n == procfs.SIGCHLD {
		return d.comesTo(OutcomeIgnored, inspect.Likely, d.describe()+" does not forward SIGCHLD")
	}
	children := d.children()
	if len(children) == 0 {
		return d.comesTo(OutcomeHandled, inspect.Likely, d.describe()+" has no child left to wait for")
	}
	child, passed := children[0], d.rewritten(d.n)
	if passed == 0 {
		return d.comesTo(OutcomeIgnored, inspect.Likely, fmt.Sprintf("%s is configured to discard %s", d.describe(), d.name()))
	}
	if d.barredFrom(children[:1], passed) != nil {
		return d.withoutRight(child, passed)
	}
	j := child.deliverBehind(passed, d.forwards-1).judge()
	if j.Outcome == OutcomeDelayed && j.Blocker != nil && j.Blocker.PGID == child.process.PGID && d.signalsGroup() {
		j.Outcome, j.Blocker = OutcomeHandled, nil
		j.Evidence = append(j.Evidence, "Its child is in the same process group and gets the signal too")
	}
	if child.knownAs() == celery && child.deliver(passed).worksFirst() && d.signalsGroup() {
		j.Outcome, j.Certainty = OutcomeHandled, inspect.Likely
		j.Evidence = append(j.Evidence, "Its workers are in the same process group, get the signal too and drop their tasks")
	}
	if behind := child.foregroundChild(); j.Outcome == OutcomeIgnored && child.program.isShell() && behind != nil && behind.process.PGID == child.process.PGID && d.signalsGroup() {
		j = behind.deliverBehind(passed, d.forwards-1).judge()
		j.Evidence = append([]string{fmt.Sprintf("%s waits for its child %s (%d), which is in the same process group and gets the signal too", child.process.Comm, behind.process.Comm, behind.process.PID)}, j.Evidence...)
	}
	sentence := fmt.Sprintf("%s forwards %s to %s (%d) and exits after it", d.describe(), procfs.SignalName(passed), child.process.Comm, child.process.PID)
	j.Evidence = append([]string{d.heard.Why, sentence}, j.Evidence...)
	if j.Certainty == inspect.Certain {
		j.Certainty = inspect.Likely
	}
	if j.Outcome == OutcomeIgnored && j.Blocker == nil {
		j.Blocker = child.process
	}
	return j
}

// passage is how far a signal to a process gets: through inits to the program that they have
// started. It has the signal that arrives there, and the process on the way that may not
// forward it.
type passage struct {
	told   *delivery
	barred *Barred
}

// passage follows the signal through the inits. It stops at an init that may not forward the
// signal, or drops it.
func (d *delivery) passage() passage {
	for range mostForwards {
		children := d.childrenOfInit()
		if len(children) == 0 {
			break
		}
		passed := d.rewritten(d.n)
		if passed == 0 {
			break
		}
		if child := d.barredFrom(children[:1], passed); child != nil {
			return passage{d, &Barred{d.process, child.process, d.mayNotTell(child, passed)}}
		}
		d = children[0].deliver(passed)
	}
	return passage{told: d}
}

// childrenOfInit are the children of an init that forwards signals, none for any other
// process.
func (s *subject) childrenOfInit() []*subject {
	if s.program.kind != kindInit {
		return nil
	}
	return s.children()
}

// lastTold is the last process that receives a signal to the subject. Behind inits, it is the
// program that they have started.
func (s *subject) lastTold() *subject {
	for range mostForwards {
		children := s.childrenOfInit()
		if len(children) == 0 {
			break
		}
		s = children[0]
	}
	return s
}
