package engine

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
)

// runs are the helper's containers that there are.
func runs() map[string]helperRun {
	base := helperRun{
		image: "docker-pidns-helper:0123456789ab", name: "docker-pidns-helper-x", instance: "x", version: "v1 of 'me'", started: "2026-03-01T12:00:00Z",
		arguments: []string{"--nonce", "a b"},
	}
	confined, bpf, others, mounted := base, base, base, base
	confined.unconfined, bpf.bpf, others.others, mounted.way = true, true, true, mountedProc
	return map[string]helperRun{"plain": base, "AppArmor": confined, "BPF": bpf, "other users": others, "mounted": mounted}
}

// ofCommandLine is what the docker command makes of the words of docker run: the name of the
// container, and the body of the request. docker create has the same options, and starts
// nothing.
func ofCommandLine(t *testing.T, docker string, words []string) (name string, body []byte) {
	t.Helper()
	c, _ := onSocket(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/containers/create") {
			name = r.URL.Query().Get("name")
			body, _ = io.ReadAll(r.Body)
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = io.WriteString(w, `{"Id":"a"}`)
	}, time.Minute)
	cmd := exec.Command(docker, append([]string{"--host", c.endpoint, "create"}, words...)...)
	cmd.Env = append(os.Environ(), "DOCKER_CONFIG="+t.TempDir(), "DOCKER_API_VERSION=1.41")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name, body
}

// settings are those of the body of a request to create a container, without those that are
// not set. The docker command sends some of these as they are by default.
func settings(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	host, ok := all["HostConfig"].(map[string]any)
	if !ok {
		t.Fatalf("no HostConfig in %s", body)
	}
	if host["MemorySwappiness"] == float64(-1) {
		delete(host, "MemorySwappiness")
	}
	if host["OomKillDisable"] == false {
		delete(host, "OomKillDisable")
	}
	added, _ := host["CapAdd"].([]any)
	var names []string
	for _, name := range added {
		names = append(names, strings.TrimPrefix(name.(string), "CAP_"))
	}
	slices.Sort(names)
	host["CapAdd"] = names
	delete(all, "NetworkingConfig") // {} with the network that HostConfig names
	for _, of := range []map[string]any{all, host, host["LogConfig"].(map[string]any)} {
		maps.DeleteFunc(of, func(_ string, value any) bool {
			v := reflect.ValueOf(value)
			return value == nil || (v.Kind() == reflect.Map || v.Kind() == reflect.Slice) && v.Len() == 0
		})
	}
	return all
}

// requestBody is the request of a run, as it is sent.
func requestBody(t *testing.T, run helperRun) []byte {
	t.Helper()
	config, host := run.request(run.image)
	body, err := json.Marshal(struct {
		*container.Config
		HostConfig *container.HostConfig
	}{config, host})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// The command that is shown makes the same container as the request that is sent.
func TestHelperCommandLineIsTheRequest(t *testing.T) {
	docker, err := exec.LookPath("docker")
	if err != nil {
		t.Skip("the docker command is not installed")
	}
	for name, run := range runs() {
		words := run.words()
		container, body := ofCommandLine(t, docker, words[1:])
		if words[0] != "run" || container != run.name {
			t.Errorf("%s: the name is %q in %q", name, container, words)
		}
		if sent, typed := settings(t, requestBody(t, run)), settings(t, body); !reflect.DeepEqual(sent, typed) {
			t.Errorf("%s: sent\n%v\ntyped\n%v", name, sent, typed)
		}
	}
}

// What the helper may do is what is written here, and nothing else is sent.
func TestHelperRequest(t *testing.T) {
	for name, want := range map[string]string{
		"plain":       `"PidMode":"host","CapAdd":["SYS_PTRACE"],"SecurityOpt":["no-new-privileges"]`,
		"AppArmor":    `"PidMode":"host","CapAdd":["SYS_PTRACE"],"SecurityOpt":["no-new-privileges","apparmor=unconfined"]`,
		"BPF":         `"PidMode":"host","CapAdd":["BPF","PERFMON","SYS_PTRACE"],"SecurityOpt":["no-new-privileges"]`,
		"other users": `"PidMode":"host","CapAdd":["DAC_READ_SEARCH","SETGID","SETUID","SYS_PTRACE"],"SecurityOpt":["no-new-privileges"]`,
		"mounted":     `"PidMode":"","Binds":["/proc:/host/proc:ro"],"CapAdd":["SYS_PTRACE"],"SecurityOpt":["no-new-privileges"]`,
	} {
		command := `["--nonce","a b"]`
		if name == "mounted" {
			command = `["--proc","/host/proc","--nonce","a b"]`
		}
		all := `{"Image":"docker-pidns-helper:0123456789ab","Cmd":` + command + `,"User":"0","Hostname":"pidns-helper","Env":["GOMEMLIMIT=640MiB"],
			"OpenStdin":true,"StdinOnce":true,"AttachStdin":true,"AttachStdout":true,"AttachStderr":true,"Tty":false,"Healthcheck":{"Test":["NONE"]},
			"Labels":{"docker-pidns.helper":"x","docker-pidns.helper.version":"v1 of 'me'","docker-pidns.helper.started":"2026-03-01T12:00:00Z"},
			"HostConfig":{"AutoRemove":true,"UsernsMode":"host","CgroupnsMode":"host","NetworkMode":"none","ReadonlyRootfs":true,"CapDrop":["ALL"],
			"Memory":805306368,"MemorySwap":805306368,"PidsLimit":512,"RestartPolicy":{"Name":"no","MaximumRetryCount":0},"LogConfig":{"Type":"none"},"Init":false,` + want + `}}`
		sent := settings(t, requestBody(t, runs()[name]))
		wanted := settings(t, []byte(all))
		for _, of := range []map[string]any{sent, sent["HostConfig"].(map[string]any), wanted["HostConfig"].(map[string]any)} {
			maps.DeleteFunc(of, func(key string, value any) bool {
				return key != "Init" && key != "Tty" && reflect.ValueOf(value).IsZero() || key == "ConsoleSize"
			})
		}
		if !reflect.DeepEqual(sent, wanted) {
			t.Errorf("%s: got\n%v\nwant\n%v", name, sent, wanted)
		}
	}
}

// Every option is explained to who has to allow it.
func TestHelperOptionsAreExplained(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range runs() {
		for _, option := range run.options() {
			words := strings.Join(option.words, " ")
			switch option.words[0] {
			case "--name":
				words = "--name"
			case "--label":
				words, _, _ = strings.Cut(words, "=")
			}
			if !strings.Contains(string(text), "`"+words) {
				t.Errorf("%s: docs/security.md does not explain %s", name, words)
			}
		}
	}
}

// A line for a shell has each word as one.
func TestHelperCommandLine(t *testing.T) {
	line := HelperCommandLine(runs()["mounted"].words())
	for _, want := range []string{
		"docker run --interactive --rm --name docker-pidns-helper-x --volume /proc:/host/proc:ro --userns host ",
		` --label 'docker-pidns.helper.version=v1 of '\''me'\''' `,
		" docker-pidns-helper:0123456789ab --proc /host/proc --nonce 'a b'",
	} {
		if !strings.Contains(line, want) {
			t.Errorf("%q is not in %s", want, line)
		}
	}
}
