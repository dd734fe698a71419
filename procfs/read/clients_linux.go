package read

import (
	"errors"
	"io/fs"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// mostClientsList is how much is read of a list of sockets, in bytes: a few hundred lines,
// which is enough.
const mostClientsList = 64 << 10

// clients counts the connections to listening ports in the process's network namespace
// (net/tcp, net/tcp6), once for each container.
func (d processDir) clients() procfs.Opt[int] {
	return d.spend.clientsOnce(func() procfs.Opt[int] {
		var sockets procfs.Sockets
		for _, name := range []string{"net/tcp", "net/tcp6"} {
			data, err := d.reader.readStart(d.fd, name, mostClientsList)
			if errors.Is(err, fs.ErrNotExist) && name == "net/tcp6" {
				break // a kernel without IPv6
			}
			if err == nil {
				err = sockets.AddTCP(data)
			}
			if err != nil {
				return procfs.None[int](absenceOf(err))
			}
		}
		return procfs.Some(sockets.Clients())
	})
}
