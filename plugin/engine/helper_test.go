package engine

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/client"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// aProgram is a HelperProgram: any bytes will do.
func aProgram(t *testing.T, text string) HelperProgram {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(text))
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(text))
	return HelperProgram{Gzip: packed.Bytes(), Digest: hex.EncodeToString(sum[:]), Architecture: "amd64"}
}

// picks gives a program for every architecture.
func picks(p HelperProgram) func(string) (HelperProgram, error) {
	return func(string) (HelperProgram, error) { return p, nil }
}

// start starts a helper on a fake host. It has ended when the test has.
func start(t *testing.T, ctx context.Context, f *fakeHost, options HelperOptions) (*Helper, error) {
	t.Helper()
	h, err := f.client(5*time.Second).StartHelper(ctx, picks(aProgram(t, "ELF")), options)
	if h != nil {
		t.Cleanup(func() { _ = h.Close() })
	}
	return h, err
}

// wantEcho checks that the stream works.
func wantEcho(t *testing.T, h *Helper, lines ...string) {
	t.Helper()
	answers := bufio.NewReader(h)
	for _, line := range lines {
		if _, err := io.WriteString(h, line+"\n"); err != nil {
			t.Fatal(err)
		}
		if got, err := answers.ReadString('\n'); err != nil || got != line+"\n" {
			t.Fatalf("said %q, got %q, %v", line, got, err)
		}
	}
}

// wantNothing checks that no container is left, once the fake host has noticed.
func wantNothing(t *testing.T, f *fakeHost) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if containers, _ := f.left(); containers == 0 {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("containers are left after %q", f.asked)
		}
	}
}

// The first run imports the image, the second one finds it. The container is gone after both.
func TestHelperRuns(t *testing.T) {
	f := newFakeHost(t)
	for i, imported := range []bool{true, false} {
		var announced []HelperRun
		h, err := start(t, t.Context(), f, HelperOptions{Version: "v1", Arguments: []string{"--nonce", "7"}, Announce: func(r HelperRun) { announced = append(announced, r) }})
		if err != nil {
			t.Fatal(err)
		}
		if h.HostPID != 4711 || h.ID == "" || len(h.Swept) > 0 {
			t.Errorf("%d: got %+v", i, h)
		}
		if len(announced) != 1 || announced[0].Imported != imported || !announced[0].SharesPIDs || announced[0].Image != aProgram(t, "ELF").tag() || announced[0].ImageBytes == 0 {
			t.Errorf("%d: announced %+v", i, announced)
		}
		wantEcho(t, h, "one", strings.Repeat("two", 100_000), "three")
		for range 2 {
			if err := h.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := h.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("%d: after Close, reading comes to %v", i, err)
		}
		if _, err := h.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%d: after Close, writing comes to %v", i, err)
		}
		wantNothing(t, f)
	}
	if _, images := f.left(); images != 1 || f.times("POST /images/create") != 1 {
		t.Errorf("%d images after %q", images, f.asked)
	}
	if image := f.bodies[0]["Image"]; image != "sha256:1" {
		t.Errorf("the container is made of %v, and not of the ID", image)
	}
}

