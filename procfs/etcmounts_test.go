package procfs_test

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestParseEtcMounts(t *testing.T) {
	const (
		root  = "412 323 0:138 / / rw,relatime - overlay overlay rw,lowerdir=/l/A\n"
		hosts = "419 412 254:1 /var/lib/docker/containers/0a/hosts//deleted /etc/hosts rw,relatime - ext4 /dev/vda rw\n"
		name  = "418 412 254:1 /var/lib/docker/containers/0a/hostname /etc/hostname rw - ext4 /dev/vda rw\n"
	)
	for text, want := range map[string][]string{
		"":                  nil,
		root:                nil,
		root + hosts + name: {"/var/lib/docker/containers/0a/hostname", "/var/lib/docker/containers/0a/hosts//deleted"},
		hosts + "500 419 0:1 /x /etc/hosts rw - tmpfs tmpfs rw\n": {"/x"},
		"500 419 0:1 /y /etc/hosts.allow rw - tmpfs tmpfs rw\n":   nil,
		"500 419 0:1 /y /mnt/etc/hosts rw - tmpfs tmpfs rw\n":     nil,
		"500 419 0:1 /y":            nil,
		"500 419 0:1 /y /etc/hosts": {"/y"},
		strings.Repeat(hosts, 3):    {"/var/lib/docker/containers/0a/hosts//deleted"},
		"500 419 0:1 /a\\040b /etc/resolv.conf rw - tmpfs tmpfs rw\n" + hosts: {"/var/lib/docker/containers/0a/hosts//deleted", "/a\\040b"},
	} {
		procfstest.Equal(t, procfs.ParseEtcMounts([]byte(text)), want)
	}
}

func FuzzParseEtcMounts(f *testing.F) {
	f.Add([]byte("1 2 3:4 /a /etc/hosts rw - ext4 /dev/vda rw\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, path := range procfs.ParseEtcMounts(data) {
			if path == "" || !strings.Contains(string(data), path) {
				t.Fatalf("got %q", path)
			}
		}
	})
}
