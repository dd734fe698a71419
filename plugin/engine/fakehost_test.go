package engine

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// program is what runs in a container of a fakeHost: it gets its input, and writes frames. It
// returns its exit status.
type program func(in *bufio.Reader, write func(kind byte, text string)) int

// echo answers each line, until its input ends.
func echo(in *bufio.Reader, write func(kind byte, text string)) int {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return 0
		}
		write(frameStdout, line)
	}
}

// fakeHost is an engine that keeps images and containers as one does, for the real Docker
// client.
type fakeHost struct {
	t       *testing.T
	info    string
	program program
	// instead answers requests by their "METHOD /path", where ID stands for a container's ID.
	// false: the engine answers as always.
	instead map[string]func(w http.ResponseWriter, r *http.Request) bool

	mu         sync.Mutex
	images     map[string]string // ID -> digest in its label
	tags       map[string]string // tag -> ID
	containers map[string]*fakeContainer
	events     []string
	asked      []string
	made       int
	bodies     []map[string]any
}

type fakeContainer struct {
	id, name, image string
	labels          map[string]string
	created         int64
	state           string
	status          int
	attached        chan net.Conn
	started         chan struct{}
}

const linuxInfo = `{"OSType":"linux","Architecture":"x86_64","SystemTime":"2026-03-01T12:00:00Z","SecurityOptions":["name=seccomp,profile=default"]}`

func newFakeHost(t *testing.T) *fakeHost {
	return &fakeHost{
		t: t, info: linuxInfo, program: echo, instead: map[string]func(http.ResponseWriter, *http.Request) bool{},
		images: map[string]string{}, tags: map[string]string{}, containers: map[string]*fakeContainer{},
	}
}

func (f *fakeHost) client(timeout time.Duration) *Client {
	c, _ := onSocket(f.t, f.ServeHTTP, timeout)
	return c
}