// Attach comes before start, so that nothing that the program writes at once is lost.
func TestHelperIsAttachedFirst(t *testing.T) {
	f := newFakeHost(t)
	f.program = func(in *bufio.Reader, write func(byte, string)) int {
		write(frameStdout, "ready\n")
		return echo(in, write)
	}
	h, err := start(t, t.Context(), f, HelperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := bufio.NewReader(h).ReadString('\n'); got != "ready\n" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	order := strings.Join(f.asked, ", ")
	if at, begun := strings.Index(order, "/attach"), strings.Index(order, "/start"); at < 0 || begun < at {
		t.Errorf("asked %s", order)
	}
}

// The architecture is the engine's, by whichever of its names, and picks the program.
func TestHelperOfArchitecture(t *testing.T) {
	for engines, want := range map[string]string{"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"} {
		f := newFakeHost(t)
		f.info = strings.Replace(linuxInfo, "x86_64", engines, 1)
		missing := errors.New("not in this build")
		picked := ""
		_, err := f.client(time.Minute).StartHelper(t.Context(), func(a string) (HelperProgram, error) { picked = a; return HelperProgram{}, missing }, HelperOptions{})
		if picked != want || !errors.Is(err, missing) {
			t.Errorf("%s: picked %q, %v", engines, picked, err)
		}
	}
}

// AppArmor's profile is left out where AppArmor is on, and no option is given that the engine
// would not know.
func TestHelperSecurityOptions(t *testing.T) {
	for options, want := range map[string]bool{`"name=apparmor","name=seccomp,profile=default"`: true, `"name=seccomp,profile=apparmor"`: false, `"name=apparmor2"`: false, ``: false, `"apparmor"`: false} {
		f := newFakeHost(t)
		f.info = `{"OSType":"linux","Architecture":"x86_64","SecurityOptions":[` + options + `]}`
		h, err := start(t, t.Context(), f, HelperOptions{})
		if err != nil {
			t.Fatal(err)
		}
		_ = h.Close()
		got := strings.Contains(strings.Join(words(f.bodies[0]["HostConfig"].(map[string]any)["SecurityOpt"]), " "), "apparmor=unconfined")
		if got != want {
			t.Errorf("%s: got %v", options, got)
		}
	}
}

func words(list any) []string {
	var all []string
	for _, word := range list.([]any) {
		all = append(all, word.(string))
	}
	return all
}

// answering answers with a status and an engine's message.
func answering(status int, text string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool { refuse(w, status, text); return true }
}

// Each way to fail is one line with what to do, has its kind, and leaves no container.
func TestHelperFails(t *testing.T) {
	const forbidden = "authorization denied by plugin opa: no"
	for name, test := range map[string]struct {
		info     string
		bpf      bool
		instead  map[string]func(http.ResponseWriter, *http.Request) bool
		obstacle source.HelperObstacle
		says     []string
	}{
		"Windows containers": {
			info: `{"OSType":"windows","Architecture":"x86_64"}`, obstacle: source.HelperNotLinux,
			says: []string{`the engine runs containers of "windows"`, "; switch the engine to Linux containers"},
		},
		"another processor": {
			info: `{"OSType":"linux","Architecture":"riscv64"}`, obstacle: source.HelperNoArchitecture,
			says: []string{`"riscv64"`, "only for x86_64 and aarch64"},
		},
		"info refused":    {instead: answers("GET /info", http.StatusForbidden, forbidden), obstacle: source.HelperRefused, says: []string{"refused to tell what its host is", forbidden, "authorization plugin"}},
		"inspect refused": {instead: answers("GET /images/TAG/json", http.StatusForbidden, forbidden), obstacle: source.HelperRefused, says: []string{"refused to find the helper's image", forbidden}},
		"import refused":  {instead: answers("POST /images/create", http.StatusForbidden, forbidden), obstacle: source.HelperRefused, says: []string{"refused to import the helper's image", forbidden}},
		"import failed": {instead: map[string]func(http.ResponseWriter, *http.Request) bool{"POST /images/create": func(w http.ResponseWriter, r *http.Request) bool {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, `{"status":"x"}{"errorDetail":{"message":"no space left\non device"},"error":"no space"}`)
			return true
		}}, obstacle: source.HelperRefused, says: []string{"refused to import the helper's image: no space left on device"}},
		"import without effect": {instead: map[string]func(http.ResponseWriter, *http.Request) bool{"POST /images/create": func(w http.ResponseWriter, r *http.Request) bool {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, `{"status":"x"}`)
			return true
		}}, obstacle: source.HelperImageLost, says: []string{"the helper's image is missing although it was imported", "docker image ls docker-pidns-helper"}},
		"create refused":     {instead: answers("POST /containers/create", http.StatusForbidden, forbidden), obstacle: source.HelperRefused, says: []string{"refused to create the helper's container: ", forbidden, "let this user create that container"}},
		"unknown capability": {bpf: true, instead: answers("POST /containers/create", http.StatusBadRequest, `unknown capability: "CAP_BPF"`), obstacle: source.HelperRefused, says: []string{`unknown capability: "CAP_BPF"`, "leave out --collector bpf"}},
		"a long refusal":     {instead: answers("POST /containers/create", http.StatusForbidden, strings.Repeat("no\n", 1000)), obstacle: source.HelperRefused, says: []string{"no no no", "[more]"}},
		"attach refused":     {instead: answers("POST /containers/ID/attach", http.StatusForbidden, forbidden), obstacle: source.HelperRefused, says: []string{"refused to attach to the helper's container", forbidden}},
		"start refused":      {instead: answers("POST /containers/ID/start", http.StatusBadRequest, "exec format error"), obstacle: source.HelperRefused, says: []string{"refused to start the helper's container", "exec format error"}},
		"PID refused":        {instead: answers("GET /containers/ID/json", http.StatusForbidden, forbidden), obstacle: source.HelperRefused, says: []string{"refused to tell the helper's PID", forbidden}},
	} {
		f := newFakeHost(t)
		f.info = linuxInfo
		if test.info != "" {
			f.info = test.info
		}
		for key, answer := range test.instead {
			f.instead[strings.Replace(key, "TAG", aProgram(t, "ELF").tag(), 1)] = answer
		}
		h, err := start(t, t.Context(), f, HelperOptions{BPF: test.bpf})
		var failed *source.HelperError
		if h != nil || !errors.As(err, &failed) || failed.Obstacle != test.obstacle || failed.Status != -1 || failed.Try == "" {
			t.Errorf("%s: got %v, %v", name, h, err)
			continue
		}
		for _, want := range append(test.says, f.client(0).endpoint[:7]) {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not in %q", name, want, err)
			}
		}
		if strings.Contains(err.Error(), "\n") || len(err.Error()) > mostText {
			t.Errorf("%s: not one line of reasonable length: %q", name, err)
		}
		wantNothing(t, f)
	}
}

