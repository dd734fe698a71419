//go:build unix

package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// A server is interrupted when its work is done. It ends at once, and that is no failure.
func TestInterruptServer(t *testing.T) {
	for _, interrupt := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(interrupt.String(), func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "metrics", "--listen", ":0")
			// The race detector waits for a second at the end, which is longer than an
			// interrupted program may take.
			cmd.Env = append(os.Environ(), asProgram+"=1", "DOCKER_CONFIG="+t.TempDir(), "GORACE=atexit_sleep_ms=0")
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = cmd.Process.Kill() }()
			said := bufio.NewReader(stderr)
			line, err := said.ReadString('\n')
			_, url, found := strings.Cut(strings.TrimSpace(line), "metrics are served at ")
			if err != nil || !found || !strings.HasPrefix(url, "127.0.0.1:") {
				t.Fatalf("%q, %v", line, err)
			}
			response, err := http.Get("http://" + strings.TrimSuffix(url, "/metrics") + "/-/healthy")
			if err != nil || response.StatusCode != http.StatusOK { // the connection stays open
				t.Fatalf("%v, %v", response, err)
			}
			_ = cmd.Process.Signal(interrupt)
			more, err := io.ReadAll(said)
			if status := cmd.Wait(); err != nil || status != nil || len(more) > 0 {
				t.Errorf("it ended with %v: %q, %v", status, more, err)
			}
		})
	}
}
