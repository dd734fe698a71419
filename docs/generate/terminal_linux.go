package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// onTerminal runs do with a terminal of so many columns (pty(7)), and returns what was
// written to it, with ends of lines as they were written.
func onTerminal(columns int, do func(*os.File) error) (string, error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = master.Close() }()
	terminal, err := otherEnd(master, columns)
	if err != nil {
		return "", err
	}
	read := make(chan string, 1)
	go func() {
		written, _ := io.ReadAll(master) // it ends with EIO when nobody has the other end
		read <- string(written)
	}()
	err = errors.Join(do(terminal), terminal.Close())
	return strings.ReplaceAll(<-read, "\r\n", "\n"), err
}

// otherEnd is the end at which the program is.
func otherEnd(master *os.File, columns int) (*os.File, error) {
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, fmt.Errorf("unlock the terminal: %w", err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return nil, fmt.Errorf("number of the terminal: %w", err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: uint16(columns)}); err != nil {
		return nil, fmt.Errorf("size of the terminal: %w", err)
	}
	return os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
}
