//go:build amd64 || arm64

package taskiter

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs/bpf"
)

// iterator is the program in the kernel, in one of its two forms. It is loaded once.
type iterator struct {
	// survey is true if it writes heads of processes, not whole tasks.
	survey bool

	// using lets only one reader use the program at a time, because it has one memory.
	using   sync.Mutex
	program taskIterPrograms
	tasks   *link.Iter
}

// newerKernel is what a kernel lacks that cannot load the program.
const newerKernel = "task iterator, which came with Linux 5.8"

// load loads the program into the kernel. Its errors are classified by bpf.Refusal.
func (i *iterator) load() error {
	i.using.Lock()
	defer i.using.Unlock()
	if i.tasks != nil {
		return nil
	}
	bpf.Prepare()
	err := bpf.Load(newerKernel, i.loadOnce)
	if err != nil {
		return err
	}
	if i.tasks, err = link.AttachIter(link.IterOptions{Program: i.program.Tasks}); err != nil {
		_ = i.program.Close()
		return bpf.Refusal(newerKernel, err)
	}
	return nil
}

func (i *iterator) loadOnce() error {
	spec, err := loadTaskIter()
	if err != nil {
		return err
	}
	if err := spec.Variables["survey"].Set(i.survey); err != nil {
		return err
	}
	return spec.LoadAndAssign(&i.program, nil)
}

// close removes the program from the kernel if it is loaded.
func (i *iterator) close() error {
	i.using.Lock()
	defer i.using.Unlock()
	if i.tasks == nil {
		return nil
	}
	err := errors.Join(i.tasks.Close(), i.program.Close())
	i.tasks = nil
	return err
}

// read runs the program and calls pass with its records, several whole ones at a time, while it
// continues to read. They are valid only until pass returns.
func (i *iterator) read(pass func(records []byte) error) error {
	if err := i.load(); err != nil {
		return err
	}
	i.using.Lock()
	defer i.using.Unlock()
	file, err := i.tasks.Open()
	if err != nil {
		return fmt.Errorf("open task iterator: %w", err)
	}
	defer func() { _ = file.Close() }()
	return inTurn(file, pass)
}

// pagesOfRead is the maximum that the kernel returns for one read. A read of that size has
// whole records.
const pagesOfRead = 8

// chunks is the number of buffers: one is filled while the other is passed on.
const chunks = 2

// inTurn reads into one buffer while the other one is passed on.
func inTurn(file io.Reader, pass func([]byte) error) (err error) {
	empty, full := make(chan []byte, chunks), make(chan []byte, chunks)
	for range chunks {
		empty <- make([]byte, pagesOfRead*os.Getpagesize())
	}
	var failure error
	go func() {
		defer close(full)
		for buffer := range empty {
			n, err := readSome(file, buffer)
			if failure = err; n == 0 {
				return
			}
			full <- buffer[:n]
		}
	}()
	for records := range full {
		if err == nil {
			err = pass(records)
		}
		empty <- records[:cap(records)]
	}
	return errors.Join(err, failure)
}

// readSome reads once. It returns 0 at the end.
func readSome(file io.Reader, buffer []byte) (int, error) {
	for {
		n, err := file.Read(buffer)
		switch {
		case n > 0:
			return n, nil
		case err == io.EOF: // os.File returns it unwrapped
			return 0, nil
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR), err == nil:
			// The kernel returned early after a million tasks.
		default:
			return 0, fmt.Errorf("read task iterator: %w", err)
		}
	}
}
