package wire

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// Environments and filters of system calls are left out of files, whatever is in them. The rest
// stays as it is.
func TestWithoutSecrets(t *testing.T) {
	for text, want := range map[string]string{
		`{"Env":["A=secret","B=\"]secret"],"Image":"x"}`:       `{"Env":null,"Image":"x"}`,
		`{"process":{"env" : [ "A=secret" ] ,"args":["env"]}}`: `{"process":{"env" : null ,"args":["env"]}}`,
		`{"Labels":{"env":"prod","Env":"x"}}`:                  `{"Labels":{"env":"prod","Env":"x"}}`,
		`{"linux":{"seccomp":{"a":[{"b":"}"}]},"x":1}}`:        `{"linux":{"seccomp":null,"x":1}}`,
		`{"Args":["Env",["secret"]]}`:                          `{"Args":["Env",["secret"]]}`,
		`{"Env":["A=secret`:                                    `{"Env":null`,
		`{"Env":[["secret"],{"a":["secret"]}]}`:                `{"Env":null}`,
		`{"a":"\"Env\":[\"kept\"]"}`:                           `{"a":"\"Env\":[\"kept\"]"}`,
		``:                                                     ``,
		`"`:                                                    `"`,
		`{"Env":`:                                              `{"Env":`,
	} {
		if got := withoutSecrets(text); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

// No text makes it hang, grow, or lose anything else.
func FuzzWithoutSecrets(f *testing.F) {
	f.Add(`{"Env":["A=1"],"env":{"a":1},"seccomp":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		short := withoutSecrets(text)
		if len(short) > len(text)+4*strings.Count(text, ":") {
			t.Errorf("%q grew to %q", text, short)
		}
		var before, after any
		if json.Unmarshal([]byte(text), &before) != nil {
			return
		}
		if err := json.Unmarshal([]byte(short), &after); err != nil {
			t.Fatalf("%q became %q: %v", text, short, err)
		}
		if !strings.Contains(text, "nv\"") && !strings.Contains(text, "seccomp") && !reflect.DeepEqual(before, after) {
			t.Errorf("%q became %q", text, short)
		}
	})
}

// Docker's folder is where the bundle's mounts are from. A joined container has another's files.
func TestDockerFolder(t *testing.T) {
	id, other := strings.Repeat("a", idLength), strings.Repeat("b", idLength)
	for bundle, want := range map[string]string{
		`{"mounts":[{"source":"/var/lib/docker/containers/` + id + `/hosts"}]}`:     "/var/lib/docker/containers/" + id,
		`{"mounts":[{"source":"/data/containers/` + other + `/resolv.conf"}]}`:      "/data/containers/" + id,
		`{"mounts":[{"source":"/etc/resolv.conf"},{"source":"relative/hostname"}]}`: "",
		`{}`: "",
	} {
		if got := dockerFolder(bundle, id); got != want {
			t.Errorf("%s: got %q, want %q", bundle, got, want)
		}
	}
}
