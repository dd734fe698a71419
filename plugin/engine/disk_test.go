package engine

import (
	"fmt"
	"testing"
	"time"
)

// The state of a container is that which the engine itself would make of its files.
func TestStatusFromDisk(t *testing.T) {
	const started = `"StartedAt":"2026-11-30T10:00:00Z"`
	for state, want := range map[string]string{
		`{"Running":true,` + started + `}`:                   "running",
		`{"Running":true,"Paused":true,` + started + `}`:     "paused",
		`{"Running":true,"Restarting":true,` + started + `}`: "restarting",
		`{"Dead":true,` + started + `}`:                      "dead",
		`{"StartedAt":"0001-01-01T00:00:00Z"}`:               "created",
		`{"ExitCode":3,` + started + `}`:                     "exited",
	} {
		c, err := FromDisk(fmt.Appendf(nil, `{"ID":"x","Name":"/web","State":%s}`, state), []byte("{}"), time.Time{})
		if err != nil || c.Status != want || c.Name != "web" || !c.GraceAssumed {
			t.Errorf("%s: got %+v, %v", state, c, err)
		}
	}
	for _, broken := range [][2]string{{"{", "{}"}, {"{}", "["}} {
		if _, err := FromDisk([]byte(broken[0]), []byte(broken[1]), time.Time{}); err == nil {
			t.Errorf("%q was read", broken)
		}
	}
}
