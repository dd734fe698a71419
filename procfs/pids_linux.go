package procfs

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// PIDs lists the processes of the host, sorted: the numbers in the root folder.
// os.ReadDir would make an entry of each, and sort them as text.
func (f FS) PIDs() ([]int, error) {
	fd, err := unix.Open(f.root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", &os.PathError{Op: "open", Path: f.root, Err: err})
	}
	defer func() { _ = unix.Close(fd) }()
	buffer := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buffer)
	var pids []int
	for {
		n, err := unix.ReadDirent(fd, buffer[:])
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return nil, fmt.Errorf("list processes: %w", &os.PathError{Op: "readdirent", Path: f.root, Err: err})
		case n == 0:
			slices.Sort(pids)
			return pids, nil
		default:
			pids = appendNumbers(pids, buffer[:n])
		}
	}
}

// appendNumbers takes the names that are numbers from records of getdents64(2).
func appendNumbers(pids []int, records []byte) []int {
	_, _, names := unix.ParseDirent(records, -1, nil)
	for _, name := range names {
		if pid, ok := decimal(name); ok {
			pids = append(pids, pid)
		}
	}
	return pids
}

// decimal reads a name that is all digits.
func decimal(name string) (int, bool) {
	n := 0
	for i := range len(name) {
		if name[i] < '0' || name[i] > '9' || n > 1<<31 {
			return 0, false
		}
		n = n*10 + int(name[i]-'0')
	}
	return n, n > 0
}
