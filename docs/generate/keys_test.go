package main

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect/trace"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

const repository = "../.."

// rowLines make rows of each kind from saved snapshots.
var rowLines = map[string]string{
	"tree": "tree", "zombies": "zombies", "host-pid": "host-pid", "ns": "ns", "ns --host": "ns --host", "who": "who 28588 28796 2",
	"limits": "limits --all", "signals": "signals", "signals --table": "signals --table demo", "doctor": "doctor --notes", "explain": "explain demo",
	"snapshot diff": "snapshot diff ../../plugin/testdata/readme.json ../../plugin/testdata/limits.json", "version": "version",
}

// json.md has the keys that rows really have, in their order, with the types of their values.
func TestRowsAreAsDocumented(t *testing.T) {
	if err := plainEnvironment(); err != nil {
		t.Fatal(err)
	}
	k, err := readRows(repository)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		var out, errOut bytes.Buffer
		if r.command == "trace" { // there is none of a saved host
			writeTraced(t, &out)
			checkObject(t, k, r.command, k.all(r.keys), json.NewDecoder(&out))
			continue
		}
		words := append(strings.Fields(rowLines[r.command]), "--format", "json")
		if err := runOn(repository, &out, &errOut, words); err != nil {
			t.Errorf("%s: %v", r.command, err)
			continue
		}
		want := k.all(r.keys)
		decoder := json.NewDecoder(&out)
		n := 0
		for ; decoder.More(); n++ {
			checkObject(t, k, r.command, want, decoder)
		}
		if n == 0 {
			t.Errorf("%s wrote no row: %s", r.command, errOut.String())
		}
	}
}

// writeTraced writes one row of a trace.
func writeTraced(t *testing.T, out *bytes.Buffer) {
	t.Helper()
	code, seconds := 137, 0.002
	row := trace.Row{
		Event: trace.SignalSent, Container: "demo", ContainerID: "a", HostPID: 28588, ContainerPID: 1, Command: "sleep", Signal: "SIGKILL",
		Sender: trace.FromHost, SenderCommand: "bash", SenderHostPID: 4411, SenderUser: "alice", SenderAncestors: []string{"sshd (4400)"},
		Outcome: trace.Killed, ExitCode: &code, Seconds: &seconds, Certainty: "certain", Text: "SIGKILL to PID 1",
	}
	if err := (render.Screen{Out: out}).NewTrace("json", nil).Row(row); err != nil {
		t.Fatal(err)
	}
}

// all are the keys of a struct, with those that it embeds.
func (k *keySets) all(name string) []key {
	var list []key
	for _, embedded := range k.sets[name].embeds {
		list = append(list, k.all(embedded)...)
	}
	return append(list, k.sets[name].keys...)
}

func checkObject(t *testing.T, k *keySets, command string, want []key, decoder *json.Decoder) {
	t.Helper()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	for _, key := range want {
		value, there := object[key.name]
		if !there || !isA(value, key) {
			t.Errorf("%s: %s is %v (there: %t), want %s", command, key.name, value, there, key.kind)
		}
		checkInner(t, k, command, key, value)
		delete(object, key.name)
	}
	for name := range object {
		t.Errorf("%s has %s, which is not documented", command, name)
	}
}

// checkInner checks the objects that are the value of a key.
func checkInner(t *testing.T, k *keySets, command string, key key, value any) {
	t.Helper()
	if objects[key.name] == "" {
		return
	}
	list, isList := value.([]any)
	if !isList && value != nil {
		list = []any{value}
	}
	for _, inner := range list {
		text, err := json.Marshal(inner)
		if err != nil {
			t.Fatal(err)
		}
		checkObject(t, k, command+" "+key.name, k.all(objects[key.name]), json.NewDecoder(bytes.NewReader(text)))
	}
}

func isA(value any, key key) bool {
	kind := key.kind
	if value == nil {
		return key.mayBeNull || strings.HasPrefix(kind, "[")
	}
	switch v := value.(type) {
	case string:
		return kind == "string"
	case bool:
		return kind == "bool"
	case float64:
		return kind == "float" || (kind == "int" || kind == "uint" && v >= 0) && v == float64(int64(v))
	case map[string]any:
		return kind == "object"
	case []any:
		if inner, isList := strings.CutPrefix(kind, "["); isList {
			key.kind = strings.TrimSuffix(inner, "]")
			return !slices.ContainsFunc(v, func(each any) bool { return !isA(each, key) })
		}
	}
	return false
}

// Every struct with the key Absent is a row, and json.md has it.
func TestEveryRowIsDocumented(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(repository, "plugin", "render", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && isRow(spec) && !isDocumented(spec.Name.Name) {
				t.Errorf("%s: %s is not among the rows of json.md", file, spec.Name.Name)
			}
			return true
		})
	}
}

func isRow(spec *ast.TypeSpec) bool {
	fields, ok := spec.Type.(*ast.StructType)
	if !ok {
		return false
	}
	return slices.ContainsFunc(fields.Fields.List, func(f *ast.Field) bool {
		if len(f.Names) == 0 {
			return kindOf(f.Type) == "containerKeys" || kindOf(f.Type) == "processKeys"
		}
		return f.Names[0].Name == "Absent"
	})
}

// structOf is a struct with these fields.
func structOf(t *testing.T, fields string) *ast.TypeSpec {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "keys.go", "package p\ntype keys struct {\n"+fields+"\n}\n", parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Decls[0].(*ast.GenDecl).Specs[0].(*ast.TypeSpec)
}

// A key without a comment of its own, or of type any without a type in its comment, is refused.
func TestKeysWithoutMeaning(t *testing.T) {
	for _, fields := range []string{
		"Host string", "// Host is a name, Port a number.\nHost, Port string", "// The name.\nHost string", "// UID is the user.\nUID any",
	} {
		if set, err := keysOf(structOf(t, fields)); err == nil {
			t.Errorf("%q: got %+v", fields, set)
		}
	}
	set, err := keysOf(structOf(t, "// UID (int) is the user,\n// or so.\nUID any"))
	if want := (key{"UID", "int", "the user, or so.", true}); err != nil || len(set.keys) != 1 || set.keys[0] != want {
		t.Errorf("got %+v, %v", set, err)
	}
}
