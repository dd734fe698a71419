package procfs

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
)

// Resources is what a process holds while it is alive.
type Resources struct {
	Key
	// ResidentBytes is its resident memory, with memory that it shares (/proc/PID/statm field
	// 2, in pages there).
	ResidentBytes Opt[uint64]
	// Listening are the local addresses of its sockets that listen for TCP
	// connections, as "127.0.0.1:80" (/proc/PID/net/tcp and tcp6, of those in
	// /proc/PID/fd).
	Listening Opt[[]string]
}

// Listener is a listening socket of a network namespace.
type Listener struct {
	// Inode is the inode number of the socket, as the links of /proc/PID/fd name it.
	Inode uint64
	// Address is its local address and port, as "127.0.0.1:80" or "[::1]:80".
	Address string
}

// The fields of a line of net/tcp that are used, and the state of a listening socket
// (TCP_LISTEN of the kernel's include/net/tcp_states.h).
const (
	tcpLocal  = 1
	tcpState  = 3
	tcpInode  = 9
	tcpListen = "0A"
)

// ParseListeners reads /proc/PID/net/tcp or tcp6: a line of headings, then one for
// each socket.
func ParseListeners(data []byte) ([]Listener, error) {
	var list []Listener
	first := true
	for line := range bytes.Lines(data) {
		fields := bytes.Fields(line)
		if first {
			first = false
			continue
		}
		if len(fields) <= tcpInode {
			return nil, fmt.Errorf("%w net/tcp: %d fields, want more than %d", ErrMalformed, len(fields), tcpInode)
		}
		if string(fields[tcpState]) != tcpListen {
			continue
		}
		address, err := parseSocketAddress(fields[tcpLocal])
		if err != nil {
			return nil, fmt.Errorf("%w net/tcp: %w", ErrMalformed, err)
		}
		p := numbers{}
		list = append(list, Listener{p.unsigned(fields[tcpInode]), address})
		if p.err != nil {
			return nil, fmt.Errorf("%w net/tcp: %w", ErrMalformed, p.err)
		}
	}
	return list, nil
}

// parseSocketAddress reads "0100007F:0050": an address as the kernel has it in memory, each 32
// bits printed as a number of this machine, and the port.
func parseSocketAddress(field []byte) (string, error) {
	digits, portDigits, ok := bytes.Cut(field, []byte(":"))
	words, err := hex.DecodeString(string(digits))
	if !ok || err != nil || len(words) != 4 && len(words) != 16 {
		return "", fmt.Errorf("address %q", field)
	}
	for at := 0; at < len(words); at += 4 {
		binary.NativeEndian.PutUint32(words[at:], binary.BigEndian.Uint32(words[at:]))
	}
	port, err := strconv.ParseUint(string(portDigits), 16, 16)
	if err != nil {
		return "", err
	}
	return socketAddress(words) + ":" + strconv.FormatUint(port, 10), nil
}

// mappedPrefix begins the IPv6 address of an IPv4 address (RFC 4291, 2.5.5.2).
const mappedPrefix = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff"

// socketAddress writes 4 or 16 bytes as package net/netip does, which a test holds against it.
// That package would add 80 KB to cmd/pidns-helper.
func socketAddress(address []byte) string {
	if len(address) == 4 {
		return dotted(address)
	}
	if mapped, ok := bytes.CutPrefix(address, []byte(mappedPrefix)); ok {
		return "[::ffff:" + dotted(mapped) + "]"
	}
	from, to := longestZeros(address)
	text := []byte{'['}
	for at := 0; at < len(address); at += 2 {
		if at == from {
			text = append(text, "::"...)
			if at = to; at == len(address) {
				break
			}
		} else if at > 0 {
			text = append(text, ':')
		}
		text = strconv.AppendUint(text, uint64(binary.BigEndian.Uint16(address[at:])), 16)
	}
	return string(append(text, ']'))
}

func dotted(address []byte) string {
	var text []byte
	for i, b := range address {
		if i > 0 {
			text = append(text, '.')
		}
		text = strconv.AppendUint(text, uint64(b), 10)
	}
	return string(text)
}

// longestZeros is the first of the longest runs of two or more groups that are zero (RFC 5952,
// 4.2); -1 for none.
func longestZeros(address []byte) (from, to int) {
	from, to = -1, -1
	for at := 0; at < len(address); at += 2 {
		end := at
		for end < len(address) && binary.BigEndian.Uint16(address[end:]) == 0 {
			end += 2
		}
		if end-at > max(to-from, 2) {
			from, to = at, end
		}
		at = max(at, end-2)
	}
	return from, to
}

// ParseResidentPages reads the number of resident pages from /proc/PID/statm.
func ParseResidentPages(data []byte) (uint64, error) {
	const resident = 1
	fields := bytes.Fields(data)
	if len(fields) <= resident {
		return 0, fmt.Errorf("%w statm: %d fields, want more than %d", ErrMalformed, len(fields), resident)
	}
	p := numbers{}
	pages := p.unsigned(fields[resident])
	if p.err != nil {
		return 0, fmt.Errorf("%w statm: %w", ErrMalformed, p.err)
	}
	return pages, nil
}
