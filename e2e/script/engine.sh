#!/usr/bin/env bash
# Makes a Docker engine available to the demo and to the end-to-end tests,
# and takes back only what it started itself.
#
#   engine.sh up                  an engine answers, or one line says what to do
#   engine.sh down                stops the engine that `up` started, if any
#   engine.sh status              says which engine answers and who started it
#   engine.sh with COMMAND...     up, COMMAND, down; exits as COMMAND did
#   engine.sh busybox             prints the path of a static busybox, for images
#   engine.sh install PACKAGE...  installs Debian packages
#   engine.sh unpack DIR PACKAGE...
#                                 unpacks Debian packages into DIR, with what their
#                                 programs need, and installs and starts nothing
#
# Whatever it installs or starts it announces on stderr first, and it does so
# only as root on Debian or Ubuntu.
set -euo pipefail

run_dir=/run/docker-pidns
state=$run_dir/dockerd.started # "PID START-TICKS hand|systemd" of what we started
log=$run_dir/dockerd.log
apt_log=$run_dir/apt.log

start_deadline=90
# dockerd gives each container up to its stop timeout, and then needs to clean up.
stop_deadline=90

note() { printf 'engine: %s\n' "$*" >&2; }
die() {
	note "$@"
	exit 1
}

# A daemon that hangs accepts the connection and never answers.
with_deadline() {
	if command -v timeout >/dev/null; then timeout "$@"; else
		shift
		"$@"
	fi
}

server_version() {
	with_deadline 15 docker version --format '{{.Server.Version}}' 2>/dev/null </dev/null
}

answers() { command -v docker >/dev/null && server_version >/dev/null; }

# ---- one process, known by its PID and its start time ----
# A PID alone proves nothing: after an unclean end the pid files stay behind,
# and in a fresh container the same low numbers are soon given to others.

# start_ticks PID prints the start time of a live process. A zombie does not
# count as live: dockerd's may stay for good where PID 1 does not reap.
start_ticks() {
	local stat fields
	# Not $(<file): where that one fails, set -e ends the script whatever follows.
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
	# The name stands in parentheses and may hold any character, these too.
	read -ra fields <<<"${stat##*) }"
	[[ ${fields[0]} != [ZX] ]] || return 1
	echo "${fields[19]}"
}

# pid_in FILE NAME prints the PID in a pid file if a live NAME has it.
pid_in() {
	local pid comm
	pid=$(cat "$1" 2>/dev/null) || return 1
	[[ $pid =~ ^[0-9]+$ ]] && start_ticks "$pid" >/dev/null || return 1
	comm=$(cat "/proc/$pid/comm" 2>/dev/null) && [[ $comm == "$2" ]] || return 1
	echo "$pid"
}

# running_dockerd prints the PID of the daemon that owns the default socket,
# answering or not; Debian's init script writes the second file.
running_dockerd() {
	pid_in /run/docker.pid dockerd || pid_in /run/docker-ssd.pid dockerd
}

# dockerd refuses to start, or waits in vain for its containerd, while a pid
# file names any live process, even one that only inherited the number.
drop_stale_pid_files() {
	pid_in /run/docker.pid dockerd >/dev/null || rm -f /run/docker.pid
	pid_in /run/docker/containerd/containerd.pid containerd >/dev/null ||
		rm -f /run/docker/containerd/containerd.pid
}

# ---- what we started ----

remember() { # PID hand|systemd
	local ticks
	ticks=$(start_ticks "$1") || return 1
	mkdir -p "$run_dir"
	echo "$1 $ticks $2" >"$state"
}

# ours sets pid and manager if what `up` started still runs.
ours() {
	local ticks
	[[ -r $state ]] && read -r pid ticks manager <"$state" || return 1
	[[ -n $ticks && $(start_ticks "$pid") == "$ticks" ]]
}

# ---- packages ----

is_root() { [[ $(id -u) == 0 ]]; }

is_debian() {
	command -v apt-get >/dev/null && [[ -r /etc/os-release ]] &&
		grep -qE '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release
}

