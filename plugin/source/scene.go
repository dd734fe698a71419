package source

import "github.com/docker-pidns/docker-pidns/inspect"

// scene is a capture that is being taken, with its index. The index is made when it is needed,
// and dropped when the facts that it depends on change.
type scene struct {
	capture *inspect.Capture
	index   *inspect.Index
}

// indexed is the index of the capture as it is now.
func (s *scene) indexed() *inspect.Index {
	if s.index == nil {
		s.index = inspect.NewIndex(s.capture)
	}
	return s.index
}

// change changes facts that an index depends on: containers, processes and their owners, exec
// sessions, the second look.
func (s *scene) change(how func(*inspect.Capture)) {
	how(s.capture)
	s.index = nil
}

// note adds other facts, which no index uses before all have been added: signal handling,
// limits, events, the engine's name.
func (s *scene) note(what func(*inspect.Capture)) { what(s.capture) }
