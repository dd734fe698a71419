package top

import (
	"context"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/overview"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// Saved shows snapshot files one after another.
type Saved struct {
	selection
	files []SavedFile
}

// SavedFile is a snapshot file and its name.
type SavedFile struct {
	Source source.Source
	Title  string
}

// NewSaved returns a feed of the containers that are named, or that the filter selects.
func NewSaved(files []SavedFile, names []string, filter inspect.Filter) *Saved {
	return &Saved{selection{filter, names}, files}
}

// Pages is that of [Feed].
func (s *Saved) Pages() int { return len(s.files) }

// Page reads the file with that number.
func (s *Saved) Page(ctx context.Context, number int) Frame {
	file := s.files[number]
	c, err := file.Source.Capture(ctx, need.Snapshot(0))
	if err != nil {
		return Frame{Err: err, Title: file.Title}
	}
	return Frame{Index: inspect.NewIndex(c), Whole: true, Title: file.Title}
}

// Look reads the first file.
func (s *Saved) Look(ctx context.Context, _ bool) Frame { return s.Page(ctx, 0) }

// Judge is not needed, because a file answers every view.
func (s *Saved) Judge(context.Context) (*overview.Judged, error) { return nil, nil }

// Detail is not needed either.
func (s *Saved) Detail(context.Context, View, string) (*inspect.Index, error) { return nil, nil }
