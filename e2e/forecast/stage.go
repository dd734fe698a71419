//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// stage is a container and the container that it joins, if any.
type stage struct{ main, joined container }

// set starts the containers and waits until they have settled.
func (s *stage) set(ctx context.Context, image string, p program) error {
	// They have names before they start, so that they are removed after a failed start too.
	s.main.name = "forecast-" + p.name + "-" + strings.ToLower(rand.Text()[:6])
	if p.joined != nil {
		s.joined.name = s.main.name + "-x"
		if err := s.joined.start(ctx, image, program{name: p.name, command: p.joined}); err != nil {
			return err
		}
		p = p.joining(s.joined)
	}
	if err := s.main.start(ctx, image, p); err != nil {
		return err
	}
	if err := s.main.said(ctx, p.ready); err != nil {
		return err
	}
	if err := s.joined.said(ctx, p.askedBy); err != nil {
		return err
	}
	if err := realhost.Settle(ctx, s.main.id); err != nil {
		return err
	}
	if err := s.main.mustRun(ctx); err != nil || p.then == nil {
		return err
	}
	_, err := docker(ctx, append(slices.Clone(p.then), s.main.id)...)
	return err
}

// joining replaces the X of container:X.
func (p program) joining(x container) program {
	p.options = slices.Clone(p.options)
	for i, option := range p.options {
		if option == joinX {
			p.options[i] = "container:" + x.name
		}
	}
	return p
}

func (s *stage) clear() {
	for _, c := range []container{s.main, s.joined} {
		if c.name != "" {
			c.remove()
		}
	}
}
