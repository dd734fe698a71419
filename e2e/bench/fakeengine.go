//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"path"
	"strings"
)

// fakeEngine answers for containers that a real engine would take minutes to make: it has only
// the answers, each as long as a real one.
type fakeEngine struct {
	// pattern is a real engine's answer about one container.
	pattern map[string]any
	list    []map[string]any
	// answers are those about each container, by its ID.
	answers map[string][]byte
}

func newFakeEngine(ctx context.Context) (*fakeEngine, error) {
	text, err := output(ctx, "docker", "inspect", small)
	if err != nil {
		return nil, err
	}
	var found []map[string]any
	if err := json.Unmarshal([]byte(text), &found); err != nil || len(found) != 1 {
		return nil, fmt.Errorf("docker inspect %s: %w", small, err)
	}
	return &fakeEngine{pattern: found[0], answers: map[string][]byte{}}, nil
}

// add adds a running container.
func (f *fakeEngine) add(id, name string, pid int) error {
	c := maps.Clone(f.pattern)
	state, ok := c["State"].(map[string]any)
	if !ok {
		return fmt.Errorf("the engine's answer about %s has no State", small)
	}
	state = maps.Clone(state)
	state["Pid"] = pid
	c["Id"], c["Name"], c["State"] = id, "/"+name, state
	answer, err := json.Marshal(c)
	if err != nil {
		return err
	}
	f.answers[id] = answer
	f.list = append(f.list, map[string]any{"Id": id, "Names": []string{"/" + name}, "Image": image, "State": "running", "Status": "Up", "Labels": map[string]string{}})
	return nil
}

// serve answers at a socket until the context ends.
func (f *fakeEngine) serve(ctx context.Context, socket string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: f}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	return nil
}

// ServeHTTP answers the requests of docker inspect and of docker pidns.
func (f *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Api-Version", "1.41")
	w.Header().Set("Content-Type", "application/json")
	switch kind, last := path.Base(path.Dir(r.URL.Path)), path.Base(r.URL.Path); {
	case last == "_ping":
	case last == "version", last == "info":
		_, _ = fmt.Fprint(w, `{"Version":"20.10.24","ApiVersion":"1.41","Name":"fake","Components":[{"Name":"Engine","Version":"20.10.24"}]}`)
	case last == "events" && !r.URL.Query().Has("until"): // nothing happens
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	case last == "events":
	case kind == "containers" && last == "json":
		_ = json.NewEncoder(w).Encode(f.list)
	case last == "json" && f.answers[kind] != nil:
		_, _ = w.Write(f.answers[kind])
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprintf(w, `{"message":"no such thing: %s"}`, strings.ReplaceAll(r.URL.Path, `"`, ""))
	}
}
