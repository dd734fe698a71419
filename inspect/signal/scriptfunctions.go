package signal

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect/pattern"
)

// The author of a script chooses how its functions call each other. The work here grows no
// faster than the size of the script. Each part of it is looked at once, however many
// functions have it.

// part is where a piece of a text begins and ends, in bytes.
type part struct{ from, to int }

// functionHeads find the names of a script's functions.
var functionHeads = pattern.Lazy(`(?m)^[ \t]*(?:function[ \t]+)?([A-Za-z_]\w*)[ \t]*\([ \t]*\)\s*\{`)

// bodyEnd finds where a function can end: a brace that is alone on a line, or follows a
// semicolon.
var bodyEnd = pattern.Lazy(`(?m)^[ \t]*\}|;[ \t]*\}`)

// withFunctions is an action, followed by the parts of the script that are bodies of functions
// which it calls, directly or through others. Overlapping bodies are one part.
func withFunctions(script, action string) []string {
	bodies := functionBodies(script)
	calls := callsIn(script, bodies)
	seen, called := newUnseen(len(calls)), map[string]bool{}
	var reached []part
	queue := callsIn(action, bodies)
	for ; len(queue) > 0; queue = queue[1:] {
		name := queue[0].name
		if called[name] {
			continue
		}
		called[name] = true
		for _, body := range bodies[name] {
			reached = append(reached, body)
			first, behind := firstAt(calls, body.from), firstAt(calls, body.to)
			for i := seen.next(first); i < behind; i = seen.next(i) {
				queue = append(queue, calls[i])
				seen.see(i)
			}
		}
	}
	texts := []string{action}
	for _, p := range united(reached) {
		texts = append(texts, script[p.from:p.to])
	}
	return texts
}

// functionBodies are the bodies of the script's functions by name. A function that is defined
// twice has two bodies.
func functionBodies(script string) map[string][]part {
	heads := functionHeads().FindAllStringSubmatchIndex(script, -1)
	if len(heads) == 0 {
		return nil
	}
	ends := bodyEnd().FindAllStringIndex(script, -1)
	bodies := map[string][]part{}
	for _, head := range heads {
		name, from := script[head[2]:head[3]], head[1]
		body := part{from, len(script)}
		at, _ := slices.BinarySearchFunc(ends, from, func(end []int, from int) int { return cmp.Compare(end[0], from) })
		if at < len(ends) {
			body.to = ends[at][0]
		}
		if strings.HasPrefix(strings.TrimLeft(script[from:], " \t"), "}") {
			body.to = from
		}
		bodies[name] = append(bodies[name], body)
	}
	return bodies
}

// functionCall is a word that names a function.
type functionCall struct {
	at   int
	name string
}

// callsIn are the words of a text that name functions, in the order of the text.
func callsIn(text string, bodies map[string][]part) []functionCall {
	var calls []functionCall
	if len(bodies) == 0 {
		return nil
	}
	for at := 0; at < len(text); {
		if !isWordByte(text[at]) {
			at++
			continue
		}
		end := at
		for end < len(text) && isWordByte(text[end]) {
			end++
		}
		if word := text[at:end]; bodies[word] != nil {
			calls = append(calls, functionCall{at, word})
		}
		at = end
	}
	return calls
}

func isWordByte(b byte) bool {
	return b == '_' || '0' <= b && b <= '9' || 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z'
}

// firstAt is the first call at a place or after it.
func firstAt(calls []functionCall, at int) int {
	return sort.Search(len(calls), func(i int) bool { return calls[i].at >= at })
}

// united are the parts without overlaps, in order.
func united(parts []part) []part {
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.from, b.from) })
	var list []part
	for _, p := range parts {
		if last := len(list) - 1; last >= 0 && p.from <= list[last].to {
			list[last].to = max(list[last].to, p.to)
			continue
		}
		list = append(list, p)
	}
	return list
}

// unseen are numbers from 0 up, and each is seen once. The next unseen number is found without
// passing all seen numbers.
type unseen []int

func newUnseen(n int) unseen {
	u := make(unseen, n+1)
	for i := range u {
		u[i] = i
	}
	return u
}

// next is the first unseen number from i on, or how many numbers there are.
func (u unseen) next(i int) int {
	for u[i] != i {
		u[i] = u[u[i]]
		i = u[i]
	}
	return i
}

// see marks a number as seen.
func (u unseen) see(i int) { u[i] = i + 1 }
