//go:build linux

package realhost

import "strings"

// Hearing is what happened to the handlers of a container's workers, "" if they have none.
type Hearing string

// What can happen to handlers.
const (
	HeardOut   Hearing = "ended"
	CutOff     Hearing = "cut off"
	NeverHeard Hearing = "unheard"
)

// HandlerSet and the others are what workers write: the first when they have a handler, the
// others at its beginning and its end, with half a second of clean-up in between.
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
