package engine

import (
	"net/http"
	"testing"
	"time"
)

// The default of the grace period is known if it cannot be configured in this engine.
func TestFixesGrace(t *testing.T) {
	for server, want := range map[string]bool{
		"Docker/20.10.24+dfsg1 (linux)": true, "Docker/28.5.2 (linux)": true, "Docker/29.6.1 (linux)": true,
		"Docker/29.7.0 (linux)": false, "Docker/29.10.1 (linux)": false, "Docker/30.0.0 (linux)": false,
		"Docker/0.0.0-20261130000147-1d54c9e (linux)": false, "Docker/1.13.1 (linux)": true,
		"Libpod/4.3.1 (linux)": false, "": false, "Docker/dev (linux)": false, "Docker/99999999999999999999.1": false,
	} {
		if got := fixesGrace(server); got != want {
			t.Errorf("%q: got %t, want %t", server, got, want)
		}
	}
}

// The engine's answer shows whether a container's grace period is its own, or a default that may
// have been changed.
func TestGraceIsAssumed(t *testing.T) {
	for name, test := range map[string]struct {
		server, config string
		grace          time.Duration
		assumed        bool
	}{
		"unset, Docker before 29.7": {"Docker/28.5.2 (linux)", `{}`, 10 * time.Second, false},
		"unset, a later one":        {"Docker/29.7.2 (linux)", `{}`, 10 * time.Second, true},
		"unset, podman":             {"Libpod/4.3.1 (linux)", `{}`, 10 * time.Second, true},
		"set":                       {"Docker/29.7.2 (linux)", `{"StopTimeout":3}`, 3 * time.Second, false},
	} {
		c, _ := onSocket(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Server", test.server)
			_, _ = w.Write([]byte(`{"Id":"a","Config":` + test.config + `}`))
		}, time.Minute)
		got, err := c.Inspect(t.Context(), "a")
		if err != nil || got.StopTimeout != test.grace || got.GraceAssumed != test.assumed {
			t.Errorf("%s: got %s, assumed %t, %v", name, got.StopTimeout, got.GraceAssumed, err)
		}
	}
}

// If the grace period has more seconds than the engine can count, it is unknown.
func TestGracePeriod(t *testing.T) {
	for seconds, want := range map[int64]time.Duration{
		0: 0, 10: 10 * time.Second, -1: -time.Second, longestGrace: time.Duration(longestGrace) * time.Second,
		longestGrace + 1: 0, 1 << 62: 0, -1 << 62: -time.Duration(longestGrace) * time.Second,
	} {
		got, overflows := gracePeriod(seconds)
		if got != want || overflows != (seconds > longestGrace) {
			t.Errorf("%d: got %s, %t", seconds, got, overflows)
		}
	}
}
