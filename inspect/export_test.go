package inspect

import "time"

// What the tests beside this file look at by itself.

type AmbiguousPIDError = ambiguousPIDError

func NotRunningProblem(c *Container, now time.Time) *Problem { return notRunningProblem(c, now) }

func (c *Container) IsCancelledBy(signal int) bool { return c.isCancelledBy(signal) }
