package engine

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A job costs one service, one log of each node, and a list of tasks that does not come more often
// for more nodes. make scale runs it with other numbers (SCALE_NODES), and with logs of other
// lengths in bytes (SCALE_LOG).
func TestSwarmOfManyNodes(t *testing.T) {
	counts, length := []int{1, 200}, 1000
	if text := os.Getenv("SCALE_NODES"); text != "" {
		counts = nil
		for word := range strings.FieldsSeq(text) {
			n, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			counts = append(counts, n)
		}
	}
	if text := os.Getenv("SCALE_LOG"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		length = n
	}
	for _, nodes := range counts {
		f := newFakeSwarm(t)
		text := frame(frameStdout, strings.Repeat("x", length))
		for i := range nodes {
			id := fmt.Sprintf("n%05d", i)
			f.node(id)
			f.logs[id] = text
		}
		var now, most atomic.Int64
		f.instead["GET /tasks/logs"] = func(http.ResponseWriter, *http.Request) bool {
			n := now.Add(1)
			defer now.Add(-1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			return false
		}
		begun := time.Now()
		answers, read, err := f.run(t, time.Hour)
		took := time.Since(begun)
		if err != nil || len(answers) != nodes {
			t.Fatalf("%d answers, %v", len(answers), err)
		}
		for _, a := range answers {
			if a.Err != nil || len(read(a.Node.ID)) != length {
				t.Fatalf("%s: %d bytes, %v", a.Node.ID, len(read(a.Node.ID)), a.Err)
			}
		}
		asked := map[string]int{}
		for _, key := range f.asked {
			asked[key]++
		}
		if asked["GET /tasks/logs"] != nodes || asked["POST /services/create"] != 1 || asked["DELETE /services"] != 1 || most.Load() > readingLogs || f.left() > 0 {
			t.Errorf("%d nodes: %v, %d logs at once", nodes, asked, most.Load())
		}
		if lists := asked["GET /tasks"] - nodes; lists > 2 { // the others are the tasks of each node
			t.Errorf("%d nodes: the tasks were listed %d times", nodes, lists)
		}
		t.Logf("%d nodes with logs of %d bytes: %s, %d requests", nodes, length, took.Round(time.Millisecond), len(f.asked))
	}
}
