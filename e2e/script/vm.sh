#!/usr/bin/env bash
# A virtual machine with what the host of the other tests may not have: systemd, only
# cgroup v2, AppArmor, and Debian's docker.io, whose containers are systemd's scopes.
#
#   vm.sh with COMMAND...  boots it, runs COMMAND, ends it; exits as COMMAND did
#   vm.sh image            makes its disk, and prints the folder
#   vm.sh clean            removes the disk
#
# The disk is kept, and what a run writes to it is not. COMMAND finds in PIDNS_VM a folder
# with ssh_config, which has the machine as Host vm, and with tcp, the address of its engine.
# Both are forwarded from ports of 127.0.0.1. The engine's has no TLS: who can reach this
# host's loopback can have root in that machine while it runs.
#
# It needs root, on Debian, and 4 GB of room. The disk takes some minutes the first time.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-/var/cache}/docker-pidns/vm
# Emulated, it boots in one to three minutes.
boot_deadline=600
megabytes=3072

packages=(
	systemd-sysv linux-image-cloud-amd64 initramfs-tools kmod udev dbus
	docker.io containerd runc iptables apparmor
	openssh-server iproute2 procps util-linux busybox-static
)

note() { printf 'vm: %s\n' "$*" >&2; }
die() {
	note "$@"
	exit 1
}

# ---- the disk ----

# archives prints the lines of sources.list of this host that are about Debian's own.
archives() {
	apt-get indextargets --format '$(ORIGIN)|deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		sed -n 's/^Debian|//p' | sort -u
}

# apt_options prints the options of this host's apt that its archives need.
apt_options() {
	apt-config dump | sed -nE 's/^(Acquire::(Check-|https?::Proxy).*);$/--aptopt=\1/p'
}

# configure writes into the root file system what makes the machine this one.
configure() { # ROOT
	local root=$1
	echo vm >"$root/etc/hostname"
	printf '127.0.0.1 localhost vm\n' >"$root/etc/hosts"
	echo '/dev/vda / ext4 defaults 0 1' >"$root/etc/fstab"
	printf '[Match]\nName=en* eth*\n[Network]\nDHCP=yes\n' >"$root/etc/systemd/network/80-dhcp.network"
	ln -sf /lib/systemd/system/systemd-networkd.service "$root/etc/systemd/system/multi-user.target.wants/"
	mkdir -p "$root/etc/docker" "$root/etc/systemd/system/docker.service.d" "$root/root/.ssh"
	echo '{"live-restore": true}' >"$root/etc/docker/daemon.json"
	sed -n 's/^ExecStart=.*/ExecStart=\n& -H tcp:\/\/0.0.0.0:2375/p' "$root/lib/systemd/system/docker.service" |
		sed '1i [Service]' >"$root/etc/systemd/system/docker.service.d/tcp.conf"
	# The key is that of the run.
	cat >"$root/etc/systemd/system/authorized-key.service" <<-'END'
		[Unit]
		Before=ssh.service
		[Service]
		Type=oneshot
		ExecStart=/bin/sh -c 'sed -n "s/.* vm.key=\\([^ ]*\\).*/\\1/p" /proc/cmdline | base64 -d >/root/.ssh/authorized_keys'
		[Install]
		WantedBy=multi-user.target
	END
	ln -sf ../authorized-key.service "$root/etc/systemd/system/multi-user.target.wants/"
	# Nothing of this is asked here, and it costs minutes under an emulator.
	local unit
	for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer man-db.timer systemd-timesyncd.service; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
}

