//go:build linux

package advice

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// crowdSize is how many threads a container adds to the host's. A limit of the host that is
// then nearly reached still leaves room for more than a thousand tasks of others.
const crowdSize = 8000

// crowd is a container with that many threads.
func crowd() spec {
	s := spec{command: []string{"python3", "-c", fmt.Sprintf(`import threading, time
threading.stack_size(1 << 16)
for i in range(%d): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
print("full", flush=True)
time.sleep(1000)`, crowdSize)}}
	s.ready = "full"
	return s.with("--pids-limit", "-1", "--memory", "2g")
}

// hostLimitScenes are limits of the whole host that are nearly reached.
func hostLimitScenes() []Case {
	var list []Case
	for _, key := range []string{"pid_max", "threads-max"} {
		list = append(list, Case{Name: key, Alone: true, hold: func(ctx context.Context, r *Run) error { return hostLimit(ctx, r, key) }})
	}
	return list
}

// hostLimit sets a limit of the host (/proc/sys/kernel) near the current use until the advice
// has been followed, and then restores it.
func hostLimit(ctx context.Context, r *Run, key string) error {
	b, err := r.start(ctx, crowd())
	if err != nil {
		return err
	}
	file := "/proc/sys/kernel/" + key
	before, err := numberIn(file)
	if err != nil {
		return err
	}
	tasks, err := tasksOfHost()
	if err != nil {
		return err
	}
	near := tasks + tasks/6
	if tasks < crowdSize || before < near {
		return fmt.Errorf("%d tasks, and %s is %d: the host has no room for this", tasks, file, before)
	}
	r.cleanups = append(r.cleanups, func() { _ = setNumber(file, before) })
	if err := setNumber(file, near); err != nil {
		return err
	}
	f, err := r.found(ctx, "limit-near", b)
	if err != nil {
		return err
	}
	r.advises("now", f.Now, "sysctl -w kernel."+key+"=")
	r.held(ctx, f, "there is room for half as many tasks again", func() bool {
		now, err := numberIn(file)
		return err == nil && now >= tasks+tasks/2
	})
	return r.silent(ctx, "now: "+f.Now, "limit-near", b)
}

// tasksOfHost is the number of all tasks (/proc/loadavg).
func tasksOfHost() (int, error) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(text), "/")
	count, _, _ := strings.Cut(after, " ")
	return strconv.Atoi(count)
}

func numberIn(file string) (int, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

func setNumber(file string, n int) error {
	return os.WriteFile(file, []byte(strconv.Itoa(n)), 0)
}
