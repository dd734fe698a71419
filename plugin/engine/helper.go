package engine

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/system"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// HelperOptions say how the helper is run.
type HelperOptions struct {
	// Version is that of this tool, for a label.
	Version string
	// BPF also gives CAP_BPF and CAP_PERFMON, which the kernel's iterator of tasks takes.
	BPF bool
	// OtherUsers also gives CAP_DAC_READ_SEARCH, CAP_SETUID and CAP_SETGID. Without the first the
	// helper cannot open files of a process that its own user alone may open, if that is not
	// root: the call that it is in, its memory and its descriptors (proc(5), /proc/PID/syscall,
	// mem, fd). Without the others it cannot open scripts with the rights of such a user.
	// Forecasts of containers with such a user are then unknown.
	OtherUsers bool
	// Arguments are given to the program. If the engine's /proc had to be mounted, --proc and
	// its path stand in front of them.
	Arguments []string
	// Announce is called before each try to create the container, if it is set. There is a
	// second try if the engine refuses the first way, or if the image was removed meanwhile.
	Announce func(HelperRun)
}

// HelperRun is what is about to be run.
type HelperRun struct {
	// Words are those of the docker command that does the same, from run on. HelperCommandLine
	// writes them.
	Words []string
	// Image is the tag of the image. Imported says that this call has put it there, and
	// ImageBytes how much was sent for it.
	Image      string
	Imported   bool
	ImageBytes int64
	// SharesPIDs: the container is in the engine's PID namespace. Otherwise the engine's /proc
	// is mounted into it, because the engine is rootless and refused the first way.
	SharesPIDs bool
}

// helperHost is what the choice of options depends on (GET /info).
type helperHost struct {
	architecture       string
	apparmor, rootless bool
	// now is the engine's clock.
	now time.Time
}

// StartHelper runs the helper's container on the engine's host and connects to it. pick
// returns the program for an architecture (amd64, arm64); its error is passed on. The image is
// imported if it is not there, and stays. Containers of earlier runs that were left are
// removed.
//
// The helper ends when ctx ends, or by Close, or when this process ends. An error is a
// *source.HelperError where the helper or its container is the cause, and otherwise that of
// the engine's call.
func (c *Client) StartHelper(ctx context.Context, pick func(architecture string) (HelperProgram, error), options HelperOptions) (*Helper, error) {
	left := c.lookForLeft(ctx) // beside the next calls: over ssh the second connection, which attach takes one of, is made meanwhile
	host, err := c.helperHost(ctx)
	if err != nil {
		return nil, err
	}
	program, err := pick(host.architecture)
	if err != nil {
		return nil, err
	}
	if len(program.Digest) != hex.EncodedLen(sha256.Size) {
		return nil, fmt.Errorf("the helper in this build has the digest %q, which is not a SHA-256", program.Digest)
	}
	swept := c.sweep(ctx, left, host.now)
	run := helperRun{
		image: program.tag(), instance: strings.ToLower(rand.Text()), version: options.Version, started: time.Now().UTC().Format(time.RFC3339),
		unconfined: host.apparmor, bpf: options.BPF, others: options.OtherUsers, arguments: options.Arguments,
	}
	run.name = helperRepository + "-" + run.instance
	h, err := c.runHelper(ctx, program, run, options.Announce)
	var refused *source.HelperError
	if host.rootless && errors.As(err, &refused) && refused.Obstacle == source.HelperRefused {
		run.way = mountedProc
		run.name += "-2"
		h, err = c.runHelper(ctx, program, run, options.Announce)
	}
	removed := <-swept
	if err != nil {
		return nil, err
	}
	h.Swept = removed
	return h, nil
}

// helperHost asks what kind of host the engine has.
func (c *Client) helperHost(ctx context.Context) (helperHost, error) {
	info, err := call(ctx, c, ofOne, c.api.Info)
	if err != nil {
		return helperHost{}, c.helperStep("tell what its host is (GET /info)", err, allowed)
	}
	if info.OSType != "linux" {
		return helperHost{}, &source.HelperError{
			Endpoint: c.endpoint, Obstacle: source.HelperNotLinux, Status: -1,
			Text: fmt.Sprintf("the helper needs Linux containers, and the engine runs containers of %q", info.OSType), Try: "switch the engine to Linux containers",
		}
	}
	host := helperHost{architecture: goArchitecture(info.Architecture)}
	if host.architecture == "" {
		return helperHost{}, &source.HelperError{
			Endpoint: c.endpoint, Obstacle: source.HelperNoArchitecture, Status: -1,
			Text: fmt.Sprintf("there is no helper for the engine's host (%q), only for x86_64 and aarch64", info.Architecture), Try: "run docker pidns on the engine's host",
		}
	}
	host.apparmor, host.rootless = hasSecurity(info, "apparmor"), hasSecurity(info, "rootless")
	host.now = parseTime(info.SystemTime)
	return host, nil
}