# disk prints the folder with disk, vmlinuz and initrd, which is named after what they are made of.
disk() {
	local sources options dir work
	mapfile -t sources < <(archives)
	((${#sources[@]})) || die "apt has no lists of Debian's (apt-get update)"
	mapfile -t options < <(apt_options)
	local release
	release=$(cut -d' ' -f3 <<<"${sources[0]}")
	dir=$cache/$({ printf '%s\n' "${packages[@]}" "${sources[@]}"; declare -f configure; } | sha256sum | cut -c1-12)
	if [[ ! -e $dir/disk ]]; then
		command -v mmdebstrap >/dev/null || "$here/engine.sh" install mmdebstrap >&2
		mkdir -p "$cache"
		work=$(mktemp -d -p "$cache")
		trap 'rm -rf "$work"' EXIT
		note "making a disk of Debian ${release%%-*} (log: $cache/disk.log)"
		nice mmdebstrap --mode=root --variant=minbase --format=directory "${options[@]}" \
			--aptopt='APT::Install-Recommends "false"' --include="$(IFS=,; echo "${packages[*]}")" \
			"${release%%-*}" "$work/root" "${sources[@]}" </dev/null >"$cache/disk.log" 2>&1 || {
			tail -n 20 "$cache/disk.log" >&2
			die "mmdebstrap failed"
		}
		rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*
		configure "$work/root"
		cp -L "$work/root/vmlinuz" "$work/root/initrd.img" "$work/"
		truncate -s 3G "$work/disk"
		mkfs.ext4 -q -F -L root -d "$work/root" "$work/disk" >>"$cache/disk.log" 2>&1 || die "mkfs.ext4 failed: $cache/disk.log"
		rm -rf "$work/root"
		mkdir -p "$dir"
		mv "$work/vmlinuz" "$work/initrd.img" "$dir/"
		mv "$work/disk" "$dir/disk"
		rm -rf "$work"
		trap - EXIT
	fi
	echo "$dir"
}

# ---- the machine ----

free_port() {
	local port
	while port=$((20000 + RANDOM % 20000)); do
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# boot starts the machine, and sets its pid.
boot() { # DISK-DIR ACCELERATOR
	local key
	key=$(base64 -w0 <"$run/key.pub")
	qemu-system-x86_64 -machine q35 -accel "$2" -cpu max -smp 2 -m "$megabytes" -nographic -nodefaults -no-reboot \
		-serial "file:$run/console" -kernel "$1/vmlinuz" -initrd "$1/initrd.img" \
		-append "root=/dev/vda rw quiet console=ttyS0 panic=-1 systemd.unified_cgroup_hierarchy=1 apparmor=1 security=apparmor vm.key=$key" \
		-drive "file=$1/disk,format=raw,if=virtio,snapshot=on,cache=unsafe" -device virtio-rng-pci \
		-nic "user,model=virtio-net-pci,restrict=on,hostfwd=tcp:127.0.0.1:$ssh_port-:22,hostfwd=tcp:127.0.0.1:$tcp_port-:2375" \
		</dev/null >"$run/qemu.log" 2>&1 &
	pid=$!
}

in_vm() { ssh -F "$run/ssh_config" -o ConnectTimeout=20 vm "$@" </dev/null 2>/dev/null; }

# wait_for_machine returns when its engine answers, at once when it has ended.
wait_for_machine() { # SECONDS
	local until=$((SECONDS + $1))
	until in_vm systemctl is-active --quiet docker.service; do
		kill -0 "$pid" 2>/dev/null && ((SECONDS < until)) || return 1
		sleep 1
	done
}

stop() {
	[[ -z ${pid:-} ]] || { kill "$pid" && wait "$pid"; } 2>/dev/null || true
	pid=
}

# accelerator prints kvm where the processor's help works. On a host that is virtual itself
# the device can be there and a machine not come to its first line.
accelerator() { # DISK-DIR
	local line=kvm
	[[ -w /dev/kvm ]] || line=tcg,thread=multi
	[[ $line != kvm ]] || timeout 20 qemu-system-x86_64 -accel kvm -cpu max -m 512 -nographic -nodefaults -no-reboot -serial stdio \
		-kernel "$1/vmlinuz" -append 'console=ttyS0 earlyprintk=ttyS0 panic=-1' </dev/null 2>/dev/null | grep -aq 'Linux version' || line=tcg,thread=multi
	echo "$line"
}

with_machine() {
	local dir accelerator status=0
	dir=$(disk)
	run=$(mktemp -d)
	trap 'stop; rm -rf "$run"' EXIT
	ssh-keygen -q -t ed25519 -N '' -C vm -f "$run/key"
	ssh_port=$(free_port) tcp_port=$(free_port)
	printf 'Host vm\n HostName 127.0.0.1\n Port %s\n User root\n IdentityFile %s\n IdentitiesOnly yes\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n LogLevel ERROR\n ControlPath %s\n' \
		"$ssh_port" "$run/key" "$run/master" >"$run/ssh_config"
	echo "tcp://127.0.0.1:$tcp_port" >"$run/tcp"
	accelerator=${PIDNS_VM_ACCELERATOR:-$(accelerator "$dir")}
	note "booting with -accel $accelerator (console: $run/console)"
	boot "$dir" "$accelerator"
	wait_for_machine "$boot_deadline" || {
		tail -n 30 "$run/console" "$run/qemu.log" >&2
		die "the machine's engine does not answer"
	}
	note "Docker $(in_vm docker version --format '{{.Server.Version}}') answers, on Linux $(in_vm uname -r), after $SECONDS s"
	# An exchange of keys takes a second there. One connection serves all that follow.
	ssh -F "$run/ssh_config" -fNM vm </dev/null >/dev/null 2>&1
	PIDNS_VM=$run "$@" || status=$?
	return "$status"
}

is_ready() {
	[[ $(uname -m) == x86_64 ]] || die "only x86-64 is emulated here, not $(uname -m)"
	[[ $(id -u) == 0 ]] || die "the disk is made by root"
	{ command -v qemu-system-x86_64 && command -v ssh-keygen; } >/dev/null || "$here/engine.sh" install qemu-system-x86 openssh-client >&2
}

case ${1:-} in
with)
	shift
	is_ready
	with_machine "$@"
	;;
image)
	is_ready
	disk
	;;
clean) rm -rf "$cache" ;;
*)
	echo "usage: ${0##*/} with COMMAND... | image | clean" >&2
	exit 2
	;;
esac
