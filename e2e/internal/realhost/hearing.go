//go:build linux

package realhost

import "strings"

// Hearing is what became of the handlers of a container's workers, "" where they have
// none.
type Hearing string

// What becomes of handlers.
const (
	HeardOut   Hearing = "ended"
	CutOff     Hearing = "cut off"
	NeverHeard Hearing = "unheard"
)

// HandlerSet and the others are what workers write: the first when they have a handler,
// the others in it, with half a second of clean-up between them.
const HandlerSet, handlerBegun, handlerEnded = "handler set", "handler begun", "handler ended"

// HearingIn reads the log of a container that has been stopped.
func HearingIn(log string) Hearing {
	set, begun, ended := strings.Count(log, HandlerSet), strings.Count(log, handlerBegun), strings.Count(log, handlerEnded)
	switch {
	case begun == 0:
		return NeverHeard
	case ended < set:
		return CutOff
	}
	return HeardOut
}

// Lost reports whether a worker could not clean up.
func (h Hearing) Lost() bool { return h == CutOff || h == NeverHeard }
