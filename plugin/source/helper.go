package source

import "fmt"

// HelperObstacle is why the helper does not run on the engine's host, or runs no longer.
type HelperObstacle string

// The obstacles.
const (
	// HelperNotLinux: the engine runs containers of another system (GET /info, OSType).
	HelperNotLinux HelperObstacle = "not-linux"
	// HelperNoArchitecture: the helper is not made for the engine's processor (GET /info,
	// Architecture).
	HelperNoArchitecture HelperObstacle = "no-architecture"
	// HelperImageLost: the image was removed again and again before the container was created.
	HelperImageLost HelperObstacle = "image-lost"
	// HelperRefused: the engine answered, and did not do it. Its policy, an authorization
	// plugin, its kernel or its configuration may be the cause.
	HelperRefused HelperObstacle = "refused"
	// HelperExited: the program in the container has exited before it was told to.
	HelperExited HelperObstacle = "exited"
	// HelperCut: the stream broke off, and the program was not seen to exit.
	HelperCut HelperObstacle = "cut"
	// HelperGarbled: what came is not an engine's stream (POST /containers/ID/attach).
	HelperGarbled HelperObstacle = "garbled"
)

// HelperError means that the helper's container could not be started, or ended too early.
type HelperError struct {
	// Endpoint is where the engine is reached.
	Endpoint string
	Obstacle HelperObstacle
	// Text says what happened, in one line. An engine or the helper may have chosen words
	// of it.
	Text string
	// Try says what to do about it.
	Try string
	// Status is the helper's exit status, where Exited has one; -1 where it is not known.
	Status int
	// Cause is the error behind it, if there is one.
	Cause error
}

// Error names the endpoint, and says what happened and what to do.
func (e *HelperError) Error() string {
	return fmt.Sprintf("the helper on the engine at %s: %s; %s", e.Endpoint, e.Text, e.Try)
}

// Unwrap is the cause.
func (e *HelperError) Unwrap() error { return e.Cause }
