package procfs

import (
	"bytes"
	"fmt"
	"strconv"
)

// Sockets are the TCP sockets of a network namespace, as far as they are needed to count
// connections.
type Sockets struct {
	// Listening are the local ports with a listening socket (state 0A).
	Listening map[uint16]bool
	// Established is the number of connections by local port (state 01).
	Established map[uint16]int
}

// Clients is the number of connections to listening ports.
func (s Sockets) Clients() int {
	n := 0
	for port, count := range s.Established {
		if s.Listening[port] {
			n += count
		}
	}
	return n
}

// The states of TCP sockets in /proc/PID/net/tcp (include/net/tcp_states.h).
const (
	tcpEstablished = "01"
	tcpListening   = "0A"
)

// AddTCP adds the lines of /proc/PID/net/tcp or tcp6. Data after the last line break is left
// out.
func (s *Sockets) AddTCP(data []byte) error {
	if s.Listening == nil {
		s.Listening, s.Established = map[uint16]bool{}, map[uint16]int{}
	}
	end := bytes.LastIndexByte(data, '\n') + 1
	first := true
	for line := range bytes.Lines(data[:end]) {
		if first { // the line of headings
			first = false
			continue
		}
		fields := bytes.Fields(line)
		if len(fields) < 4 {
			return fmt.Errorf("%w sockets: %q has %d fields", ErrMalformed, line, len(fields))
		}
		at := bytes.LastIndexByte(fields[1], ':')
		port, err := strconv.ParseUint(string(fields[1][at+1:]), 16, 16)
		if at < 0 || err != nil {
			return fmt.Errorf("%w sockets: no port in %q", ErrMalformed, fields[1])
		}
		switch string(fields[3]) {
		case tcpListening:
			s.Listening[uint16(port)] = true
		case tcpEstablished:
			s.Established[uint16(port)]++
		}
	}
	return nil
}
