package inspect

import "time"

// These are tested directly by the tests beside this file.

type AmbiguousPIDError = ambiguousPIDError

func NotRunningProblem(c *Container, now time.Time) *Problem { return notRunningProblem(c, now) }

func (c *Container) IsCancelledBy(signal int) bool { return c.isCancelledBy(signal) }