func say(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

func refuse(w http.ResponseWriter, status int, text string) {
	say(w, status, map[string]string{"message": text})
}

func (f *fakeHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	parts := strings.Split(path, "/")
	key := r.Method + " /" + path
	if parts[0] == "containers" && len(parts) > 1 && parts[1] != "create" && parts[1] != "json" {
		key = r.Method + " /" + strings.Join(append([]string{"containers", "ID"}, parts[2:]...), "/")
	}
	f.mu.Lock()
	f.asked = append(f.asked, key)
	instead := f.instead[key]
	f.mu.Unlock()
	if instead != nil && instead(w, r) {
		return
	}
	switch {
	case key == "GET /info":
		_, _ = io.WriteString(w, f.info)
	case parts[0] == "images":
		f.serveImages(w, r, parts[1:])
	case key == "POST /containers/create":
		f.create(w, r)
	case key == "GET /containers/json":
		f.list(w)
	case key == "GET /events":
		f.mu.Lock()
		defer f.mu.Unlock()
		_, _ = io.WriteString(w, strings.Join(f.events, "\n"))
	case parts[0] == "containers":
		f.serveContainer(w, r, parts[1], strings.Join(parts[2:], "/"))
	default:
		refuse(w, http.StatusNotFound, "page not found")
	}
}

func (f *fakeHost) serveImages(w http.ResponseWriter, r *http.Request, parts []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch name := parts[0]; {
	case name == "create":
		f.importImage(w, r)
	case name == "json":
		list := []map[string]any{}
		for id, digest := range f.images {
			if r.URL.Query().Get("filters") != "" && strings.Contains(r.URL.Query().Get("filters"), "dangling") && f.tagged(id) {
				continue
			}
			list = append(list, map[string]any{"Id": id, "Labels": map[string]string{labelImage: digest}})
		}
		say(w, http.StatusOK, list)
	case r.Method == http.MethodDelete:
		delete(f.images, name)
		for tag, id := range f.tags {
			if id == name {
				delete(f.tags, tag)
			}
		}
		say(w, http.StatusOK, []any{})
	default:
		id, ok := f.tags[name]
		if !ok {
			refuse(w, http.StatusNotFound, "No such image: "+name)
			return
		}
		say(w, http.StatusOK, map[string]any{"Id": id, "Config": map[string]any{"Labels": map[string]string{labelImage: f.images[id]}, "Entrypoint": []string{helperPath}}})
	}
}

func (f *fakeHost) tagged(id string) bool {
	for _, of := range f.tags {
		if of == id {
			return true
		}
	}
	return false
}

// importImage takes the archive apart as an engine does.
func (f *fakeHost) importImage(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	unpacked, err := gzip.NewReader(r.Body)
	if err != nil {
		f.t.Error(err)
		return
	}
	files := tar.NewReader(unpacked)
	file, err := files.Next()
	if err != nil || file.Name != "pidns-helper" || file.Mode != 0o555 {
		f.t.Errorf("the archive begins with %+v, %v", file, err)
		return
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, files); err != nil {
		f.t.Error(err)
	}
	if _, err := files.Next(); err != io.EOF {
		f.t.Errorf("behind the program: %v", err)
	}
	if rest, err := io.ReadAll(r.Body); err != nil || len(rest) > 0 {
		f.t.Errorf("behind the archive: %d bytes, %v", len(rest), err)
	}
	digest := hex.EncodeToString(sum.Sum(nil))
	if changes := query["changes"]; query.Get("fromSrc") != "-" || !slices.Equal(changes, []string{`ENTRYPOINT ["/pidns-helper"]`, "LABEL " + labelImage + "=" + digest}) {
		f.t.Errorf("the import is %v", query)
	}
	f.made++
	id := fmt.Sprintf("sha256:%d", f.made)
	f.images[id], f.tags[query.Get("repo")] = digest, id
	say(w, http.StatusOK, map[string]string{"status": id})
}

func (f *fakeHost) create(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		f.t.Error(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bodies = append(f.bodies, body)
	image := body["Image"].(string)
	if _, ok := f.images[image]; !ok {
		refuse(w, http.StatusNotFound, "No such image: "+image)
		return
	}
	f.made++
	labels := map[string]string{}
	for key, value := range body["Labels"].(map[string]any) {
		labels[key] = value.(string)
	}
	c := &fakeContainer{
		id: fmt.Sprintf("c%d", f.made), name: r.URL.Query().Get("name"), image: image, labels: labels, created: parseTime("2026-03-01T12:00:00Z").Unix(),
		state: "created", attached: make(chan net.Conn, 1), started: make(chan struct{}),
	}
	f.containers[c.id] = c
	say(w, http.StatusCreated, map[string]any{"Id": c.id, "Warnings": []string{}})
}

func (f *fakeHost) list(w http.ResponseWriter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []map[string]any{}
	for _, c := range f.containers {
		list = append(list, map[string]any{"Id": c.id, "State": c.state, "Created": c.created, "Labels": c.labels})
	}
	say(w, http.StatusOK, list)
}

func (f *fakeHost) find(ref string) *fakeContainer {
	for _, c := range f.containers {
		if c.id == ref || c.name == ref {
			return c
		}
	}
	return nil
}

func (f *fakeHost) serveContainer(w http.ResponseWriter, r *http.Request, ref, what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.find(ref)
	if c == nil {
		refuse(w, http.StatusNotFound, "No such container: "+ref)
		return
	}
	switch {
	case r.Method == http.MethodDelete:
		if c.state == "running" && r.URL.Query().Get("force") == "" {
			refuse(w, http.StatusConflict, "it is running")
			return
		}
		delete(f.containers, c.id)
		w.WriteHeader(http.StatusNoContent)
	case what == "attach":
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			f.t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
		go f.run(c, conn, buffered.Reader)
	case what == "start":
		c.state = "running"
		close(c.started)
		w.WriteHeader(http.StatusNoContent)
	case what == "json":
		state := map[string]any{"Status": c.state, "Running": c.state == "running", "ExitCode": c.status}
		if c.state == "running" {
			state["Pid"] = 4711
		}
		say(w, http.StatusOK, map[string]any{"Id": c.id, "State": state, "Config": map[string]any{}})
	}
}

// run runs the program of a container that is attached to, once it is started.
func (f *fakeHost) run(c *fakeContainer, conn net.Conn, in *bufio.Reader) {
	defer func() { _ = conn.Close() }()
	select {
	case <-c.started:
	case <-f.t.Context().Done():
		return
	}
	status := f.program(in, func(kind byte, text string) { _, _ = io.WriteString(conn, frame(kind, text)) })
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.containers, c.id)
	f.events = append(f.events, fmt.Sprintf(`{"Type":"container","Action":"die","Actor":{"ID":%q,"Attributes":{"exitCode":"%d"}}}`, c.id, status))
}

// left are the containers and images that there are.
func (f *fakeHost) left() (containers, images int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.containers), len(f.images)
}

// times is how often something was asked.
func (f *fakeHost) times(key string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, asked := range f.asked {
		if asked == key {
			n++
		}
	}
	return n
}
