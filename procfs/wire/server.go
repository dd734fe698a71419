package wire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// Kernel reads processes by the kernel's iterator of tasks, as taskiter.Reader does.
type Kernel interface {
	Scan(context.Context, procfs.Detail) (procfs.Snapshot, error)
	Family(context.Context, procfs.FamilyOf, procfs.Detail) (procfs.Snapshot, error)
	Survey(context.Context, procfs.SurveyOf) (procfs.Snapshot, error)
	Complete(context.Context, *procfs.Snapshot, procfs.Selection) error
	// Close releases what it holds in the kernel. A later read loads it again.
	Close() error
}

// Server answers calls from one /proc.
type Server struct {
	// Proc is the /proc that is read.
	Proc read.FS
	// Tool is the version of this program.
	Tool string
	// Nonce is the nonce that the client must have, "" for any.
	Nonce string
	// OpenKernel opens the kernel's iterator, for surveys or for scans. It is nil if this
	// server has none. An *UnsupportedError says why it cannot be used. It is held until the
	// client closes it, or opens another one.
	OpenKernel func(forSurveys bool) (Kernel, error)
}

// Serve answers the calls of one client until the stream ends, which is not an error, or ctx
// ends. It writes only answers to the stream. A call that hangs in the kernel is left behind.
func Serve(ctx context.Context, stream io.ReadWriter, server Server) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := newSession(server)
	s.stream, s.cancels = stream, map[uint32]context.CancelFunc{}
	waiting := s.await(cancel)
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx, func() { waiting.Stop() }) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func newSession(server Server) *session {
	s := &session{Server: server, attention: newAttention(server.Proc)}
	s.handlers = s.handle()
	return s
}

// session is the service of one client.
type session struct {
	Server
	stream    io.ReadWriter
	handlers  map[uint8]handler
	attention *attention
	kernel    kernel
	folders   folders

	writing sync.Mutex
	mutex   sync.Mutex
	// cancels end the calls that are under way.
	cancels map[uint32]context.CancelFunc
}

// handler reads the rest of a question and returns what answers it.
type handler func(*coder) carriedOut

// carriedOut carries out a call and writes the answer. If there is an error, the error is the
// answer.
type carriedOut func(context.Context, *coder) error

// run reads frames until the stream ends.
func (s *session) run(ctx context.Context, greeted func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	calls := newAssembly(mostCall)
	var buffer [mostFrame]byte
	stream, known := bufio.NewReader(s.stream), false
	for {
		f, err := readFrame(stream, &buffer)
		if errors.Is(err, io.EOF) && !errors.Is(err, ErrEnded) {
			return nil
		}
		if err != nil {
			return err
		}
		if f.kind == frameCancel {
			s.cancel(f.number) // no effect if it was answered meanwhile
			continue
		}
		message, whole, err := calls.add(&f)
		switch {
		case err != nil:
			return err
		case !whole:
			continue
		case known != (f.number != greeting):
			return protocolError("message %d at the wrong time", f.number)
		case known:
			err = s.begin(ctx, f.number, message)
		default:
			known = true
			greeted()
			err = s.greet(message)
		}
		if err != nil {
			return err
		}
	}
}

// greet answers the first message.
func (s *session) greet(message []byte) error {
	var hello Hello
	if err := decode(message, mostCall, func(c *coder) { c.hello(&hello) }); err != nil {
		return err
	}
	if s.Nonce != "" && hello.Nonce != s.Nonce {
		return protocolError("a nonce that is not the one that this program was started with")
	}
	s.attention.seek(hello.Sought)
	welcome := welcomeOf(s.Proc)
	welcome.Tool, welcome.Nonce = s.Tool, hello.Nonce
	return s.send(greeting, encode(func(c *coder) { c.welcome(&welcome) }))
}

// begin answers a call at the same time as others.
func (s *session) begin(ctx context.Context, number uint32, message []byte) error {
	var answer carriedOut
	err := decode(message, mostCall, func(c *coder) {
		var method uint8
		bounded(c, &method, 255)
		handle, known := s.handlers[method]
		if !known {
			c.fail("call %d, which there is not", method)
			return
		}
		answer = handle(c)
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	if err := s.note(number, cancel); err != nil {
		cancel()
		return err
	}
	go func() {
		w := newWriter()
		failed := false
		w.bool(&failed)
		err := answer(ctx, w)
		s.finish(number)
		_ = s.send(number, reply(w.data, err)) // a client that does not read it has gone
	}()
	return nil
}

// reply is a message with an answer, or with the error instead.
func reply(data []byte, err error) []byte {
	if err == nil && len(data) > mostAnswer/2 {
		err = fmt.Errorf("the answer is too large: %d bytes", len(data))
	}
	if err != nil {
		f := failureOf(err)
		return encode(func(c *coder) {
			failed := true
			c.bool(&failed)
			c.failure(&f)
		})
	}
	return data
}

// note records a call that is under way.
func (s *session) note(number uint32, cancel context.CancelFunc) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if _, there := s.cancels[number]; there || len(s.cancels) >= mostCalls {
		return protocolError("call %d beside %d others", number, len(s.cancels))
	}
	s.cancels[number] = cancel
	return nil
}

// cancel cancels a call, if it is under way.
func (s *session) cancel(number uint32) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if cancel, there := s.cancels[number]; there {
		cancel()
	}
}

// finish records that a call is over.
func (s *session) finish(number uint32) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.cancels[number]()
	delete(s.cancels, number)
}

// send writes a message. Frames of others may come between its own.
func (s *session) send(number uint32, message []byte) error {
	return frames(number, message, func(f []byte) error {
		s.writing.Lock()
		defer s.writing.Unlock()
		_, err := s.stream.Write(f)
		return err
	})
}