apt_get() {
	# A new machine's automatic upgrade may hold the lock for a while.
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" \
		</dev/null >>"$apt_log" 2>&1
}

show_tail() { tail -n 20 "$1" | sed 's/^/  /' >&2; }

install_packages() {
	is_root && is_debian || die "missing: $* (install it, or run this as root on Debian or Ubuntu)"
	note "installing with apt-get: $*"
	mkdir -p "$run_dir"
	: >"$apt_log"
	# The lists of a fresh machine are empty or old; where they cannot be had, a
	# local archive may still do, so the installation decides.
	apt_get update || note "apt-get update failed, trying with the lists at hand"
	apt_get install --no-install-recommends "$@" || {
		show_tail "$apt_log"
		die "apt-get could not install $* (whole log: $apt_log)"
	}
}

# unpack_packages leaves the host as it is: to install a server is to start it.
unpack_packages() { # DIR PACKAGE...
	local dir=$1 cache
	shift
	is_root && is_debian || die "missing: $* (run this as root on Debian or Ubuntu)"
	note "downloading with apt-get: $*"
	mkdir -p "$run_dir" "$dir"
	: >"$apt_log"
	cache=$(mktemp -d)
	# apt-get's own user may not read that folder. What the host has already is
	# fetched again, where it was named.
	if ! apt_get -o APT::Sandbox::User=root -o Dir::Cache::archives="$cache" --no-install-recommends --download-only --reinstall install "$@"; then
		apt_get update || true
		apt_get -o APT::Sandbox::User=root -o Dir::Cache::archives="$cache" --no-install-recommends --download-only --reinstall install "$@" || {
			show_tail "$apt_log"
			die "apt-get could not download $* (whole log: $apt_log)"
		}
	fi
	local package
	for package in "$cache"/*.deb; do dpkg-deb -x "$package" "$dir"; done
	rm -rf "$cache"
	add_libraries "$dir"
}

# add_libraries copies into DIR the libraries of its programs that are not there,
# with the loader.
add_libraries() { # DIR
	local dir=$1 path library
	path=$(find "$dir" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
	find "$dir" -type f -perm -u+x -path '*bin/*' -print0 | while IFS= read -r -d '' program; do
		LD_LIBRARY_PATH=$path ldd "$program" 2>/dev/null | grep -o '/[^ )]*' || true
	done | sort -u | while read -r library; do
		[[ $library == "$dir"/* || -e $dir$library ]] || install -D "$library" "$dir$library"
	done
}

is_static() {
	local libraries
	libraries=$(ldd "$1" 2>/dev/null) || return 0
	[[ $libraries != *'=>'* ]]
}

static_busybox() {
	local file
	for file in /bin/busybox /usr/bin/busybox /bin/busybox.static; do
		if [[ -x $file ]] && is_static "$file"; then
			echo "$file"
			return
		fi
	done
	return 1
}

busybox() {
	static_busybox && return
	install_packages busybox-static
	static_busybox || die "busybox-static brought no static busybox"
}

install_missing() {
	local missing=()
	command -v dockerd >/dev/null || missing+=(docker.io)
	command -v iptables >/dev/null || missing+=(iptables)
	static_busybox >/dev/null || missing+=(busybox-static)
	((${#missing[@]} == 0)) || install_packages "${missing[@]}"
	# Since Debian 13 docker.io is the daemon alone; before, there is no docker-cli.
	command -v docker >/dev/null || install_packages docker-cli
}

# ---- up ----

under_systemd() { [[ -d /run/systemd/system ]]; }

# endpoint prints what the docker command talks to in this environment.
endpoint() {
	if command -v docker >/dev/null; then
		docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null </dev/null && return
	fi
	echo "${DOCKER_HOST:-unix:///var/run/docker.sock}"
}

check_can_start() {
	local at
	at=$(endpoint)
	case $at in
	unix:///var/run/docker.sock | unix:///run/docker.sock) ;;
	*) die "no engine answers at $at: start that one, or choose another by DOCKER_HOST or docker context use" ;;
	esac
	is_root && is_debian ||
		die "no Docker engine answers: start one that $(id -un) may use (check with: docker version)," \
			"or run this as root on Debian or Ubuntu"
}

# wait_for_engine PID returns when it answers, at once when dockerd has ended.
wait_for_engine() {
	local until=$((SECONDS + start_deadline))
	while ! answers; do
		start_ticks "$1" >/dev/null || return 1
		((SECONDS < until)) || return 1
		sleep 0.2
	done
}

start_by_hand() {
	local pid
	drop_stale_pid_files
	note "starting dockerd (log: $log)"
	mkdir -p "$run_dir"
	# A session of its own keeps the terminal's Ctrl-C away from it.
	setsid dockerd </dev/null >"$log" 2>&1 &
	pid=$!
	# From here on an interrupted `up` leaves nothing that `down` cannot find.
	remember "$pid" hand || true
	wait_for_engine "$pid" && return
	show_tail "$log"
	stop
	die "dockerd did not come up (whole log: $log)"
}

start_by_systemd() {
	local pid
	note "starting docker with systemctl"
	systemctl start docker </dev/null || die "systemctl start docker failed: journalctl -u docker"
	pid=$(systemctl show --property MainPID --value docker)
	remember "$pid" systemd || true
	wait_for_engine "$pid" || die "docker does not answer: journalctl -u docker"
}

up() {
	local pid before
	if answers; then return; fi
	check_can_start
	note "no Docker engine answers: making one available on this machine"
	before=$(running_dockerd) || true
	install_missing
	if [[ -n $before ]]; then
		note "waiting for the dockerd that runs already ($before)"
		wait_for_engine "$before" || die "dockerd ($before) runs but does not answer: docker version"
		return
	fi
	if under_systemd; then
		start_by_systemd
	elif pid=$(running_dockerd); then
		# The package's init script has started it, so it is there because of us.
		remember "$pid" hand || true
		wait_for_engine "$pid" || die "dockerd ($pid) runs but does not answer: docker version"
	else
		start_by_hand
	fi
	note "Docker $(server_version) answers"
}

# ---- down ----

# stop ends what `up` started, if it still is that process.
stop() {
	local pid manager ticks until=$((SECONDS + stop_deadline))
	if ! ours; then
		rm -f "$state"
		return 0
	fi
	ticks=$(start_ticks "$pid") || true
	note "stopping dockerd ($pid)"
	if [[ $manager == systemd ]]; then
		# Its socket unit would start it again at the next docker command.
		systemctl stop docker.socket docker.service </dev/null || true
	else
		kill "$pid" 2>/dev/null || ! ours || die "$(id -un) may not stop dockerd ($pid)"
	fi
	while [[ $(start_ticks "$pid") == "$ticks" ]]; do
		((SECONDS < until)) || die "dockerd ($pid) did not end in $stop_deadline s (log: $log)"
		sleep 0.2
	done
	rm -f "$state"
}

# ---- status ----

status() {
	local pid manager version
	version=$(server_version) || {
		echo "no engine answers at $(endpoint)"
		return 1
	}
	if ours; then
		echo "Docker $version answers, started here (dockerd $pid, by $manager)"
	else
		echo "Docker $version answers, not started here"
	fi
}

# ---- with ----

# with_engine leaves an engine alone that an earlier `up` had started: the demo's
# has to outlive a test run.
with_engine() {
	local pid manager
	if ! ours; then trap stop EXIT; fi
	up
	"$@"
}

case ${1:-} in
up) up ;;
down) stop ;;
status) status ;;
with)
	shift
	with_engine "$@"
	;;
busybox) busybox ;;
install)
	shift
	install_packages "$@"
	;;
unpack)
	shift
	unpack_packages "$@"
	;;
*)
	echo "usage: ${0##*/} up | down | status | with COMMAND... | busybox | install PACKAGE... | unpack DIR PACKAGE..." >&2
	exit 2
	;;
esac
