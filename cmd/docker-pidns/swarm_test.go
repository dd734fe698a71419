package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/plugin"
	"github.com/docker-pidns/docker-pidns/plugin/engine"
)

// What a node has written that is not a recording for this run is an error about it.
func TestRecordingsOfNodes(t *testing.T) {
	r := newRecordings("nonce")
	if err := r.read(engine.SwarmNode{ID: "a"}, strings.NewReader("hello\n")); err == nil || len(r.of) != 0 {
		t.Errorf("got %v, %v", err, r.of)
	}
	host := r.host(&engine.SwarmAnswer{Node: engine.SwarmNode{ID: "a", Name: "node"}, Err: errors.New("down")}, plugin.Where{})
	if host.Name != "node" || host.Err == nil || host.Source != nil {
		t.Errorf("got %+v", host)
	}
}

// An interrupted command waits for what has to be removed, and not forever.
func TestWorkIsAwaited(t *testing.T) {
	var w work
	w.await(time.Hour) // for nothing
	end := w.begin()
	w.await(time.Millisecond) // for too long
	done := make(chan struct{})
	go func() {
		w.await(time.Hour)
		close(done)
	}()
	end()
	<-done
}

// The image that is saved is one for docker load.
func TestHelperImageOfABuildWithoutHelpers(t *testing.T) {
	image, err := helperImage("amd64")
	if err != nil {
		t.Skip(err) // make build has not been run
	}
	if !strings.HasPrefix(image.Tag, "docker-pidns-helper:") || !bytes.HasPrefix(image.Archive, []byte{0x1f, 0x8b}) {
		t.Errorf("got %q, %d bytes", image.Tag, len(image.Archive))
	}
	if _, err := helperImage("s390x"); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}
