package wire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Client asks a [Server]. It may be used by several goroutines at once, whose calls are then
// under way together.
//
// After the stream has ended, a method without an error returns the same as if nothing can be
// read. Err is then not nil, and earlier results must not be taken as complete.
type Client struct {
	stream  io.ReadWriteCloser
	welcome Welcome
	// out are frames to be written. slots has a token for each call that is under way.
	out   chan []byte
	slots chan struct{}
	// ended is closed when no more calls can be made. err is set before.
	ended chan struct{}
	stop  func() bool
	// most is mostAnswer, except in tests.
	most int

	mutex sync.Mutex
	err   error
	last  uint32
	// waiting are the channels for answers, by the numbers of the calls. A channel is nil if
	// the call was abandoned.
	waiting map[uint32]chan<- []byte
}

// Dial sends the hello and waits for the welcome. When ctx ends, the client and its stream are
// closed. Until then a server may take any time.
func Dial(ctx context.Context, stream io.ReadWriteCloser, hello Hello) (*Client, error) {
	return dial(ctx, stream, hello, mostAnswer)
}

func dial(ctx context.Context, stream io.ReadWriteCloser, hello Hello, most int) (*Client, error) {
	c := &Client{
		stream: stream, out: make(chan []byte), slots: make(chan struct{}, mostCalls), ended: make(chan struct{}),
		most: most, waiting: map[uint32]chan<- []byte{},
	}
	c.mutex.Lock() // the context may have ended
	c.stop = context.AfterFunc(ctx, func() { c.fail(context.Cause(ctx)) })
	c.mutex.Unlock()
	welcomed := make(chan []byte, 1)
	c.waiting[greeting] = welcomed
	go c.read()
	go c.write()
	if err := c.put(ctx, framed(greeting, encode(func(w *coder) { w.hello(&hello) }))); err != nil {
		c.fail(err)
		return nil, c.Err()
	}
	select {
	case message := <-welcomed:
		if err := c.checkWelcome(message, hello.Nonce); err != nil {
			c.fail(err)
			return nil, err
		}
		return c, nil
	case <-c.ended:
		return nil, c.Err()
	}
}

func (c *Client) checkWelcome(message []byte, nonce string) error {
	if err := decode(message, c.most, func(r *coder) { r.welcome(&c.welcome) }); err != nil {
		return err
	}
	if c.welcome.Nonce != nonce {
		return protocolError("it returns another nonce")
	}
	return nil
}

// Welcome is the server's first message.
func (c *Client) Welcome() Welcome { return c.welcome }

// Err is why no more calls can be made: a *ProtocolError, an ErrEnded, or the end of the
// context. It is nil as long as they can.
func (c *Client) Err() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.err
}

// Close closes the stream. The server then exits.
func (c *Client) Close() error {
	c.fail(fmt.Errorf("%w: closed", ErrEnded))
	return nil
}

// fail ends all calls with the first error.
func (c *Client) fail(err error) {
	c.mutex.Lock()
	first := c.err == nil
	if first {
		c.err = err
		close(c.ended)
		c.stop()
	}
	c.mutex.Unlock()
	if first {
		_ = c.stream.Close() // so that reads and writes end
	}
}

// framed are all frames of a message.
func framed(number uint32, message []byte) []byte {
	var all []byte
	_ = frames(number, message, func(f []byte) error { // appending cannot fail
		all = append(all, f...)
		return nil
	})
	return all
}

// put queues frames to be written.
func (c *Client) put(ctx context.Context, frames []byte) error {
	select {
	case c.out <- frames:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.ended:
		return c.Err()
	}
}

func (c *Client) write() {
	for {
		select {
		case frames := <-c.out:
			if _, err := c.stream.Write(frames); err != nil {
				c.fail(fmt.Errorf("%w: %w", ErrEnded, err))
				return
			}
		case <-c.ended:
			return
		}
	}
}

// read passes answers to the calls that wait for them.
func (c *Client) read() {
	answers := newAssembly(c.most)
	var buffer [mostFrame]byte
	stream := bufio.NewReader(c.stream)
	for {
		f, err := readFrame(stream, &buffer)
		if err == io.EOF {
			err = fmt.Errorf("%w: %w", ErrEnded, err)
		}
		if err == nil {
			err = c.take(answers, &f)
		}
		if err != nil {
			c.fail(err)
			return
		}
	}
}

// take accepts one frame, which must belong to a call that is under way.
func (c *Client) take(answers *assembly, f *frame) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	to, asked := c.waiting[f.number]
	if !asked || f.kind == frameCancel {
		return protocolError("a frame of kind %d for call %d, which was not made", f.kind, f.number)
	}
	message, whole, err := answers.add(f)
	if err != nil || !whole {
		return err
	}
	delete(c.waiting, f.number)
	if f.number != greeting {
		<-c.slots
	}
	if to != nil {
		to <- message
	}
	return nil
}

// exchange sends a call and waits for the answer.
func (c *Client) exchange(ctx context.Context, message []byte) ([]byte, error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.ended:
		return nil, c.Err()
	}
	answer := make(chan []byte, 1)
	number := c.number(answer)
	if err := c.put(ctx, framed(number, message)); err != nil {
		c.forget(number)
		return nil, err
	}
	select {
	case message := <-answer:
		return message, nil
	case <-ctx.Done():
		c.abandon(number)
		return nil, ctx.Err()
	case <-c.ended:
		select {
		case message := <-answer: // the answer came before the end
			return message, nil
		default:
			return nil, c.Err()
		}
	}
}

// number is the next call number that is not in use.
func (c *Client) number(answer chan<- []byte) uint32 {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for {
		c.last++
		if _, used := c.waiting[c.last]; !used && c.last != greeting {
			c.waiting[c.last] = answer
			return c.last
		}
	}
}

// forget removes a call that was not sent.
func (c *Client) forget(number uint32) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.waiting, number)
	<-c.slots
}

// abandon tells the server that the answer is no longer needed. The call counts as under way
// until it is answered.
func (c *Client) abandon(number uint32) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if _, there := c.waiting[number]; there {
		c.waiting[number] = nil
		go func() { _ = c.put(context.Background(), appendFrame(nil, frameCancel, number, nil)) }()
	}
}

// ask makes a call. An answer that cannot be understood ends all calls.
func ask[Q, A any](ctx context.Context, c *Client, m method[Q, A], question Q) (A, error) {
	var value, none A
	message, err := c.exchange(ctx, encode(func(w *coder) {
		bounded(w, &m.number, 255)
		m.question(w, &question)
	}))
	if err != nil {
		return none, err
	}
	var failed bool
	var f failure
	err = decode(message, c.most, func(r *coder) {
		if r.bool(&failed); failed {
			r.failure(&f)
		} else {
			m.answer(r, &value)
		}
	})
	if err == nil && failed {
		err = f.error()
	}
	var odd *ProtocolError
	if errors.As(err, &odd) {
		c.fail(err)
	}
	if err != nil {
		return none, err
	}
	return value, nil
}

// must is the answer of a method without an error. It is otherwise if the call failed.
func must[Q, A any](c *Client, m method[Q, A], question Q, otherwise A) A {
	value, err := ask(context.Background(), c, m, question)
	if err != nil {
		return otherwise
	}
	return value
}
