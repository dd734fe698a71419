package explain_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect/explain"
)

// pastFiles are the files about a container's past and its end.
var pastFiles = []string{"ending.go", "exitcode.go", "history.go", "oom.go", "restart.go", "seen.go", "sent.go"}

// Every statement that may be certain has a claim, and there are no claims without a statement.
func TestClaims(t *testing.T) {
	written := map[string]bool{}
	for _, name := range pastFiles {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if text := mayBeCertain(call); text != "" {
					written[text] = true
				}
			}
			return true
		})
	}
	claimed := map[string]bool{}
	for _, c := range explain.Claims() {
		if c.If == "" || len(c.Says) == 0 {
			t.Errorf("%+v says nothing", c)
		}
		for _, text := range c.Says {
			if claimed[text] {
				t.Errorf("%q is claimed twice", text)
			}
			claimed[text] = true
			if !written[text] {
				t.Errorf("%q is claimed, and nobody says it for certain", text)
			}
		}
	}
	for text := range written {
		if !claimed[text] {
			t.Errorf("%q may be certain, and it is not claimed when", text)
		}
	}
}

// mayBeCertain is the text of a statement that is not merely likely or unknown, "" for other
// calls. If a text is built from parts, it is the last part.
func mayBeCertain(call *ast.CallExpr) string {
	arguments := call.Args
	switch f := call.Fun.(type) {
	case *ast.Ident:
		if f.Name != "state" || len(arguments) < 3 {
			return ""
		}
		if how, ok := arguments[1].(*ast.SelectorExpr); ok && slices.Contains([]string{"Likely", "Uncertain"}, how.Sel.Name) {
			return ""
		}
		arguments = arguments[2:]
	case *ast.SelectorExpr:
		if f.Sel.Name != "certain" {
			return ""
		}
	default:
		return ""
	}
	text := arguments[0]
	if sum, ok := text.(*ast.BinaryExpr); ok {
		text = sum.Y
	}
	if literal, ok := text.(*ast.BasicLit); ok {
		said, _ := strconv.Unquote(literal.Value)
		return said
	}
	return ""
}
