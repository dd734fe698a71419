package render

import (
	"maps"
	"reflect"
	"slices"
	"testing"
)

// A key's heading is its words, and every heading belongs to a key.
func TestHeadings(t *testing.T) {
	left := maps.Clone(shortHeadings)
	for _, row := range []any{processKeys{}, zombieRow{}, hostPIDKeys{}, nsKeys{}, hostNSKeys{}, VersionKeys{}, whoKeys{}, limitKeys{}, doctorKeys{}, explainKeys{}, diffKeys{}, signalsKeys{}, signalKeys{}} {
		headings := headingsOf(reflect.TypeOf(row))
		for _, key := range keysOf(reflect.TypeOf(row)) {
			if headings[key] == "" {
				t.Errorf("%T: key %s has no heading", row, key)
			}
			delete(left, key)
		}
	}
	if len(left) > 0 {
		t.Errorf("no keys: %q", slices.Sorted(maps.Keys(left)))
	}
	for key, want := range map[string]string{
		"Host":             "HOST",
		"ContainerID":      "CONTAINER ID",
		"HostPID":          "HOST PID",
		"ExecID":           "EXEC ID",
		"NSInit":           "NS INIT",
		"MainThreadExited": "MAIN THREAD EXITED",
		"APIVersion":       "API VERSION",
		"EUID":             "EUID",
		"GoVersion":        "GO VERSION",
		"CanPtrace":        "CAN PTRACE",
		"HeldBy":           "HELD BY",
	} {
		if got := wordsOf(key); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
}
