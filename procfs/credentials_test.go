package procfs_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

const credentialsText = "Name:\tUid: 7\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t9 10 \nCapEff:\t0000000000000006\n"

func TestParseCredentials(t *testing.T) {
	got, err := procfs.ParseCredentials([]byte(credentialsText))
	if err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, got, procfs.Credentials{FSUID: 4, FSGID: 8, Groups: []int{9, 10}, Effective: 6})
	if !got.Effective.Has(procfs.CapDACOverride) || !got.Effective.Has(procfs.CapDACReadSearch) {
		t.Errorf("got %+v", got)
	}
	for _, test := range []struct{ old, new, reason string }{
		{"Uid:\t1\t2\t3\t4\n", "", "no Uid"}, {"Gid:\t5\t6\t7\t8\n", "", "no Uid, Gid"}, {"Uid:\t1\t2", "Uid:\t1", "3 IDs"},
		{"9 10", "9 x", "Groups"}, {"0006\n", "0006", "no Uid"}, {"CapEff", "CapPrm", "CapEff"},
	} {
		got, err := procfs.ParseCredentials([]byte(strings.Replace(credentialsText, test.old, test.new, 1)))
		procfstest.Refused(t, got, err, test.reason)
	}
}

func FuzzParseCredentials(f *testing.F) {
	f.Add([]byte(credentialsText))
	f.Fuzz(func(t *testing.T, data []byte) {
		procfstest.Linear(t, data, func() {
			if c, err := procfs.ParseCredentials(data); err != nil && !reflect.ValueOf(c).IsZero() {
				t.Errorf("error %v with %+v", err, c)
			}
		})
	})
}

// If a process can make a file long, the memory for parsing it grows only with the file.
func FuzzParsersAreLinear(f *testing.F) {
	f.Add([]byte(procfstest.StatLine(anyStat)))
	f.Add([]byte(procfstest.StatusText("sleep", anyStatus)))
	f.Add([]byte("12:cpu,cpuacct:/docker/a:b\n0::/\n"))
	f.Add([]byte(strings.Repeat("a:b:c\n", 1000)))
	f.Add([]byte("Groups:\t" + strings.Repeat("1 ", 5000) + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		procfstest.Linear(t, data, func() { _, _ = procfs.ParseStat(data) })
		procfstest.Linear(t, data, func() { _, _ = procfs.ParseStatus(data) })
		procfstest.Linear(t, data, func() { _, _ = procfs.ParseCgroups(data) })
	})
}
