package procfs

import (
	"errors"
	"reflect"
	"testing"
)

func TestParseMounts(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []Mount
	}{
		"none": {"", nil},
		"two, one with optional fields": {
			"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n",
			[]Mount{
				{Root: "/mnt1", MountPoint: "/mnt2", FSType: "ext3", SuperOptions: map[string]string{"rw": "", "errors": "continue"}},
				{Root: "/", MountPoint: "/sys/fs/cgroup/pids", FSType: "cgroup", SuperOptions: map[string]string{"rw": "", "pids": ""}},
			},
		},
		"escapes": {
			`1 2 0:1 /a\134040b /c\040d\012 rw - tmpfs none rw` + "\n",
			[]Mount{{Root: `/a\040b`, MountPoint: "/c d\n", FSType: "tmpfs", SuperOptions: map[string]string{"rw": ""}}},
		},
	} {
		got, err := ParseMounts([]byte(test.text))
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	for name, text := range map[string]string{
		"no separator": "36 35 98:0 / /mnt rw\n", "too few fields": "36 35 98:0 / - cgroup cgroup rw\n",
		"nothing after": "36 35 98:0 / /mnt rw - \n", "cut": "36 35 98:0 / /mnt rw - cgroup cgroup", "empty line": "\n",
	} {
		if got, err := ParseMounts([]byte(text)); !errors.Is(err, ErrMalformed) || got != nil {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func FuzzParseMounts(f *testing.F) {
	f.Add([]byte("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseMounts(data)
		if err != nil && list != nil {
			t.Errorf("%d mounts with an error", len(list))
		}
	})
}