// goArchitecture is the engine's word (GET /info, Architecture: as uname(2) has it, or as Go
// has it with podman) as Go has it, "" for one without a helper.
func goArchitecture(engines string) string {
	switch engines {
	case "x86_64", "amd64":
		return "amd64"
	case "aarch64", "arm64":
		return "arm64"
	default:
		return ""
	}
}

// hasSecurity reports whether a security option is on: "name=NAME", or "name=NAME,KEY=VALUE".
func hasSecurity(info system.Info, name string) bool {
	return slices.ContainsFunc(info.SecurityOptions, func(option string) bool {
		first, _, _ := strings.Cut(option, ",")
		return first == "name="+name
	})
}

// mostTries is how often the image may be removed between its import and the container's
// creation.
const mostTries = 2

// runHelper creates the container, imports its image if it has to, and starts it.
func (c *Client) runHelper(ctx context.Context, program HelperProgram, run helperRun, announce func(HelperRun)) (*Helper, error) {
	for try := 1; ; try++ {
		image, imported, err := c.helperImage(ctx, program)
		if err != nil {
			return nil, err
		}
		if announce != nil {
			announce(HelperRun{Words: run.words(), Image: run.image, Imported: imported, ImageBytes: int64(len(program.Gzip)), SharesPIDs: run.way == sharedNamespace})
		}
		id, err := c.createHelper(ctx, run, image)
		switch {
		case errors.Is(err, source.ErrNoSuchContainer) && try < mostTries: // as every 404 is called: the image is gone
			continue
		case errors.Is(err, source.ErrNoSuchContainer):
			return nil, &source.HelperError{
				Endpoint: c.endpoint, Obstacle: source.HelperImageLost, Status: -1, Cause: err,
				Text: fmt.Sprintf("the helper's image was removed %d times before its container was created", try), Try: "try again; check for a job that prunes images",
			}
		case err != nil:
			return nil, err
		}
		h, err := c.startHelper(ctx, run, id)
		if err != nil {
			c.discard(ctx, id)
			return nil, err
		}
		if imported {
			c.dropReplaced(ctx)
		}
		return h, nil
	}
}

// createHelper makes the container. Where nobody knows whether it was made, it is removed by
// its name.
func (c *Client) createHelper(ctx context.Context, run helperRun, image string) (string, error) {
	config, host := run.request(image)
	created, err := call(ctx, c, ofOne, func(ctx context.Context) (container.CreateResponse, error) {
		return c.api.ContainerCreate(ctx, config, host, nil, nil, run.name)
	})
	switch {
	case err == nil && created.ID == "":
		return "", &source.OddAnswerError{Endpoint: c.endpoint, Text: "it creates a container without an ID"}
	case err == nil:
		return created.ID, nil
	case !isRefused(err) && !errors.Is(err, source.ErrNoSuchContainer):
		c.discardUnknown(ctx, run.name)
	}
	return "", c.helperStep("create the helper's container", err, run.remedy())
}

// startHelper connects to the container before it starts it, so that nothing that it writes is
// lost.
func (c *Client) startHelper(ctx context.Context, run helperRun, id string) (*Helper, error) {
	stream, err := c.attach(ctx, id)
	if err != nil {
		return nil, c.helperStep("attach to the helper's container", err, run.remedy())
	}
	h := newHelper(ctx, c, id, stream)
	if h.HostPID, err = c.startAttached(ctx, run, h); err != nil {
		h.abandon()
		return nil, err
	}
	return h, nil
}

// startAttached starts the container, and returns the PID of its program.
func (c *Client) startAttached(ctx context.Context, run helperRun, h *Helper) (int, error) {
	_, err := call(ctx, c, ofOne, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.api.ContainerStart(ctx, h.ID, container.StartOptions{})
	})
	if err != nil {
		return 0, c.helperStep("start the helper's container", err, run.remedy())
	}
	found, err := call(ctx, c, ofOne, func(ctx context.Context) (container.InspectResponse, error) { return c.api.ContainerInspect(ctx, h.ID) })
	switch {
	case err != nil && !errors.Is(err, source.ErrNoSuchContainer):
		return 0, c.helperStep("tell the helper's PID", err, allowed)
	case err != nil || found.ContainerJSONBase == nil || found.State == nil || found.State.Pid <= 0:
		return 0, h.failed()
	default:
		return found.State.Pid, nil
	}
}

// remedy is what helps if the engine refuses the container.
func (r helperRun) remedy() string {
	if r.bpf {
		return "leave out --collector bpf, or let this user create that container (authorization plugin)"
	}
	return "let this user create that container (authorization plugin), or run docker pidns on the engine's host"
}
