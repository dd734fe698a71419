package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// Only an engine's answer means that there is no such container. A proxy that does not know the
// path answers with the same status.
func TestNotFound(t *testing.T) {
	for name, test := range map[string]struct {
		kind, body string
		isEngines  bool
	}{
		"docker":           {"application/json", `{"message":"No such container: demo"}`, true},
		"docker, sloppy":   {"application/json; charset=utf-8", ` {"message":"No such container: demo"}` + "\n", true},
		"podman":           {"application/json", `{"cause":"no such container","message":"no container with name or ID \"demo\" found","response":404}`, true},
		"nginx":            {"text/html", "<html><head><title>404 Not Found</title></head></html>", false},
		"go":               {"text/plain", "404 page not found\n", false},
		"nothing":          {"", "", false},
		"other json":       {"application/json", `{"error":"Not Found"}`, false},
		"an empty message": {"application/json", `{"message":""}`, false},
		"a list":           {"application/json", `["message"]`, false},
		"much":             {"application/json", `{"message":"` + strings.Repeat("x", mostMessage) + `"}`, false},
	} {
		c, _ := onSocket(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", test.kind)
			w.WriteHeader(http.StatusNotFound)
			_, _ = fmt.Fprint(w, test.body)
		}, 5*time.Second)
		_, err := c.Inspect(context.Background(), "demo")
		var odd *source.OddAnswerError
		if errors.Is(err, source.ErrNoSuchContainer) != test.isEngines || errors.As(err, &odd) == test.isEngines {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What ssh(1) wrote ends with a newline: behind it stands what to do, on the same line.
func TestBriefIsOneLine(t *testing.T) {
	cause := errors.New("refused")
	err := brief(fmt.Errorf("ssh: %w\n", cause))
	if err.Error() != "ssh: refused" || !errors.Is(err, cause) {
		t.Errorf("got %q", err)
	}
	if plain := brief(cause); plain != cause {
		t.Errorf("got %q", plain)
	}
}
