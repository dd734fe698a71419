package procfs

import (
	"fmt"
	"testing"
)

// Two details together are what either reads.
func TestDetailAnd(t *testing.T) {
	a := Detail{Namespaces: []NamespaceType{PIDNamespace, UserNamespace}, MainThread: true, WithoutArgs: true, UIDMaps: true}
	b := Detail{Namespaces: []NamespaceType{UserNamespace, NetNamespace}, MainThread: true, Limits: true, EtcMounts: true}
	got := a.And(b)
	want := Detail{Namespaces: []NamespaceType{PIDNamespace, UserNamespace, NetNamespace}, MainThread: true, UIDMaps: true, Limits: true, EtcMounts: true}
	if !isSameDetail(got, want) || len(a.Namespaces) != 2 {
		t.Errorf("got %+v of %+v", got, a)
	}
	if got := a.And(Detail{}); got.MainThread || got.WithoutArgs {
		t.Errorf("got %+v", got)
	}
}

func isSameDetail(a, b Detail) bool { return fmt.Sprint(a) == fmt.Sprint(b) }
