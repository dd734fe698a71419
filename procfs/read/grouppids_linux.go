package read

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// GroupPIDs lists cgroup.procs of a control group's folder and its subgroups: its
// living processes. A group that vanishes has none.
func (FS) GroupPIDs(dir string) []int { return groupPIDs(dir) }

// OldestGroupPID is the lowest of the first PIDs in cgroup.procs of a control group's folder.
// It is usually the process for which the group was made. It is false for a group without
// processes or without the file. At most one page is read.
func (FS) OldestGroupPID(dir string) (int, bool) {
	file, err := os.Open(filepath.Join(dir, "cgroup.procs"))
	if err != nil {
		return 0, false
	}
	defer func() { _ = file.Close() }()
	page := make([]byte, 4096)
	n, err := file.Read(page)
	lines := strings.SplitAfter(string(page[:n]), "\n")
	lowest := 0
	for _, line := range lines[:len(lines)-1] { // the last line is cut, or empty
		if pid, numberErr := strconv.Atoi(strings.TrimSpace(line)); numberErr == nil && pid > 0 && (lowest == 0 || pid < lowest) {
			lowest = pid
		}
	}
	return lowest, err == nil && lowest > 0
}

func groupPIDs(dir string) []int {
	pids := readPIDs(filepath.Join(dir, "cgroup.procs"))
	for _, name := range subgroups(dir) {
		pids = append(pids, groupPIDs(filepath.Join(dir, name))...)
	}
	return pids
}

// subgroups are the names of the folders in a folder, sorted. There are none if it has just
// been removed.
func subgroups(dir string) []string {
	folder, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer func() { _ = folder.Close() }()
	entries, _ := folder.ReadDir(-1)
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names
}

func readPIDs(path string) []int {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	var pids []int
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if pid, err := strconv.Atoi(strings.TrimSpace(lines.Text())); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}
