package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// row is what a command writes with --format json.
type row struct {
	// command is typed behind "docker pidns", with the option that makes such rows.
	command string
	// keys is the struct in plugin/render whose fields are the keys.
	keys string
}

func (r row) title() string { return "docker pidns " + r.command }

// rows are all there are. A test holds them against plugin/render.
var rows = []row{
	{"tree", "processKeys"}, {"zombies", "zombieRow"}, {"host-pid", "hostPIDKeys"}, {"ns", "nsKeys"}, {"ns --host", "hostNSKeys"},
	{"who", "whoKeys"}, {"limits", "limitKeys"}, {"signals", "signalsKeys"}, {"signals --table", "signalKeys"}, {"doctor", "doctorKeys"},
	{"explain", "explainKeys"}, {"snapshot diff", "diffKeys"}, {"trace", "traceKeys"}, {"version", "VersionKeys"},
}

// shared are the structs that are embedded in rows, with the headings of their sections.
var shared = []struct{ keys, heading string }{{"containerKeys", "Keys of a container"}, {"processKeys", "Keys of a process"}}

// objects are the structs of keys whose values are objects, or lists of such.
var objects = map[string]string{"LeftThreads": "leftThreadKeys", "HeldBy": "holderKeys", "Proxy": "proxyKeys", "Entered": "enteredKeys"}

// rowsOf are the rows of a command by its path, such as "pidns ns".
func rowsOf(path string) []row {
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
		name, _, _ := strings.Cut(r.command, " --")
		return path != "pidns "+name
	})
}

// key is a key of json.
type key struct {
	name, kind, meaning string
	// mayBeNull: it holds null where Absent says why.
	mayBeNull bool
}

// keySet are the keys of one struct.
type keySet struct {
	// embeds are the structs whose keys come first.
	embeds []string
	keys   []key
}

// keySets are those of plugin/render by the name of the struct, and the absences.
type keySets struct {
	sets     map[string]keySet
	absences []absence
}

// absence is a word of Absent and what it means.
type absence struct{ word, meaning string }

// readRows reads the keys from the source, with the comments that say what they mean.
func readRows(root string) (*keySets, error) {
	found := &keySets{sets: map[string]keySet{}}
	files, err := filepath.Glob(filepath.Join(root, "plugin", "render", "*.go"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		if err := found.readFile(file); err != nil {
			return nil, err
		}
	}
	found.absences, err = readAbsences(filepath.Join(root, "procfs", "opt.go"))
	return found, err
}

func parseFile(file string) (*ast.File, error) {
	return parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
}

// readFile reads the structs of a file that are rows or parts of such.
func (k *keySets) readFile(file string) error {
	parsed, err := parseFile(file)
	if err != nil {
		return err
	}
	for _, declared := range parsed.Decls {
		group, ok := declared.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range group.Specs {
			spec, ok := spec.(*ast.TypeSpec)
			if !ok || !isDocumented(spec.Name.Name) {
				continue
			}
			set, err := keysOf(spec)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", file, spec.Name.Name, err)
			}
			k.sets[spec.Name.Name] = set
		}
	}
	return nil
}

// isDocumented reports whether a struct is a row, is embedded in one, or is an object in one.
func isDocumented(name string) bool {
	for _, r := range rows {
		if r.keys == name {
			return true
		}
	}
	for _, s := range shared {
		if s.keys == name {
			return true
		}
	}
	for _, object := range objects {
		if object == name {
			return true
		}
	}
	return false
}

func keysOf(spec *ast.TypeSpec) (keySet, error) {
	var set keySet
	fields, ok := spec.Type.(*ast.StructType)
	if !ok {
		return set, errors.New("is not a struct")
	}
	for _, field := range fields.Fields.List {
		if len(field.Names) == 0 {
			set.embeds = append(set.embeds, kindOf(field.Type))
			continue
		}
		k, err := keyOf(field)
		if err != nil {
			return set, err
		}
		set.keys = append(set.keys, k)
	}
	return set, nil
}

// keyOf is the key of a field, whose comment is "Name (type) is what it means."
func keyOf(field *ast.Field) (key, error) {
	k := key{name: field.Names[0].Name, kind: kindOf(field.Type)}
	text, named := strings.CutPrefix(oneLine(field.Doc), k.name+" ")
	if len(field.Names) > 1 || !named {
		return k, fmt.Errorf("%s needs a comment of its own that begins with its name", k.name)
	}
	if k.kind == "any" {
		inner, rest, closed := strings.Cut(strings.TrimPrefix(text, "("), ") ")
		if !strings.HasPrefix(text, "(") || !closed {
			return k, fmt.Errorf("%s needs its type in brackets behind its name", k.name)
		}
		k.kind, k.mayBeNull, text = inner, true, rest
	}
	for _, verb := range []string{"is ", "are "} {
		text = strings.TrimPrefix(text, verb)
	}
	k.meaning = text
	return k, nil
}

// oneLine is a comment without its breaks.
func oneLine(doc *ast.CommentGroup) string {
	if doc == nil {
		return ""
	}
	return strings.Join(strings.Fields(doc.Text()), " ")
}

// kindOf is a type of Go in the words of json.md.
func kindOf(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.ArrayType:
		return "[" + kindOf(t.Elt) + "]"
	case *ast.SelectorExpr: // procfs.NamespaceType
		return "string"
	case *ast.Ident:
		switch t.Name {
		case "float64":
			return "float"
		case "absences":
			return "object"
		default:
			return t.Name
		}
	default:
		return "?"
	}
}

// readAbsences reads the words of procfs.Absence with their comments.
func readAbsences(file string) ([]absence, error) {
	parsed, err := parseFile(file)
	if err != nil {
		return nil, err
	}
	var list []absence
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		word, isWord := spec.Values[0].(*ast.BasicLit)
		if kind, is := spec.Type.(*ast.Ident); isWord && is && kind.Name == "Absence" {
			_, meaning, _ := strings.Cut(oneLine(spec.Doc), " ")
			list = append(list, absence{strings.Trim(word.Value, `"`), strings.TrimPrefix(strings.TrimPrefix(meaning, "means that "), "is ")})
		}
		return true
	})
	return list, nil
}
