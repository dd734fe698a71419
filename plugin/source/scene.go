package source

import "github.com/docker-pidns/docker-pidns/inspect"

// scene is a capture in the making, with its index, which is made when it is asked for
// and dropped when what it rests on changes.
type scene struct {
	capture *inspect.Capture
	index   *inspect.Index
}

// indexed is the index of the capture as it is.
func (s *scene) indexed() *inspect.Index {
	if s.index == nil {
		s.index = inspect.NewIndex(s.capture)
	}
	return s.index
}

// change changes what an index rests on: containers, processes and whose they are, exec
// sessions, the second look.
func (s *scene) change(how func(*inspect.Capture)) {
	how(s.capture)
	s.index = nil
}

// note adds what is told beside that, and is asked of nobody before all has been noted:
// what processes listen to, limits, events, the engine's name.
func (s *scene) note(what func(*inspect.Capture)) { what(s.capture) }