// once answers the first request so.
func once(key string, answer func(http.ResponseWriter, *http.Request) bool) map[string]func(http.ResponseWriter, *http.Request) bool {
	asked := false
	return map[string]func(http.ResponseWriter, *http.Request) bool{key: func(w http.ResponseWriter, r *http.Request) bool {
		was := asked
		asked = true
		return !was && answer(w, r)
	}}
}

func answers(key string, status int, text string) map[string]func(http.ResponseWriter, *http.Request) bool {
	return map[string]func(http.ResponseWriter, *http.Request) bool{key: answering(status, text)}
}

// An engine that does not answer is silent at every step, as it is without a helper.
func TestHelperOfASilentEngine(t *testing.T) {
	for _, key := range []string{"GET /info", "GET /images/TAG/json", "POST /images/create", "POST /containers/create", "POST /containers/ID/attach", "POST /containers/ID/start", "GET /containers/ID/json"} {
		f := newFakeHost(t)
		f.instead[strings.Replace(key, "TAG", aProgram(t, "ELF").tag(), 1)] = func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }
		_, err := f.client(100*time.Millisecond).StartHelper(t.Context(), picks(aProgram(t, "ELF")), HelperOptions{})
		if !errors.Is(err, source.ErrSilent) || !strings.Contains(err.Error(), "100ms") || !strings.Contains(err.Error(), "the helper: cannot") {
			t.Errorf("%s: got %v", key, err)
		}
		wantNothing(t, f)
	}
}

