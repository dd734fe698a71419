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

// check unpacks the program and compares it with its digest. It returns its size in bytes.
func (p HelperProgram) check() (size int64, err error) {
	if len(p.Digest) != hex.EncodedLen(sha256.Size) {
		return 0, fmt.Errorf("the helper in this build has the digest %q, which is not a SHA-256", p.Digest)
	}
	binary, err := gzip.NewReader(bytes.NewReader(p.Gzip))
	if err != nil {
		return 0, fmt.Errorf("the helper in this build is damaged: %w", err)
	}
	sum := sha256.New()
	size, err = io.Copy(sum, io.LimitReader(binary, mostProgram+1))
	switch {
	case err != nil:
		return 0, fmt.Errorf("the helper in this build is damaged: %w", err)
	case size > mostProgram:
		return 0, fmt.Errorf("the helper in this build has more than %d MiB", mostProgram>>20)
	case hex.EncodeToString(sum.Sum(nil)) != p.Digest:
		return 0, fmt.Errorf("the helper in this build is damaged: it does not have the digest %s", p.Digest)
	}
	return size, nil
}

// archive is a compressed tar with the program as its only file. Files of gzip may follow each
// other (RFC 1952, 2.2), so the program is not compressed again: its head and its end are put
// around it.
func (p HelperProgram) archive() (io.Reader, error) {
	size, err := p.check()
	if err != nil {
		return nil, err
	}
	var head bytes.Buffer
	// Readable by all: under userns-remap the file is another user's than the one that runs
	// it, and no capability helps that one.
	file := &tar.Header{Name: strings.TrimPrefix(helperPath, "/"), Mode: 0o555, Size: size}
	if err := tar.NewWriter(&head).WriteHeader(file); err != nil {
		return nil, err
	}
	const block, blocksAtEnd = 512, 2
	end := make([]byte, (block-size%block)%block+blocksAtEnd*block)
	first, err := gzipped(head.Bytes())
	last, errLast := gzipped(end)
	return io.MultiReader(bytes.NewReader(first), bytes.NewReader(p.Gzip), bytes.NewReader(last)), errors.Join(err, errLast)
}

func gzipped(data []byte) ([]byte, error) {
	var file bytes.Buffer
	w := gzip.NewWriter(&file)
	_, err := w.Write(data)
	err = errors.Join(err, w.Close())
	return file.Bytes(), err
}

// helperImage is the image of the program on the engine, imported if it is not there. The
// image is used by its ID, so nobody can put another one under its tag in between.
func (c *Client) helperImage(ctx context.Context, program HelperProgram) (id string, imported bool, err error) {
	id, err = c.findHelperImage(ctx, program)
	if err != nil || id != "" {
		return id, false, err
	}
	if err := c.importHelper(ctx, program); err != nil {
		return "", true, err
	}
	id, err = c.findHelperImage(ctx, program)
	if err == nil && id == "" {
		err = &source.HelperError{
			Endpoint: c.endpoint, Obstacle: source.HelperImageLost, Status: -1,
			Text: "its image was imported and is not there", Try: "see: docker image ls " + helperRepository,
		}
	}
	return id, true, err
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
		return "", c.helperStep("look for its image", err, allowed)
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
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body := &moving{Reader: archive, timeout: c.timeout, timer: time.AfterFunc(c.timeout, func() { cancel(context.DeadlineExceeded) })}
	defer body.timer.Stop()
	patient := *c
	patient.timeout = mostUploads * c.timeout
	_, err = call(ctx, &patient, ofOne, func(ctx context.Context) (struct{}, error) {
		answer, err := c.api.ImageImport(ctx, image.ImportSource{Source: body, SourceName: "-"}, program.tag(), image.ImportOptions{
			Message: "docker pidns: the helper that reads /proc",
			Changes: []string{"ENTRYPOINT [\"" + helperPath + "\"]", "LABEL " + labelImage + "=" + program.Digest},
		})
		if err != nil {
			return struct{}{}, err
		}
		defer func() { _ = answer.Close() }()
		return struct{}{}, importAnswer(answer)
	})
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		err = fmt.Errorf("%w at %s in %s", source.ErrSilent, c.endpoint, c.timeout)
	}
	if err != nil {
		return c.helperStep("import its image", err, allowed)
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
