package engine

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// HelperProgram is the program that runs in the helper's container.
type HelperProgram struct {
	// Gzip is the static Linux binary, compressed by gzip.
	Gzip []byte
	// Digest is the SHA-256 of the binary itself, in hexadecimal digits.
	Digest string
	// Architecture is amd64 or arm64.
	Architecture string
}

// mostProgram is how large the binary may be, in bytes.
const mostProgram = 32 << 20

// helperRepository is the name of the helper's images, helperTagLength how much of the digest
// their tags have.
const (
	helperRepository = "docker-pidns-helper"
	helperTagLength  = 12
)

// tag is the name of the program's image on an engine.
func (p HelperProgram) tag() string { return helperRepository + ":" + p.Digest[:helperTagLength] }

// binary unpacks the program and compares it with its digest.
func (p HelperProgram) binary() ([]byte, error) {
	packed, err := gzip.NewReader(bytes.NewReader(p.Gzip))
	if err != nil {
		return nil, fmt.Errorf("the helper in this build is damaged: %w", err)
	}
	binary, err := io.ReadAll(io.LimitReader(packed, mostProgram+1))
	sum := sha256.Sum256(binary)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the helper in this build is damaged: %w", err)
	case len(binary) > mostProgram:
		return nil, fmt.Errorf("the helper in this build has more than %d MiB", mostProgram>>20)
	case hex.EncodeToString(sum[:]) != p.Digest:
		return nil, fmt.Errorf("the helper in this build is damaged: it does not have the digest %s", p.Digest)
	}
	return binary, nil
}

// archive is a compressed tar with the program as its only file. It is compressed in one piece:
// an image store of containerd keeps it as it comes, and not every program that unpacks gzip
// reads one file behind another.
func (p HelperProgram) archive() ([]byte, error) {
	binary, err := p.binary()
	if err != nil {
		return nil, err
	}
	var archive bytes.Buffer
	packed := gzip.NewWriter(&archive)
	files := tar.NewWriter(packed)
	// Readable by all: under userns-remap the file is another user's than the one that runs
	// it, and no capability helps that one.
	err = files.WriteHeader(&tar.Header{Name: strings.TrimPrefix(helperPath, "/"), Mode: 0o555, Size: int64(len(binary))})
	if err == nil {
		_, err = files.Write(binary)
	}
	err = errors.Join(err, files.Close(), packed.Close())
	return archive.Bytes(), err
}

// helperImage is the image of the program on the engine, imported if it is not there. The
// image is used by its ID, so nobody can put another one under its tag in between.
func (c *Client) helperImage(ctx context.Context, program HelperProgram) (id string, imported bool, err error) {
	id, err = c.findHelperImage(ctx, program)
	for try := 0; err == nil && id == "" && try < mostTries; try++ {
		imported = true
		failed := c.importHelper(ctx, program)
		if failed != nil && !isRefused(failed) && !errors.Is(failed, source.ErrNoSuchContainer) {
			return "", true, failed
		}
		// It may be there although the import failed: of two at once an image store of
		// containerd can fail one.
		if id, err = c.findHelperImage(ctx, program); err == nil && id == "" && isRefused(failed) {
			return "", true, failed
		}
	}
	if err == nil && id == "" {
		err = &source.HelperError{
			Endpoint: c.endpoint, Obstacle: source.HelperImageLost, Status: -1,
			Text: "the helper's image is missing although it was imported", Try: "see: docker image ls " + helperRepository,
		}
	}
	return id, imported, err
}

// findHelperImage is the ID of the program's image, "" if it is not there. An image that has
// the tag and does not say that it is made of this program is not used.
func (c *Client) findHelperImage(ctx context.Context, program HelperProgram) (string, error) {
	found, err := call(ctx, c, ofOne, func(ctx context.Context) (image.InspectResponse, error) {
		return c.api.ImageInspect(ctx, program.tag())
	})
	if errors.Is(err, source.ErrNoSuchContainer) { // as every 404 is called
		return "", nil
	}
	if err != nil {
		return "", c.helperStep("find the helper's image", err, allowed)
	}
	if found.Config == nil || found.Config.Labels[labelImage] != program.Digest || !slices.Equal(found.Config.Entrypoint, []string{helperPath}) || found.ID == "" {
		return "", nil
	}
	return found.ID, nil
}

