#!/usr/bin/env bash
# The BPF programs on other kernels than the host's: boots each under an emulator, with
# a busybox, cgroup v2 and nothing else, and runs the tests of procfs/taskiter and
# procfs/sigtrace there.
#
#   kernels.sh [KERNEL...]
#
# A KERNEL is a file (vmlinuz) or a Debian package that holds one. Nothing is
# installed of it, and nothing of the host's is touched. It takes a minute for each.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
deadline=600
# What needs the source, which is not there.
not_there=OfThisSource
rooms=(taskiter sigtrace)

note() { printf 'kernels: %s\n' "$*" >&2; }
die() {
	note "$@"
	exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make_initramfs() {
	local root=$work/root busybox
	busybox=$("$here/engine.sh" busybox)
	mkdir -p "$root"/{bin,proc,sys,dev,tmp,etc,root}
	cp "$busybox" "$root/bin/busybox"
	for room in "${rooms[@]}"; do
		(cd "$here/../.." && CGO_ENABLED=0 go test -c -o "$root/$room.test" "./procfs/$room")
	done
	cat >"$root/init" <<-END
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		export PATH=/bin HOME=/root
		mount -t proc proc /proc
		mount -t sysfs sys /sys
		mount -t devtmpfs dev /dev
		mount -t tmpfs tmp /tmp
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
		echo root:x:0:0::/root:/bin/sh >/etc/passwd
		cd /tmp
		echo "kernel: \$(uname -r)"
		passed=1
		for room in ${rooms[*]}; do
			/\$room.test -test.v -test.skip $not_there -test.timeout ${deadline}s >out 2>&1 || passed=0
			grep -v '^=== ' out
		done
		[ \$passed = 1 ] && echo "kernel: all passed"
		poweroff -f
	END
	chmod +x "$root/init"
	(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initramfs"
}

# boot prints what the kernel's console says. The emulator is the slow one: the
# processor's own help does not work on hosts that are virtual themselves.
boot() { # VMLINUZ
	timeout "$deadline" qemu-system-x86_64 -m 2048 -smp 2 -nographic -no-reboot -nodefaults -serial stdio \
		-kernel "$1" -initrd "$work/initramfs" -append "console=ttyS0 quiet panic=-1 rdinit=/init" </dev/null
}

vmlinuz() { # FILE|PACKAGE
	if [[ -f $1 ]]; then
		echo "$1"
		return
	fi
	"$here/engine.sh" unpack "$work/$1" "$1" >&2
	local found=("$work/$1"/boot/vmlinuz-*)
	[[ -f ${found[0]} ]] || die "package $1 holds no kernel"
	echo "${found[0]}"
}

[[ $(uname -m) == x86_64 ]] || die "only x86-64 is emulated here, not $(uname -m)"
{ command -v qemu-system-x86_64 && command -v cpio; } >/dev/null || "$here/engine.sh" install qemu-system-x86 cpio
make_initramfs
(($#)) || set -- linux-image-cloud-amd64 linux-image-6.12-cloud-amd64
failed=0
for kernel; do
	file=$(vmlinuz "$kernel")
	note "$kernel: booting ${file##*/}"
	boot "$file" >"$work/console" || true
	if grep -aq '^kernel: all passed' "$work/console"; then
		note "$kernel: $(grep -ac '^--- PASS' "$work/console") tests passed"
	else
		cat "$work/console"
		note "$kernel: not all passed"
		failed=1
	fi
done
exit "$failed"