// A container whose creation was given up is removed although nobody was told its ID.
func TestHelperIsInterruptedWhileItIsCreated(t *testing.T) {
	f := newFakeHost(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.instead["POST /containers/create"] = func(w http.ResponseWriter, r *http.Request) bool {
		body, err := io.ReadAll(r.Body) // only then the server watches the connection
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		cancel()
		<-r.Context().Done()
		f.create(w, r)
		return true
	}
	if _, err := start(t, ctx, f, HelperOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if len(f.bodies) != 1 {
		t.Errorf("%d containers were made", len(f.bodies))
	}
	wantNothing(t, f)
}

// An interruption at any request ends the start, and leaves no container.
func TestHelperIsInterrupted(t *testing.T) {
	for _, key := range []string{"GET /info", "POST /images/create", "POST /containers/ID/attach", "POST /containers/ID/start", "GET /containers/ID/json"} {
		f := newFakeHost(t)
		ctx, cancel := context.WithCancel(t.Context())
		f.instead[key] = func(_ http.ResponseWriter, r *http.Request) bool {
			cancel()
			<-r.Context().Done()
			return true
		}
		if _, err := start(t, ctx, f, HelperOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", key, err)
		}
		wantNothing(t, f)
	}
}

// The end of the caller's context ends the stream and removes the container, without Close.
func TestHelperEndsWithItsContext(t *testing.T) {
	f := newFakeHost(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.program = func(in *bufio.Reader, write func(byte, string)) int { echo(in, write); <-t.Context().Done(); return 0 }
	h, err := start(t, ctx, f, HelperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantEcho(t, h, "one")
	cancel()
	if _, err := h.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	wantNothing(t, f)
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// A program that does not end with its input is removed after the grace period.
func TestHelperThatDoesNotEnd(t *testing.T) {
	f := newFakeHost(t)
	f.program = func(in *bufio.Reader, write func(byte, string)) int { echo(in, write); <-t.Context().Done(); return 0 }
	h, err := start(t, t.Context(), f, HelperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil || f.times("DELETE /containers/ID") != 1 {
		t.Errorf("got %v, %q", err, f.asked)
	}
	wantNothing(t, f)
}

// What cannot be removed is named, with the command that removes it.
func TestHelperThatCannotBeRemoved(t *testing.T) {
	f := newFakeHost(t)
	f.instead["DELETE /containers/ID"] = answering(http.StatusInternalServerError, "driver failed")
	h, err := start(t, t.Context(), f, HelperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err == nil || !strings.Contains(err.Error(), "docker rm -f "+h.ID) || !strings.Contains(err.Error(), "driver failed") {
		t.Errorf("got %v", err)
	}
}

// That the engine removes it at the same time is no error.
func TestHelperThatIsBeingRemoved(t *testing.T) {
	f := newFakeHost(t)
	f.instead["DELETE /containers/ID"] = answering(http.StatusConflict, "removal of container is already in progress")
	h, err := start(t, t.Context(), f, HelperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// A stream that ends by itself says why: the program has exited, or the connection broke.
func TestHelperEndsTooEarly(t *testing.T) {
	for name, test := range map[string]struct {
		program  program
		instead  map[string]func(http.ResponseWriter, *http.Request) bool
		obstacle source.HelperObstacle
		status   int
		says     string
	}{
		"it exits": {
			program: func(_ *bufio.Reader, write func(byte, string)) int {
				write(frameStderr, "a\ncannot read /proc\n")
				return 3
			}, obstacle: source.HelperExited, status: 3,
			says: "it has exited with status 3: cannot read /proc; try again",
		},
		"it exits in silence": {
			program: func(*bufio.Reader, func(byte, string)) int { return 0 }, obstacle: source.HelperExited,
			says: "it has exited with status 0; ",
		},
		"without an event": {
			program: func(*bufio.Reader, func(byte, string)) int { return 3 }, obstacle: source.HelperExited, status: -1,
			instead: answers("GET /events", http.StatusForbidden, "no"), says: "it has exited; ",
		},
		"an engine that removes it": {
			program:  func(*bufio.Reader, func(byte, string)) int { return 3 },
			obstacle: source.HelperExited, status: 3, says: "it has exited with status 3; ",
			instead: once("GET /containers/ID/json", answering(http.StatusInternalServerError, "container state improper")),
		},
		"a long last line": {
			program: func(_ *bufio.Reader, write func(byte, string)) int {
				write(frameStderr, strings.Repeat("x", 100_000))
				return 1
			}, obstacle: source.HelperExited, status: 1, says: "status 1: " + strings.Repeat("x", mostLineBytes) + "; ",
		},
		"no frames": {
			program: func(_ *bufio.Reader, write func(byte, string)) int { write(9, "x"); return 0 }, obstacle: source.HelperGarbled, status: -1,
			says: "not a stream of a container: a frame begins with 09 00 00 00",
		},
	} {
		f := newFakeHost(t)
		f.program = func(in *bufio.Reader, write func(byte, string)) int {
			_, _ = in.ReadString('\n') // until the start is over
			return test.program(in, write)
		}
		h, err := start(t, t.Context(), f, HelperOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for key, answer := range test.instead {
			f.mu.Lock()
			f.instead[key] = answer
			f.mu.Unlock()
		}
		if _, err := io.WriteString(h, "go\n"); err != nil {
			t.Fatal(err)
		}
		for range 2 { // and says the same again
			_, err = io.Copy(io.Discard, h)
			var failed *source.HelperError
			if !errors.As(err, &failed) || failed.Obstacle != test.obstacle || failed.Status != test.status || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if err := h.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantNothing(t, f)
	}
}

// A stream that breaks off while the container runs was cut, which is not an exit.
func TestHelperIsCut(t *testing.T) {
	f := newFakeHost(t)
	f.instead["POST /containers/ID/attach"] = func(w http.ResponseWriter, _ *http.Request) bool {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return true
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"+frame(frameStdout, "half a line"))
		go func() {
			_, _ = buffered.ReadString('\n')
			_ = conn.Close()
		}()
		return true
	}
	h, err := start(t, t.Context(), f, HelperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(h, "go\n")
	var got bytes.Buffer
	_, err = io.Copy(&got, h)
	var failed *source.HelperError
	if !errors.As(err, &failed) || failed.Obstacle != source.HelperCut || got.String() != "half a line" || !strings.Contains(err.Error(), "engine or the connection to it was restarted") {
		t.Errorf("got %q, %v", got.String(), err)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	wantNothing(t, f)
}

// The program may have exited, and its container be gone, before the engine is asked for its
// PID.
func TestHelperThatExitsAtOnce(t *testing.T) {
	f := newFakeHost(t)
	f.program = func(_ *bufio.Reader, write func(byte, string)) int { write(frameStderr, "no /proc\n"); return 4 }
	f.instead["GET /containers/ID/json"] = func(http.ResponseWriter, *http.Request) bool { wantNothing(t, f); return false }
	_, err := start(t, t.Context(), f, HelperOptions{})
	var failed *source.HelperError
	if !errors.As(err, &failed) || failed.Obstacle != source.HelperExited || failed.Status != 4 || !strings.Contains(err.Error(), "no /proc") {
		t.Errorf("got %v", err)
	}
}

// Something in between that does not pass an upgrade is no engine.
func TestHelperBehindAProxy(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusFound} {
		f := newFakeHost(t)
		f.instead["POST /containers/ID/attach"] = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(status); return true }
		_, err := start(t, t.Context(), f, HelperOptions{})
		var odd *source.OddAnswerError
		if !errors.As(err, &odd) {
			t.Errorf("%d: got %v", status, err)
		}
		wantNothing(t, f)
	}
}

// An image that is removed between its inspection and the container's creation is imported
// once more, and not again and again.
func TestHelperImageIsRemovedMeanwhile(t *testing.T) {
	f := newFakeHost(t)
	removed := 0
	most := 1
	f.instead["POST /containers/create"] = func(http.ResponseWriter, *http.Request) bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		if removed < most {
			removed++
			clear(f.images)
			clear(f.tags)
		}
		return false
	}
	h, err := start(t, t.Context(), f, HelperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantEcho(t, h, "one")
	if err := h.Close(); err != nil || f.times("POST /images/create") != 2 {
		t.Errorf("%v, %q", err, f.asked)
	}
	removed, most = 0, 100
	_, err = start(t, t.Context(), f, HelperOptions{})
	var failed *source.HelperError
	if !errors.As(err, &failed) || failed.Obstacle != source.HelperImageLost || removed != mostTries {
		t.Errorf("got %v after %d", err, removed)
	}
	wantNothing(t, f)
}

// An import that fails is no failure if the image is there: somebody else has imported it at
// the same time. One that fails because something is not found is tried again.
func TestHelperImportsAtOnce(t *testing.T) {
	for name, test := range map[string]struct {
		status  int
		made    bool
		imports int
		runs    bool
	}{
		"another made it":        {http.StatusInternalServerError, true, 1, true},
		"not found, but made":    {http.StatusNotFound, true, 1, true},
		"not found, then it is":  {http.StatusNotFound, false, 2, true},
		"refused, and not there": {http.StatusInternalServerError, false, 1, false},
	} {
		f := newFakeHost(t)
		first := true
		f.instead["POST /images/create"] = func(w http.ResponseWriter, r *http.Request) bool {
			was := first
			if first = false; !was {
				return false
			}
			if test.made {
				f.mu.Lock()
				f.importImage(httptest.NewRecorder(), r)
				f.mu.Unlock()
			} else {
				_, _ = io.Copy(io.Discard, r.Body)
			}
			refuse(w, test.status, "content digest: not found")
			return true
		}
		h, err := start(t, t.Context(), f, HelperOptions{})
		if (err == nil) != test.runs || f.times("POST /images/create") != test.imports {
			t.Errorf("%s: %v after %q", name, err, f.asked)
		}
		if h != nil {
			_ = h.Close()
		}
		wantNothing(t, f)
	}
}

// Another image that has the tag is not run.
func TestHelperImageOfOthers(t *testing.T) {
	for name, answer := range map[string]string{
		"no label":         `{"Id":"sha256:evil","Config":{"Entrypoint":["/pidns-helper"]}}`,
		"another digest":   `{"Id":"sha256:evil","Config":{"Entrypoint":["/pidns-helper"],"Labels":{"docker-pidns.helper.image":"0"}}}`,
		"another program":  `{"Id":"sha256:evil","Config":{"Entrypoint":["/bin/sh"],"Labels":{"docker-pidns.helper.image":"DIGEST"}}}`,
		"no configuration": `{"Id":"sha256:evil"}`,
		"no ID":            `{"Config":{"Entrypoint":["/pidns-helper"],"Labels":{"docker-pidns.helper.image":"DIGEST"}}}`,
	} {
		f := newFakeHost(t)
		p := aProgram(t, "ELF")
		first := true
		f.instead["GET /images/"+p.tag()+"/json"] = func(w http.ResponseWriter, _ *http.Request) bool {
			was := first
			first = false
			if was {
				_, _ = io.WriteString(w, strings.ReplaceAll(answer, "DIGEST", p.Digest))
			}
			return was
		}
		h, err := start(t, t.Context(), f, HelperOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := h.Close(); err != nil || f.bodies[0]["Image"] != "sha256:1" {
			t.Errorf("%s: %v, made of %v", name, err, f.bodies[0]["Image"])
		}
	}
}

// A build whose helper is damaged says so, and sends nothing.
func TestHelperProgramIsDamaged(t *testing.T) {
	good := aProgram(t, "ELF")
	other, cut, short := good, good, good
	other.Digest, cut.Gzip, short.Digest = strings.Repeat("0", 64), good.Gzip[:20], "0123"
	for name, p := range map[string]HelperProgram{"another digest": other, "cut": cut, "no digest": {Gzip: good.Gzip}, "a short digest": short, "nothing": {Digest: good.Digest}} {
		f := newFakeHost(t)
		if _, err := f.client(time.Minute).StartHelper(t.Context(), picks(p), HelperOptions{}); err == nil || !strings.Contains(err.Error(), "the helper in this build") {
			t.Errorf("%s: got %v", name, err)
		}
		if _, images := f.left(); images > 0 || len(f.bodies) > 0 {
			t.Errorf("%s: something was made: %q", name, f.asked)
		}
	}
}

// A rootless engine is asked for its PID namespace, and has /proc mounted if it refuses.
func TestHelperOfARootlessEngine(t *testing.T) {
	rootless := strings.Replace(linuxInfo, `["`, `["name=rootless","`, 1)
	for name, test := range map[string]struct {
		info    string
		refuses string
		tries   int
	}{
		"which accepts it":          {rootless, "", 1},
		"which refuses to create":   {rootless, "POST /containers/create", 2},
		"which refuses to start":    {rootless, "POST /containers/ID/start", 2},
		"one as root that refuses":  {linuxInfo, "POST /containers/create", 1},
		"one as root that does not": {linuxInfo, "", 1},
	} {
		f := newFakeHost(t)
		f.info = test.info
		if test.refuses != "" {
			first := true
			f.instead[test.refuses] = func(w http.ResponseWriter, _ *http.Request) bool {
				was := first
				if first = false; was {
					refuse(w, http.StatusInternalServerError, "operation not permitted")
				}
				return was
			}
		}
		var announced []HelperRun
		h, err := start(t, t.Context(), f, HelperOptions{Arguments: []string{"--x"}, Announce: func(r HelperRun) { announced = append(announced, r) }})
		if len(announced) != test.tries {
			t.Errorf("%s: %d tries", name, len(announced))
		}
		if test.info == linuxInfo && test.refuses != "" {
			if err == nil {
				t.Errorf("%s: it runs", name)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wantEcho(t, h, "one")
		_ = h.Close()
		wantNothing(t, f)
		last := announced[len(announced)-1]
		if line := HelperCommandLine(last.Words); last.SharesPIDs != (test.tries == 1) || strings.Contains(line, "--pid host") != last.SharesPIDs || strings.HasSuffix(line, "--proc /host/proc --x") == last.SharesPIDs {
			t.Errorf("%s: %s", name, line)
		}
	}
}

// Containers that were left are removed, and none that may be another's.
func TestHelperSweeps(t *testing.T) {
	f := newFakeHost(t)
	now := parseTime("2026-03-01T12:00:00Z").Unix()
	ours := map[string]string{LabelHelper: "x"}
	for id, c := range map[string]fakeContainer{
		"old-created": {state: "created", created: now - 3600, labels: ours}, "old-exited": {state: "exited", created: now - 3600, labels: ours}, "old-dead": {state: "dead", created: now - 3600, labels: ours},
		"young": {state: "created", created: now - 60, labels: ours}, "running": {state: "running", created: now - 36000, labels: ours}, "paused": {state: "paused", created: now - 36000, labels: ours},
		"future": {state: "exited", created: now + 3600, labels: ours}, "other": {state: "exited", created: now - 36000},
	} {
		c.id = id
		f.containers[id] = &c
	}
	h, err := start(t, t.Context(), f, HelperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Swept) != 3 {
		t.Errorf("swept %q", h.Swept)
	}
	_ = h.Close()
	for _, id := range []string{"young", "running", "paused", "future", "other"} {
		if f.containers[id] == nil {
			t.Errorf("%s was removed", id)
		}
	}
	for _, id := range h.Swept {
		if !strings.HasPrefix(id, "old-") {
			t.Errorf("swept %s", id)
		}
	}
}

// A sweep that fails, or an engine whose clock is not known, keeps no helper from running.
func TestHelperSweepIsNoObstacle(t *testing.T) {
	for name, set := range map[string]func(*fakeHost){
		"list refused":   func(f *fakeHost) { f.instead["GET /containers/json"] = answering(http.StatusForbidden, "no") },
		"remove refused": func(f *fakeHost) { f.instead["DELETE /containers/ID"] = answering(http.StatusForbidden, "no") },
		"no clock":       func(f *fakeHost) { f.info = `{"OSType":"linux","Architecture":"x86_64"}` },
	} {
		f := newFakeHost(t)
		f.containers["old"] = &fakeContainer{id: "old", state: "exited", labels: map[string]string{LabelHelper: "x"}}
		set(f)
		h, err := start(t, t.Context(), f, HelperOptions{})
		if err != nil || len(h.Swept) > 0 {
			t.Fatalf("%s: %v, %v", name, h, err)
		}
		wantEcho(t, h, "one")
		_ = h.Close()
	}
}

// What helper rm removes is all of ours, and nothing else.
func TestRemoveHelper(t *testing.T) {
	f := newFakeHost(t)
	c := f.client(time.Minute)
	if removed, err := c.RemoveHelper(t.Context()); err != nil || len(removed.Containers)+len(removed.Images) > 0 {
		t.Errorf("of nothing: %+v, %v", removed, err)
	}
	h, err := start(t, t.Context(), f, HelperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	f.containers["old"] = &fakeContainer{id: "old", state: "exited", labels: map[string]string{LabelHelper: "x"}}
	f.containers["other"] = &fakeContainer{id: "other", state: "exited"}
	f.mu.Unlock()
	removed, err := c.RemoveHelper(t.Context())
	if err != nil || len(removed.Containers) != 2 || len(removed.Images) != 1 || len(removed.Running) != 1 || removed.Running[0] != h.ID {
		t.Errorf("got %+v, %v", removed, err)
	}
	if containers, images := f.left(); containers != 1 || images != 0 {
		t.Errorf("%d containers and %d images are left", containers, images)
	}
	_ = h.Close()
	f.instead["DELETE /containers/ID"] = answering(http.StatusForbidden, "no")
	f.containers["old"] = &fakeContainer{id: "old", state: "exited", labels: map[string]string{LabelHelper: "x"}}
	if removed, err := c.RemoveHelper(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot remove the container old") || len(removed.Containers) > 0 {
		t.Errorf("refused: %+v, %v", removed, err)
	}
}

// An engine that says it upgrades what nobody asked to upgrade gets no stream without bounds.
func TestUnaskedUpgrade(t *testing.T) {
	lower(t)
	c, socket := onSocket(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, err = io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
		for err == nil {
			_, err = io.WriteString(conn, strings.Repeat(" ", 32<<10))
		}
	}, 2*time.Second)
	if _, err := c.Inspect(t.Context(), "demo"); err == nil || socket.written.Load() > 3<<20 {
		t.Errorf("got %v after %d KiB", err, socket.written.Load()>>10)
	}
}

// ofTransport is a Client of the fake host by a transport of its own.
func (f *fakeHost) ofTransport(host string, transport *http.Transport, options ...client.Opt) *Client {
	f.t.Helper()
	all := append([]client.Opt{client.WithHTTPClient(&http.Client{Transport: transport}), client.WithHost(host), client.WithVersion("1.41")}, options...)
	api, err := client.NewClientWithOpts(append(all, withBounds)...)
	if err != nil {
		f.t.Fatal(err)
	}
	return New(api, host, 5*time.Second)
}

// The stream goes where the requests go: over TLS, and by the command that ssh:// dials with.
// Its input is closed alone, and the program sees that.
func TestHelperOverOtherTransports(t *testing.T) {
	f := newFakeHost(t)
	secure := httptest.NewTLSServer(f)
	defer secure.Close()
	trusting, ok := secure.Client().Transport.(*http.Transport)
	if !ok {
		t.Fatal("no transport")
	}
	plain := httptest.NewServer(f)
	defer plain.Close()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", plain.Listener.Addr().String())
	}
	for name, c := range map[string]*Client{
		"TLS":     f.ofTransport("tcp://"+secure.Listener.Addr().String(), &http.Transport{TLSClientConfig: trusting.TLSClientConfig}),
		"TCP":     f.ofTransport("tcp://"+plain.Listener.Addr().String(), &http.Transport{}),
		"command": f.ofTransport("http://docker.example.com", &http.Transport{}, client.WithDialContext(dial)),
	} {
		h, err := c.StartHelper(t.Context(), picks(aProgram(t, "ELF")), HelperOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wantEcho(t, h, "one", strings.Repeat("two", 100_000))
		if err := h.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantNothing(t, f)
	}
	if n := len(f.events); n != 3 {
		t.Errorf("%d programs saw the end of their input", n)
	}
}

// Headers of the docker command's configuration go with the stream too: a proxy may ask for
// them.
func TestHelperSendsHeaders(t *testing.T) {
	f := newFakeHost(t)
	var got string
	f.instead["POST /containers/ID/attach"] = func(_ http.ResponseWriter, r *http.Request) bool { got = r.Header.Get("X-Pass"); return false }
	c := f.client(5 * time.Second)
	c.headers = map[string]string{"X-Pass": "word"}
	h, err := c.StartHelper(t.Context(), picks(aProgram(t, "ELF")), HelperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _ = h.Close(); got != "word" {
		t.Errorf("got %q", got)
	}
}

// Over ssh a connection costs as much as many requests. The stream takes over one that is
// there, and none is made for it.
func TestHelperTakesAConnectionThatIsThere(t *testing.T) {
	f := newFakeHost(t)
	server := httptest.NewServer(f)
	defer server.Close()
	var dials atomic.Int64
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		dials.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	var both sync.WaitGroup // Info and the list of what is left are asked for at the same time
	both.Add(2)
	meet := func(http.ResponseWriter, *http.Request) bool { both.Done(); both.Wait(); return false }
	var before, then int64
	f.instead["GET /containers/json"], f.instead["GET /info"] = meet, meet
	f.instead["POST /containers/create"] = func(http.ResponseWriter, *http.Request) bool { before = dials.Load(); return false }
	f.instead["POST /containers/ID/attach"] = func(http.ResponseWriter, *http.Request) bool { then = dials.Load(); return false }
	c := f.ofTransport("tcp://"+server.Listener.Addr().String(), &http.Transport{}, client.WithDialContext(dial))
	h, err := c.StartHelper(t.Context(), picks(aProgram(t, "ELF")), HelperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantEcho(t, h, "one")
	if err := h.Close(); err != nil || before != 2 || then != 2 {
		t.Errorf("%v, %d connections before attach, and %d then", err, before, then)
	}
}
