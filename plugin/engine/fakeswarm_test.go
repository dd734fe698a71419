package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/swarm"
)

// fakeSwarm is an engine that manages a Swarm, for the real Docker client.
type fakeSwarm struct {
	t    *testing.T
	info string
	// nodes are the bodies of GET /nodes, by the nodes' IDs.
	nodes []string
	// status is the status of the helper's task on a node. "" means that the task never ends.
	status map[string]string
	// logs are what the tasks have written, by the nodes' IDs.
	logs map[string]string
	// running are other tasks.
	running []string
	// instead answers requests by their "METHOD /path" without IDs. false: as always.
	instead map[string]func(w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	asked    []string
	services map[string]swarm.Service
	made     int
	loaded   HelperArchive
}

const managerInfo = `{"OSType":"linux","Architecture":"x86_64","SystemTime":"2026-03-01T12:00:00Z","Swarm":{"LocalNodeState":"active","ControlAvailable":true}}`

func newFakeSwarm(t *testing.T) *fakeSwarm {
	return &fakeSwarm{
		t: t, info: managerInfo, status: map[string]string{}, logs: map[string]string{},
		instead: map[string]func(http.ResponseWriter, *http.Request) bool{}, services: map[string]swarm.Service{},
	}
}

// node adds a node. change replaces parts of its description, each "OLD" by "NEW".
func (f *fakeSwarm) node(id string, change ...string) {
	text := fmt.Sprintf(`{"ID":%q,"Spec":{"Availability":"active"},"Description":{"Hostname":%q,"Platform":{"Architecture":"x86_64","OS":"linux"}},"Status":{"State":"ready"}}`, id, "host-"+id)
	for i := 0; i+1 < len(change); i += 2 {
		text = strings.Replace(text, change[i], change[i+1], 1)
	}
	f.nodes = append(f.nodes, text)
	f.status[id] = "complete"
	f.logs[id] = frame(frameStdout, "of "+id)
}

func (f *fakeSwarm) client(timeout time.Duration) *Client {
	c, _ := onSocket(f.t, f.ServeHTTP, timeout)
	return c
}

func (f *fakeSwarm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	parts := strings.Split(path, "/")
	key := r.Method + " /" + parts[0]
	if len(parts) > 1 && (parts[0] == "images" && parts[1] == "load" || parts[0] == "services" && parts[1] == "create") {
		key += "/" + parts[1]
	}
	if parts[0] == "tasks" && len(parts) == 3 {
		key += "/logs"
	}
	f.mu.Lock()
	f.asked = append(f.asked, key)
	instead := f.instead[key]
	f.mu.Unlock()
	if instead != nil && instead(w, r) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch key {
	case "GET /info":
		_, _ = io.WriteString(w, f.info)
	case "GET /nodes":
		_, _ = io.WriteString(w, "["+strings.Join(f.nodes, ",")+"]")
	case "GET /images":
		f.inspectImage(w)
	case "POST /images/load":
		_, _ = io.Copy(io.Discard, r.Body)
		f.loaded.Tag = "loaded"
		_, _ = io.WriteString(w, `{"stream":"Loaded image"}`)
	case "POST /services/create":
		f.create(w, r)
	case "GET /services":
		list := []swarm.Service{}
		for _, s := range f.services {
			list = append(list, s)
		}
		say(w, http.StatusOK, list)
	case "DELETE /services":
		f.remove(w, parts[1])
	case "GET /tasks":
		f.tasks(w, r)
	case "GET /tasks/logs":
		_, _ = io.WriteString(w, f.logs[strings.TrimPrefix(parts[1], "task-")])
	default:
		refuse(w, http.StatusNotFound, "page not found")
	}
}

// inspectImage knows the helper's image after it was loaded.
func (f *fakeSwarm) inspectImage(w http.ResponseWriter) {
	if f.loaded.Tag == "" {
		refuse(w, http.StatusNotFound, "No such image")
		return
	}
	say(w, http.StatusOK, map[string]any{"Id": f.loaded.ConfigID, "Config": map[string]any{"Labels": map[string]string{labelImage: swarmProgram(f.t).Digest}, "Entrypoint": []string{helperPath}}})
}

// swarmProgram is the program that the nodes run.
func swarmProgram(t *testing.T) HelperProgram { return aProgram(t, "helper") }

func (f *fakeSwarm) create(w http.ResponseWriter, r *http.Request) {
	var spec swarm.ServiceSpec
	if err := json.NewDecoder(r.Body).Decode(&spec); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	f.made++
	id := fmt.Sprintf("made-%d", f.made)
	f.services[id] = swarm.Service{ID: id, Spec: spec}
	say(w, http.StatusCreated, map[string]string{"ID": id})
}

func (f *fakeSwarm) remove(w http.ResponseWriter, ref string) {
	for id, s := range f.services {
		if id == ref || s.Spec.Name == ref {
			delete(f.services, id)
			return
		}
	}
	refuse(w, http.StatusNotFound, "service "+ref+" not found")
}

// tasks lists the helper's tasks of a service, or the others of a node.
func (f *fakeSwarm) tasks(w http.ResponseWriter, r *http.Request) {
	filters := r.URL.Query().Get("filters")
	if strings.Contains(filters, `"node"`) {
		_, _ = io.WriteString(w, "["+strings.Join(f.running, ",")+"]")
		return
	}
	list := []swarm.Task{}
	for id, status := range f.status {
		state, err, _ := strings.Cut(status, ": ")
		if state == "" {
			state = "assigned"
		}
		list = append(list, swarm.Task{
			ID: "task-" + id, NodeID: id, ServiceID: strings.Trim(strings.SplitN(filters, `"`, 5)[3], `"`),
			Status: swarm.TaskStatus{State: swarm.TaskState(state), Err: err, ContainerStatus: &swarm.ContainerStatus{ContainerID: "container-" + id}},
		})
	}
	say(w, http.StatusOK, list)
}

// left are the services that are still there.
func (f *fakeSwarm) left() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.services)
}
