//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// factsOf is what the kernel shows of a container's processes, as text for the development of
// rules.
func factsOf(c container) string {
	var b strings.Builder
	for _, pid := range realhost.ProcessesOf(c.id) {
		role := "    "
		if pid == c.pid {
			role = "main"
		}
		dir := fmt.Sprintf("/proc/%d", pid)
		status := realhost.Keys(dir + "/status")
		exe, _ := os.Readlink(dir + "/exe")
		args, _ := os.ReadFile(dir + "/cmdline")
		fmt.Fprintf(&b, "  %s %d (%s) ppid %s state %s exe %s\n       args %q\n", role, pid, status["NSpid"], status["PPid"],
			status["State"], exe, strings.Split(strings.TrimSuffix(string(args), "\x00"), "\x00"))
		b.WriteString(descriptors(dir))
		b.WriteString(threads(dir))
	}
	return b.String()
}

// threads lists the threads. Those with the same masks and wait are listed once.
func threads(dir string) string {
	tasks, _ := filepath.Glob(dir + "/task/*")
	count := map[string]int{}
	var order []string
	for _, task := range tasks {
		status := realhost.Keys(task + "/status")
		call, _ := os.ReadFile(task + "/syscall")
		channel, _ := os.ReadFile(task + "/wchan")
		children, _ := os.ReadFile(task + "/children")
		fields := strings.Fields(string(call))
		fact := fmt.Sprintf("Blk %s Ign %s Cgt %s Pnd %s ShdPnd %s syscall %s wchan %s children [%s]", status["SigBlk"], status["SigIgn"],
			status["SigCgt"], status["SigPnd"], status["ShdPnd"], strings.Join(fields[:min(len(fields), 5)], " "), channel, strings.TrimSpace(string(children)))
		if count[fact]++; count[fact] == 1 {
			order = append(order, fact)
		}
	}
	var b strings.Builder
	for _, fact := range order {
		fmt.Fprintf(&b, "       %dx %s\n", count[fact], fact)
	}
	return b.String()
}

// descriptors lists the kinds of descriptors, a signalfd's mask, and the ports
// and states of TCP sockets.
func descriptors(dir string) string {
	links, _ := filepath.Glob(dir + "/fd/*")
	sockets := tcpSockets(dir)
	var kinds []string
	for _, link := range links {
		target, _ := os.Readlink(link)
		kind, inode, _ := strings.Cut(target, ":[")
		if strings.HasSuffix(target, "[signalfd]") {
			kind += " sigmask " + realhost.Keys(strings.Replace(link, "/fd/", "/fdinfo/", 1))["sigmask"]
		}
		if socket := sockets[strings.TrimSuffix(inode, "]")]; kind == "socket" && socket != "" {
			kind = socket
		}
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return "       fds " + strings.Join(slices.Compact(kinds), " ") + "\n"
}

// tcpStates are those of include/net/tcp_states.h that matter to a server.
var tcpStates = map[string]string{"01": "established", "08": "close-wait", "0A": "listening"}

// tcpSockets describes the sockets of the process's network namespace by their inodes, as
// proc(5) lists them in net/tcp.
func tcpSockets(dir string) map[string]string {
	sockets := map[string]string{}
	for _, file := range []string{"/net/tcp", "/net/tcp6"} {
		lines, _ := os.ReadFile(dir + file)
		for line := range strings.Lines(string(lines)) {
			fields := strings.Fields(line)
			if len(fields) < 10 || tcpStates[fields[3]] == "" {
				continue
			}
			_, port, _ := strings.Cut(fields[1], ":")
			number, _ := strconv.ParseUint(port, 16, 16)
			sockets[fields[9]] = fmt.Sprintf("tcp-%d-%s", number, tcpStates[fields[3]])
		}
	}
	return sockets
}
