//go:build amd64 || arm64

package taskiter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Reader reads processes from the kernel. It holds a BPF program while it is open;
// one that reads again and again keeps it, since to load it takes longer than to
// read. It may be used by several goroutines, one after the other.
type Reader struct {
	proc    procfs.FS
	program taskIterObjects
	tasks   *link.Iter
	// reading keeps the program, which has one memory, to one reader at a time.
	reading sync.Mutex
	buffer  []byte
}

// Open loads the program, for the processes of a /proc of this host. An
// UnsupportedError says why it cannot be used here; after any other error it is not
// known.
func Open(proc procfs.FS) (*Reader, error) {
	if err := checkPlace(proc); err != nil {
		return nil, err
	}
	r := &Reader{proc: proc}
	if err := loadTaskIterObjects(&r.program, nil); err != nil {
		return nil, refusal(err)
	}
	tasks, err := link.AttachIter(link.IterOptions{Program: r.program.Tasks})
	if err != nil {
		_ = r.program.Close()
		return nil, refusal(err)
	}
	r.tasks = tasks
	return r, nil
}

// Close takes the program out of the kernel.
func (r *Reader) Close() error { return errors.Join(r.tasks.Close(), r.program.Close()) }

// Scan reads every process of the host, as procfs.FS does.
func (r *Reader) Scan(ctx context.Context, detail procfs.Detail) (procfs.Snapshot, error) {
	return r.snapshot(ctx, detail, nil)
}

// Family reads some processes and what belongs to them, as procfs.FS does. The
// kernel is asked for all tasks; what /proc has to tell is read of the family only.
func (r *Reader) Family(ctx context.Context, of procfs.FamilyOf, detail procfs.Detail) (procfs.Snapshot, error) {
	return r.snapshot(ctx, detail, &of)
}

// groups asks the kernel for all tasks.
func (r *Reader) groups() ([]group, error) {
	r.reading.Lock()
	defer r.reading.Unlock()
	file, err := r.tasks.Open()
	if err != nil {
		return nil, fmt.Errorf("open task iterator: %w", err)
	}
	defer func() { _ = file.Close() }()
	if r.buffer, err = readAll(file, r.buffer[:0]); err != nil {
		return nil, fmt.Errorf("read task iterator: %w", err)
	}
	tasks, err := decodeTasks(r.buffer)
	if err != nil {
		return nil, err
	}
	return groups(tasks), nil
}

// chunk is what the kernel gives at one read at most (8 pages).
const chunk = 32 << 10

// readAll reads to the end into a buffer that is used again.
func readAll(file io.Reader, buffer []byte) ([]byte, error) {
	for {
		if cap(buffer)-len(buffer) < chunk {
			buffer = append(make([]byte, 0, 2*cap(buffer)+chunk), buffer...)
		}
		n, err := file.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		switch {
		case err == io.EOF: //nolint:errorlint // os.File returns it as it is
			return buffer, nil
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			// The kernel gave way to others after a million tasks.
		case err != nil:
			return nil, err
		}
	}
}
