//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// factsOf is what the kernel says of a container's processes, as text to
// develop rules by.
func factsOf(c container) string {
	var b strings.Builder
	for _, pid := range processesOf(c.id) {
		role := "    "
		if pid == c.pid {
			role = "main"
		}
		dir := fmt.Sprintf("/proc/%d", pid)
		status := keys(dir + "/status")
		exe, _ := os.Readlink(dir + "/exe")
		args, _ := os.ReadFile(dir + "/cmdline")
		fmt.Fprintf(&b, "  %s %d (%s) ppid %s state %s exe %s\n       args %q\n", role, pid, status["NSpid"], status["PPid"],
			status["State"], exe, strings.Split(strings.TrimSuffix(string(args), "\x00"), "\x00"))
		b.WriteString(descriptors(dir))
		b.WriteString(threads(dir))
	}
	return b.String()
}

// threads with the same masks and wait are told once.
func threads(dir string) string {
	tasks, _ := filepath.Glob(dir + "/task/*")
	count := map[string]int{}
	var order []string
	for _, task := range tasks {
		status := keys(task + "/status")
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

// descriptors lists the kinds of descriptors, and a signalfd's mask.
func descriptors(dir string) string {
	links, _ := filepath.Glob(dir + "/fd/*")
	var kinds []string
	for _, link := range links {
		target, _ := os.Readlink(link)
		kind, _, _ := strings.Cut(target, ":[")
		if strings.HasSuffix(target, "[signalfd]") {
			kind += " sigmask " + keys(strings.Replace(link, "/fd/", "/fdinfo/", 1))["sigmask"]
		}
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return "       fds " + strings.Join(slices.Compact(kinds), " ") + "\n"
}
