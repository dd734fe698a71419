package engine

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/image"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// An image that is imported has another ID on each engine, because the engine writes the time
// into it. All nodes of a Swarm have to know the helper's image by one ID. So it can also be
// loaded (POST /images/load) from an archive whose every byte depends on the program alone.

// HelperArchive is the helper's image as docker load reads it (docker save, OCI image layout).
type HelperArchive struct {
	// Tag is the name that the image gets.
	Tag string
	// Gzip is the archive, compressed by gzip.
	Gzip []byte
	// ConfigID is the image's ID for an engine that keeps layers itself, and ManifestID that for
	// one with the image store of containerd.
	ConfigID, ManifestID string
}

// Archive is the image of the program.
func (p HelperProgram) Archive() (HelperArchive, error) {
	binary, err := p.binary()
	if err != nil {
		return HelperArchive{}, err
	}
	layer, err := tarOf(archived{strings.TrimPrefix(helperPath, "/"), 0o555, binary})
	if err != nil {
		return HelperArchive{}, err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": p.Architecture, "os": "linux", "created": time.Unix(0, 0).UTC(),
		"config":  map[string]any{"Entrypoint": []string{helperPath}, "Labels": map[string]string{labelImage: p.Digest}},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{digestOf(layer)}},
		"history": []map[string]any{{"created": time.Unix(0, 0).UTC(), "comment": helperComment}},
	})
	if err != nil {
		return HelperArchive{}, err
	}
	return p.laidOut(layer, config)
}

// helperComment is what an engine says of the image's only layer (docker history).
const helperComment = "docker pidns: the helper that reads /proc"

// laidOut is the archive with both descriptions of the image: the one of docker save, and that of
// an OCI image layout, which the image store of containerd prefers.
func (p HelperProgram) laidOut(layer, config []byte) (HelperArchive, error) {
	a := HelperArchive{Tag: p.tag(), ConfigID: digestOf(config)}
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": ocispec.MediaTypeImageManifest,
		"config": blobOf(ocispec.MediaTypeImageConfig, config), "layers": []map[string]any{blobOf(ocispec.MediaTypeImageLayer, layer)},
	})
	if err != nil {
		return a, err
	}
	a.ManifestID = digestOf(manifest)
	described := blobOf(ocispec.MediaTypeImageManifest, manifest)
	described["platform"] = map[string]string{"architecture": p.Architecture, "os": "linux"}
	described["annotations"] = map[string]string{"io.containerd.image.name": "docker.io/library/" + a.Tag, ocispec.AnnotationRefName: p.Digest[:helperTagLength]}
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": ocispec.MediaTypeImageIndex, "manifests": []any{described}})
	if err != nil {
		return a, err
	}
	saved, err := json.Marshal([]map[string]any{{"Config": blobPath(config), "RepoTags": []string{a.Tag}, "Layers": []string{blobPath(layer)}}})
	if err != nil {
		return a, err
	}
	all, err := tarOf(
		archived{blobPath(layer), 0o444, layer}, archived{blobPath(config), 0o444, config}, archived{blobPath(manifest), 0o444, manifest},
		archived{"index.json", 0o444, index}, archived{"manifest.json", 0o444, saved}, archived{"oci-layout", 0o444, []byte(`{"imageLayoutVersion":"1.0.0"}`)},
	)
	if err != nil {
		return a, err
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, err = writer.Write(all)
	err = errors.Join(err, writer.Close())
	a.Gzip = packed.Bytes()
	return a, err
}

// archived is a file in an archive.
type archived struct {
	name string
	mode int64
	data []byte
}

// tarOf is an archive of files. The times in it are those of no file, so it is always the same.
func tarOf(list ...archived) ([]byte, error) {
	var archive bytes.Buffer
	files := tar.NewWriter(&archive)
	for _, f := range list {
		if err := files.WriteHeader(&tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.data)), Format: tar.FormatUSTAR}); err != nil {
			return nil, err
		}
		if _, err := files.Write(f.data); err != nil {
			return nil, err
		}
	}
	err := files.Close()
	return archive.Bytes(), err
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func blobPath(data []byte) string {
	return "blobs/sha256/" + strings.TrimPrefix(digestOf(data), "sha256:")
}

// blobOf describes a blob (OCI content descriptor).
func blobOf(mediaType string, data []byte) map[string]any {
	return map[string]any{"mediaType": mediaType, "digest": digestOf(data), "size": len(data)}
}

// LoadedHelper is the helper's image on an engine.
type LoadedHelper struct {
	// Tag is its name, and ID the engine's ID of it.
	Tag, ID string
	// Bytes is how much was sent for it, 0 if it was there.
	Bytes int64
}

// LoadHelper puts the image of the program for the engine's processor on the engine, if it is not
// there. Unlike an image that was imported, it has the same ID on all engines of one kind.
func (c *Client) LoadHelper(ctx context.Context, pick func(architecture string) (HelperProgram, error)) (LoadedHelper, error) {
	host, err := c.helperHost(ctx)
	if err != nil {
		return LoadedHelper{}, err
	}
	program, err := pick(host.architecture)
	if err != nil {
		return LoadedHelper{}, err
	}
	archive, err := program.Archive()
	if err != nil {
		return LoadedHelper{}, err
	}
	return c.loadedHelper(ctx, program, archive)
}

// loadedHelper is the image on the engine, loaded if it is not there.
func (c *Client) loadedHelper(ctx context.Context, program HelperProgram, archive HelperArchive) (LoadedHelper, error) {
	loaded := LoadedHelper{Tag: archive.Tag}
	common := []string{archive.ConfigID, archive.ManifestID}
	id, err := c.findHelperImage(ctx, program)
	if err == nil && !slices.Contains(common, id) {
		loaded.Bytes = int64(len(archive.Gzip))
		if err = c.loadArchive(ctx, archive); err == nil {
			id, err = c.findHelperImage(ctx, program)
		}
	}
	if err == nil && !slices.Contains(common, id) {
		err = &source.HelperError{
			Endpoint: c.endpoint, Obstacle: source.HelperImageLost, Status: -1,
			Text: fmt.Sprintf("the helper's image was loaded, and the engine has %q instead", id), Try: "see: docker image ls " + helperRepository,
		}
	}
	loaded.ID = id
	return loaded, err
}

// loadArchive sends the archive (POST /images/load).
func (c *Client) loadArchive(ctx context.Context, archive HelperArchive) error {
	return c.upload(ctx, "load the helper's image", archive.Gzip, func(ctx context.Context, body *moving) (struct{}, error) {
		answer, err := c.api.ImageLoad(ctx, body)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, loadAnswer(answer)
	})
}

// loadAnswer reads what the engine says while it loads.
func loadAnswer(answer image.LoadResponse) error {
	defer func() { _ = answer.Body.Close() }()
	return importAnswer(answer.Body)
}
