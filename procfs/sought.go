package procfs

import (
	"slices"
	"strings"
)

// Sought says what is looked for in executables, and for which programs more is read. It is
// data, so that it can be sent to where the executables are.
type Sought struct {
	// Marks are the words that are looked for ([Program.Marks]).
	Marks []string
	// Signs are tried in this order. The first one that matches is used.
	Signs []Sign
}

// Sign is how a program is recognised: by all of the marks, or by one of the libraries.
type Sign struct {
	// Marks are words that its executable holds.
	Marks []string
	// Libraries are the beginnings of base names of shared libraries.
	Libraries []string
	// Script is true if the script that it runs is read ([Attention.Script]).
	Script bool
	// Clients is true if the connections to it are counted ([Attention.Clients]).
	Clients bool
}

// Matches reports whether the program has the sign.
func (s *Sign) Matches(p *Program) bool {
	hasLibrary := func(prefix string) bool {
		return slices.ContainsFunc(p.Libraries, func(library string) bool { return strings.HasPrefix(library, prefix) })
	}
	lacksMark := func(mark string) bool { return !slices.Contains(p.Marks, mark) }
	return slices.ContainsFunc(s.Libraries, hasLibrary) || len(s.Marks) > 0 && !slices.ContainsFunc(s.Marks, lacksMark)
}

// WantsScript reports whether the script of the program is read.
func (s *Sought) WantsScript(p Program) bool { return s.signOf(&p).Script }

// WantsClients reports whether the connections to the program are counted.
func (s *Sought) WantsClients(p Program) bool { return s.signOf(&p).Clients }

// signOf is the first sign that matches, or an empty one.
func (s *Sought) signOf(p *Program) Sign {
	for i := range s.Signs {
		if s.Signs[i].Matches(p) {
			return s.Signs[i]
		}
	}
	return Sign{}
}
