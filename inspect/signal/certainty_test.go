package signal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Every statement that may be certain has a claim, and there are no claims without a statement.
func TestClaims(t *testing.T) {
	written := map[string]bool{}
	for _, name := range []string{"hearing.go", "forecast.go", "internals.go", "behaviour.go", "forward.go", "halted.go", "shell.go", "meaning.go", "work.go", "rights.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text := saidForCertain(n); text != "" {
				written[text] = true
			}
			return true
		})
	}
	claimed := map[string]bool{}
	for _, c := range signal.Claims() {
		if c.If == "" || len(c.Says) == 0 {
			t.Errorf("%+v says nothing", c)
		}
		for _, text := range c.Says {
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

// saidForCertain is the text of a composite literal (Heard, Judgement) or a call (comesTo) whose
// certainty is certain, or depends on what could be read.
func saidForCertain(n ast.Node) string {
	var list []ast.Expr
	switch n := n.(type) {
	case *ast.CompositeLit:
		list = n.Elts
	case *ast.CallExpr:
		list = n.Args
	default:
		return ""
	}
	if len(list) < 3 || !mayBeCertain(list[1]) {
		return ""
	}
	return textOf(list[len(list)-1])
}

func mayBeCertain(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name == "Certain"
	case *ast.CallExpr:
		f, ok := e.Fun.(*ast.SelectorExpr)
		return ok && f.Sel.Name == "sureIfKnown"
	default:
		return false
	}
}

// textOf is the text that an expression builds, with %s for parts that are not literals.
func textOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		return text
	case *ast.BinaryExpr:
		return textOf(e.X) + textOf(e.Y)
	case *ast.CompositeLit:
		return textOf(e.Elts[0])
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" {
			return textOf(e.Args[0])
		}
		return "%s"
	default:
		return "%s"
	}
}

// A forecast is not certain if one of these could make it wrong.
func TestCertainHasExceptions(t *testing.T) {
	young := Alter(Alone("x").Attend(101, Runs()), StartedAt(999), func(p *procfs.Process) { p.StartTicks += 50 })
	for name, test := range map[string]struct {
		world   *World
		certain bool
	}{
		"nothing in its way":                {Alone("x").Attend(101, Runs()), true},
		"its threads may not be read":       {Alone("x").Attend(101, Denied), false},
		"nobody asked":                      {Alone("x"), false},
		"a thread did not stand still":      {Alone("x").Attend(101, Runs(), Unsettled), false},
		"its masks changed meanwhile":       {Alone("x").Attend(101, Runs(), Later(0, Signals(hup))), false},
		"a thread awaits it":                {Alone("x", Blocked(Term)).Attend(101, Runs(), Asleep(Sleeping("pause"), Awaiting(Term))), false},
		"it is traced":                      {Alone("x", Caught(Term), TracedBy(9)).Attend(101, Runs()), false},
		"it has just started":               {young, false},
		"its settings could not be read":    {Alone("x").Attend(101, Runs()).Declared("demo", func(c *inspect.Container) { c.Silent = true }), false},
		"its grace period is assumed":       {Alone("x").Attend(101, Runs()).Declared("demo", func(c *inspect.Container) { c.GraceAssumed = true }), false},
		"its grace period overflows":        {Alone("x").Attend(101, Runs()).Declared("demo", func(c *inspect.Container) { c.GraceOverflows, c.StopTimeout = true, 0 }), false},
		"an init stands in front":           {Alone("tini").Process(102, 101, "x", inside(2), Ignored(Term)).Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102, Runs()), false},
		"no init":                           {Alone("x", noInit).Attend(101, Runs()), true},
		"no init, threads not to be read":   {Alone("x", noInit).Attend(101, Denied), false},
		"no init, and it is stopped":        {Alone("x", noInit, StateOf("T")).Attend(101, Runs()), false},
		"no init, in uninterruptible sleep": {Alone("x", noInit, StateOf("D")).Attend(101, Runs()), false},
		"ignored":                           {Alone("x", Ignored(Term)).Attend(101, Runs()), true},
		"ignored, with threads":             {Alone("x", Ignored(Term), Blocked(Term)).Attend(101, Runs(), Asleep(Sleeping("pause"), Sleeping("pause"))), true},
	} {
		if f := forecast(t, test.world); (f.Certainty == inspect.Certain) != test.certain {
			t.Errorf("%s: %s (%s)", name, short(f.Judgement), because(f.Judgement))
		}
	}
}

// What is likely is said with the seconds that are assumed.
func TestAssumedGraceIsNamed(t *testing.T) {
	for want, setting := range map[string]func(*inspect.Container){
		"does not say its default grace period. 25s is likely": func(c *inspect.Container) { c.GraceAssumed, c.StopTimeout = true, 25*time.Second },
		"could not be read. SIGTERM and 30s are likely":        func(c *inspect.Container) { c.Silent, c.StopTimeout = true, 30*time.Second },
	} {
		f := forecast(t, Alone("x").Attend(101, Runs()).Declared("demo", setting))
		if text := because(f.Judgement); f.Certainty != inspect.Likely || !strings.Contains(text, want) {
			t.Errorf("want %q: %s (%s)", want, short(f.Judgement), text)
		}
	}
}

// Alter changes the main process of a world with one.
func Alter(w *World, change ...Change) *World { return w.Alter(101, change...) }

// A stopped process receives SIGCONT. A signal that is ignored is discarded even if the main
// thread blocks it.
func TestEdgesOfHearing(t *testing.T) {
	if j := judge(t, Alone("x", Caught(procfs.SIGCONT), StateOf("T")).Attend(101, Runs()), 101, procfs.SIGCONT); short(j) != "handled likely" {
		t.Errorf("stopped, and SIGCONT with a handler: %s (%s)", short(j), because(j))
	}
	w := Alone("x", noInit, Ignored(Term), Blocked(Term), func(p *procfs.Process) { p.Threads = 2 }).
		Attend(101, Runs(), func(a *procfs.Attention) {
			main, other := Sleeping("pause"), Sleeping("pause")
			main.TID, main.Blocked, other.TID = 101, Signals(Term), 103
			a.Threads = []procfs.ThreadAttention{main, other}
		})
	if j := judge(t, w, 101, Term); !strings.HasPrefix(short(j), "ignored") {
		t.Errorf("ignored, and blocked in its main thread alone: %s (%s)", short(j), because(j))
	}
}
