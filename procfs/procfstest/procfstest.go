// Package procfstest has what the tests of the parsers of /proc and of its readers share:
// files as the kernel writes them, and comparisons of whole values.
package procfstest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Equal compares whole values, so that a field that is added later cannot
// stay untested where it is not zero.
func Equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

// Refused holds every parser to its promise: an error that wraps ErrMalformed
// and gives the reason, and no half-read value beside it.
func Refused(t *testing.T, got any, err error, reason string) {
	t.Helper()
	if !errors.Is(err, procfs.ErrMalformed) {
		t.Errorf("error %v does not wrap ErrMalformed", err)
	}
	if err == nil || !strings.Contains(err.Error(), reason) {
		t.Errorf("error %v does not say %q", err, reason)
	}
	if !reflect.ValueOf(got).IsZero() {
		t.Errorf("got %#v beside the error, want the zero value", got)
	}
}

// StatLine writes stat as the kernel does, with numbers other than 0 in the
// fields that nobody reads.
func StatLine(s procfs.Stat) string {
	return fmt.Sprintf("%d (%s) %s %d %d %d 34816 -1 %d 101 102 103 104 105 106 107 108 20 -5 %d 0 %d "+
		"3133440 379 18446744073709551615 94866457219072 94866457238953 140734898627424 0 0 0 0 4096 0 1 0 0 17 1 0 0 "+
		"11 12 13 94866457254960 94866457256576 94866566950912 140734898633412 140734898633432 140734898633432 "+
		"140734898634731 %d\n",
		s.PID, s.Comm, s.State, s.ParentPID, s.PGID, s.SID, s.Flags, s.Threads, s.StartTicks, s.WaitStatus)
}

// StatusText writes status as the kernel does: with Name escaped, and without
// NSpid and NSsid where there are none.
func StatusText(comm string, s procfs.Status) string {
	var b strings.Builder
	name := strings.NewReplacer("\\", `\\`, "\n", `\n`).Replace(comm)
	fmt.Fprintf(&b, "Name:\t%s\nUmask:\t0022\n", name)
	if s.State != "" {
		fmt.Fprintf(&b, "State:\t%s (sleeping)\n", s.State)
	}
	fmt.Fprintf(&b, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\n", s.TGID, s.TGID)
	fmt.Fprintf(&b, "PPid:\t1\nTracerPid:\t%d\n", s.TracerPID)
	fmt.Fprintf(&b, "Uid:\t%d\t%d\t%d\t%d\nGid:\t5\t6\t7\t8\n", s.UIDs.Real, s.UIDs.Effective, s.UIDs.Saved, s.UIDs.FS)
	fmt.Fprintf(&b, "FDSize:\t64\nGroups:\t \n%s%s", numberLine("NSpid", s.NSPIDs), numberLine("NSsid", s.NSSIDs))
	fmt.Fprintf(&b, "VmPeak:\t    3060 kB\nThreads:\t1\nSigQ:\t0/96365\nSigPnd:\t%016x\n", uint64(s.ThreadPending))
	fmt.Fprintf(&b, "ShdPnd:\t%016x\nSigBlk:\t%016x\nSigIgn:\t%016x\nSigCgt:\t%016x\n",
		uint64(s.Signals.Pending), uint64(s.Signals.Blocked), uint64(s.Signals.Ignored), uint64(s.Signals.Caught))
	b.WriteString("CapInh:\t0000000000000000\nvoluntary_ctxt_switches:\t1\n")
	return b.String()
}

func numberLine(key string, numbers []int) string {
	if len(numbers) == 0 {
		return ""
	}
	return key + ":\t" + strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", "\t"), "[]") + "\n"
}

// RootlessMap is the uid_map of a rootless container, and RootlessMappings what it says.
const RootlessMap = "         0       1000          1\n         1     100000      65536\n"

// RootlessMappings is what RootlessMap says.
var RootlessMappings = []procfs.IDMapping{{Inside: 0, Outside: 1000, Length: 1}, {Inside: 1, Outside: 100000, Length: 65536}}

// LimitsText is /proc/PID/limits as the kernel writes it.
const LimitsText = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max resident set          unlimited            unlimited            bytes     
Max processes             96365                96400                processes 
Max open files            1048576              1048576              files     
`
