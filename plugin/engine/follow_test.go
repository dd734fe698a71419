package engine

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// eventsOf serves these lines as GET /events, and then waits until the client has gone.
func eventsOf(lines ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		for _, line := range lines {
			_, _ = io.WriteString(w, line+"\n")
		}
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
}

// An event says about which container an answer is outdated, and whether lists are.
func TestFollow(t *testing.T) {
	event := func(kind, action, id, attributes string) string {
		return fmt.Sprintf(`{"Type":%q,"Action":%q,"Actor":{"ID":%q,"Attributes":{%s}},"timeNano":1}`, kind, action, id, attributes)
	}
	c, _ := onSocket(t, eventsOf(
		event("container", "start", "a", `"name":"web"`), event("container", "exec_create: sh -c x", "b", `"name":"web"`), event("container", "health_status: healthy", "b", `"name":"web"`),
		event("image", "pull", "i", ""), event("network", "connect", "n", `"container":"c"`), event("network", "create", "n", ""),
		event("daemon", "reload", "d", ""), event("container", "kill", "", ""), event("container", "rename", "a", `"name":"web"`),
	), time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	var got []source.Outdated
	begun := false
	err := c.Follow(ctx, func() { begun = true }, func(o source.Outdated) {
		if got = append(got, o); len(got) == 6 {
			cancel()
		}
	})
	of := func(id, action string) inspect.Event {
		return inspect.Event{At: time.Unix(0, 1).UTC(), ContainerID: id, Action: action, Name: "web", ExitCode: -1}
	}
	want := []source.Outdated{
		{ContainerID: "a", Lists: true, Event: of("a", "start")}, {ContainerID: "b", Event: of("b", "exec_create")}, {ContainerID: "b", Event: of("b", "health_status")},
		{ContainerID: "c"}, {}, {ContainerID: "a", Lists: true, Event: of("a", "rename")},
	}
	if !begun || err == nil || !reflect.DeepEqual(got, want) {
		t.Errorf("begun %t, %v, got %+v\nwant %+v", begun, err, got, want)
	}
}

// An engine that refuses is not followed. The client library may report that the request was answered
// before it reports the refusal.
func TestFollowRefused(t *testing.T) {
	c, _ := onSocket(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusForbidden, "no") }, time.Second)
	err := c.Follow(t.Context(), func() {}, func(source.Outdated) { t.Error("an event") })
	if err == nil {
		t.Error("no error")
	}
}

// A stream of events may be as long as one answer.
func TestFollowEndless(t *testing.T) {
	c, _ := onSocket(t, endless("", `{"Type":"image","Action":"pull"}`+"\n"), 20*time.Second)
	err := c.Follow(t.Context(), func() {}, func(source.Outdated) {})
	if err == nil {
		t.Error("no end")
	}
	if read := c.transport.read.Load(); read == 0 {
		t.Error("nothing was counted")
	}
	if c.Renew(); c.transport.read.Load() != 0 || c.transport.values.Load() != 0 {
		t.Error("the sums are kept")
	}
}

// Docker's engine reports everything. Of others that is not known.
func TestReportsAll(t *testing.T) {
	for name, want := range map[string]bool{"Engine": true, "Podman Engine": false, "": false} {
		c, _ := onSocket(t, func(w http.ResponseWriter, _ *http.Request) {
			say(w, http.StatusOK, map[string]any{"Components": []map[string]string{{"Name": name}}})
		}, time.Second)
		if got := c.ReportsAll(t.Context()); got != want {
			t.Errorf("%q: got %t", name, got)
		}
	}
}
