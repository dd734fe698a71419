package read

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// PIDs lists the processes of the host, sorted: the numbers in the root folder. os.ReadDir
// would make an entry for each, and sort them as text.
func (f FS) PIDs() ([]int, error) {
	var pids []int
	err := f.list(func(some []int) { pids = append(pids, some...) })
	if err != nil {
		return nil, err
	}
	slices.Sort(pids)
	return pids, nil
}

// list calls pass with the PIDs, as many at a time as the kernel returns. They are valid only
// until pass returns.
func (f FS) list(pass func([]int)) error {
	fd, err := unix.Open(f.root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("list processes: %w", &os.PathError{Op: "open", Path: f.root, Err: err})
	}
	defer func() { _ = unix.Close(fd) }()
	if err := listNumbers(fd, func(some []int) bool { pass(some); return true }); err != nil {
		return fmt.Errorf("list processes: %w", &os.PathError{Op: "readdirent", Path: f.root, Err: err})
	}
	return nil
}

// listNumbers calls pass with the names in a folder that are numbers, as many at a time as the
// kernel returns, until pass returns false. They are valid only until pass returns.
func listNumbers(folder int, pass func([]int) bool) error {
	buffer := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buffer)
	var pids []int
	for {
		n, err := unix.ReadDirent(folder, buffer[:])
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err
		case n == 0:
			return nil
		default:
			if pids = appendNumbers(pids[:0], buffer[:n]); !pass(pids) {
				return nil
			}
		}
	}
}

// appendNumbers appends the names that are numbers in records of getdents64(2).
func appendNumbers(pids []int, records []byte) []int {
	for len(records) > nameOffset {
		size := min(int(binary.NativeEndian.Uint16(records[sizeOffset:])), len(records))
		if size <= nameOffset {
			break
		}
		name, _, _ := bytes.Cut(records[nameOffset:size], []byte{0})
		if pid, ok := decimal(name); ok {
			pids = append(pids, pid)
		}
		records = records[size:]
	}
	return pids
}

// The offsets in struct linux_dirent64 of the size of the whole record and of its name.
const (
	sizeOffset = unsafe.Offsetof(unix.Dirent{}.Reclen)
	nameOffset = int(unsafe.Offsetof(unix.Dirent{}.Name))
)

// decimal parses a name that consists of digits.
func decimal(name []byte) (int, bool) {
	n := 0
	for i := range len(name) {
		if name[i] < '0' || name[i] > '9' || n > 1<<31 {
			return 0, false
		}
		n = n*10 + int(name[i]-'0')
	}
	return n, len(name) > 0
}
