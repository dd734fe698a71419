package procfs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestParseNamespaceLink(t *testing.T) {
	for i, namespace := range procfs.NamespaceTypes {
		want := 4026531835 + uint64(i)
		got, err := procfs.ParseNamespaceLink(namespace, fmt.Sprintf("%s:[%d]", namespace, want))
		if err != nil || got != want {
			t.Errorf("%s: got %d, error %v, want %d", namespace, got, err, want)
		}
	}
}

func TestParseNamespaceLinkRefuses(t *testing.T) {
	tests := map[string]struct{ target, reason string }{
		"nothing":        {"", "no pid namespace"},
		"another type":   {"net:[4026531836]", "no pid namespace"},
		"pid's children": {"pid_for_children:[4026531836]", "no pid namespace"},
		"no bracket":     {"pid:4026531836", "no pid namespace"},
		"not closed":     {"pid:[4026531836", "no closing bracket"},
		"more behind it": {"pid:[4026531836] (deleted)", "no closing bracket"},
		"no number":      {"pid:[]", `parsing ""`},
		"a word":         {"pid:[init]", `"init"`},
		"negative":       {"pid:[-1]", `"-1"`},
		"over 64 bits":   {"pid:[" + strings.Repeat("9", 30) + "]", "out of range"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := procfs.ParseNamespaceLink(procfs.PIDNamespace, test.target)
			procfstest.Refused(t, got, err, test.reason)
		})
	}
}

func TestParseNamespaceLinkRefusesEveryCut(t *testing.T) {
	const target = "pid:[4026531836]"
	for n := range len(target) {
		got, err := procfs.ParseNamespaceLink(procfs.PIDNamespace, target[:n])
		procfstest.Refused(t, got, err, "")
	}
}

func FuzzParseNamespaceLink(f *testing.F) {
	for _, seed := range []string{"pid:[4026531836]", "net:[1]", "pid:[", "pid:[-1]", "pid:[]", ""} {
		f.Add("pid", seed)
	}
	f.Add("time_for_children", "time_for_children:[4026531834]")
	f.Fuzz(func(t *testing.T, namespace, target string) {
		inode, err := procfs.ParseNamespaceLink(procfs.NamespaceType(namespace), target)
		if err != nil {
			if inode != 0 || !errors.Is(err, procfs.ErrMalformed) {
				t.Fatalf("got %d, error %v", inode, err)
			}
			return
		}
		link := fmt.Sprintf("%s:[%d]", namespace, inode)
		if again, err := procfs.ParseNamespaceLink(procfs.NamespaceType(namespace), link); err != nil || again != inode {
			t.Fatalf("%q is read back as %d, error %v", link, again, err)
		}
	})
}

// The kernel's first namespaces have inodes that never change.
func TestIsInitialNamespace(t *testing.T) {
	for _, kind := range procfs.NamespaceTypes {
		if procfs.IsInitialNamespace(kind, 4026532000) || procfs.IsInitialNamespace(kind, 0) {
			t.Errorf("%s: any inode is taken for the first", kind)
		}
	}
	if !procfs.IsInitialNamespace(procfs.PIDNamespace, 4026531836) || !procfs.IsInitialNamespace(procfs.UserNamespace, procfs.InitialUserNamespace) || procfs.IsInitialNamespace(procfs.PIDNamespace, procfs.InitialUserNamespace) {
		t.Error("the first namespaces are not known")
	}
}