// importHelper makes the image (POST /images/create, fromSrc), which takes no registry.
func (c *Client) importHelper(ctx context.Context, program HelperProgram) error {
	archive, err := program.archive()
	if err != nil {
		return err
	}
	return c.upload(ctx, "import the helper's image", archive, func(ctx context.Context, body *moving) (struct{}, error) {
		answer, err := c.api.ImageImport(ctx, image.ImportSource{Source: body, SourceName: "-"}, program.tag(), image.ImportOptions{
			Message: helperComment,
			Changes: []string{"ENTRYPOINT [\"" + helperPath + "\"]", "LABEL " + labelImage + "=" + program.Digest},
		})
		if err != nil {
			return struct{}{}, err
		}
		defer func() { _ = answer.Close() }()
		return struct{}{}, importAnswer(answer)
	})
}

// upload sends an archive in one request. It may take several deadlines, as long as the engine
// reads it.
func (c *Client) upload(ctx context.Context, step string, archive []byte, send func(context.Context, *moving) (struct{}, error)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body := &moving{Reader: bytes.NewReader(archive), timeout: c.timeout, timer: time.AfterFunc(c.timeout, func() { cancel(context.DeadlineExceeded) })}
	defer body.timer.Stop()
	patient := *c
	patient.timeout = mostUploads * c.timeout
	_, err := call(ctx, &patient, ofOne, func(ctx context.Context) (struct{}, error) { return send(ctx, body) })
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		err = fmt.Errorf("%w at %s in %s", source.ErrSilent, c.endpoint, c.timeout)
	}
	if err != nil {
		return c.helperStep(step, err, allowed)
	}
	return nil
}

// mostUploads is how many deadlines an import may take in all, as long as it moves.
const mostUploads = 12

// moving is a body that is given up when nobody reads on for as long as the timeout.
type moving struct {
	io.Reader
	timeout time.Duration
	timer   *time.Timer
}

func (m *moving) Read(p []byte) (int, error) {
	m.timer.Reset(m.timeout)
	return m.Reader.Read(p)
}

// importAnswer reads what the engine says while it imports: lines of JSON, of which one may
// be an error though the status says success.
func importAnswer(answer io.Reader) error {
	lines := json.NewDecoder(answer)
	for {
		var line struct {
			Error       string
			ErrorDetail struct{ Message string }
		}
		switch err := lines.Decode(&line); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if text := cmp.Or(line.ErrorDetail.Message, line.Error); text != "" {
			return &refusedError{errors.New(text)}
		}
	}
}

// dropReplaced removes images of helpers without a tag: two imports at once leave the first
// so. One that a container uses stays.
func (c *Client) dropReplaced(ctx context.Context) {
	unnamed := filters.NewArgs(filters.Arg("label", labelImage), filters.Arg("dangling", "true"))
	images, err := c.helperImages(ctx, unnamed)
	if err != nil {
		return
	}
	for _, found := range images[:min(len(images), mostSwept)] {
		_ = c.removeImage(ctx, found.ID, false)
	}
}

func (c *Client) helperImages(ctx context.Context, which filters.Args) ([]image.Summary, error) {
	return call(ctx, c, ofList, func(ctx context.Context) ([]image.Summary, error) {
		return c.api.ImageList(ctx, image.ListOptions{Filters: which})
	})
}

func (c *Client) removeImage(ctx context.Context, id string, force bool) error {
	_, err := call(ctx, c, ofOne, func(ctx context.Context) ([]image.DeleteResponse, error) {
		return c.api.ImageRemove(ctx, id, image.RemoveOptions{Force: force, PruneChildren: true})
	})
	if errors.Is(err, source.ErrNoSuchContainer) { // as every 404 is called
		return nil
	}
	return err
}
