//go:build linux

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

const pidMax = "/proc/sys/kernel/pid_max"

// raisePIDMax makes room for that many processes beside those that are there, and
// says so. What it returns sets the limit back.
func raisePIDMax(processes int) (lower func(), err error) {
	text, err := os.ReadFile(pidMax)
	if err != nil {
		return nil, err
	}
	before := strings.TrimSpace(string(text))
	now, err := strconv.Atoi(before)
	if err != nil {
		return nil, err
	}
	wanted := 2 * processes
	if now >= wanted {
		return func() {}, nil
	}
	fmt.Fprintf(os.Stderr, "bench: kernel.pid_max is %d: %d until the end\n", now, wanted)
	if err := os.WriteFile(pidMax, []byte(strconv.Itoa(wanted)), 0); err != nil {
		return nil, err
	}
	return func() { _ = os.WriteFile(pidMax, []byte(before), 0) }, nil
}
