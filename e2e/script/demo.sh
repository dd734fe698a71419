#!/usr/bin/env bash
# Three containers that show what docker pidns is for. Everything it makes carries
# a label of its own, and it touches nothing without that label.
#
#   demo.sh up              makes the image and the containers, again if need be
#   demo.sh install BINARY  installs the plugin for the user
#   demo.sh show            runs docker pidns on the containers
#   demo.sh down            removes the containers, the image and, if it was not
#                           there before the demo, the plugin
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

label=docker-pidns.demo=1
# Containers inherit their image's labels, and one that somebody else runs from
# the demo's image is not the demo's: so the image has a label of its own.
image_label=docker-pidns.demo-image=1
image=docker-pidns-demo
names=(demo demo-x demo-init)

# The checksum of the plugin as the demo has installed it: whatever somebody puts
# in its place later is theirs.
plugin_dir=${DOCKER_CONFIG:-${HOME:-/nonexistent}/.docker}/cli-plugins
plugin=$plugin_dir/docker-pidns
installed_mark=$plugin_dir/.docker-pidns.demo

situation_deadline=30

note() { printf 'demo: %s\n' "$*" >&2; }
die() {
	note "$@"
	exit 1
}

engine_answers() { docker version >/dev/null 2>&1 </dev/null; }

# ---- what is ours ----

# named prints the ID of the container with exactly this name, if there is one.
named() { docker container ls -aq --no-trunc --filter "name=^/?$1\$" "${@:2}"; }

refuse_foreign() {
	local name
	for name in "${names[@]}"; do
		[[ -z $(named "$name") || -n $(named "$name" --filter "label=$label") ]] ||
			die "container $name is not the demo's: docker rename $name $name-mine (or remove it), then again"
	done
	[[ -z $(docker image ls -q "$image") || -n $(docker image ls -q --filter "label=$image_label" "$image") ]] ||
		die "image $image is not the demo's: docker image tag it otherwise and remove this name, then again"
}

remove_containers() {
	local ids
	ids=$(docker container ls -aq --filter "label=$label")
	# shellcheck disable=SC2086 # one ID a word
	[[ -z $ids ]] || docker container rm -f $ids >/dev/null
}

images() { docker image ls -q --no-trunc --filter "label=$image_label" | sort -u; }

remove_images() { # ID...
	(($# == 0)) || docker image rm -f "$@" >/dev/null ||
		note "some other container uses the image $image: left"
}

# ---- the image ----

# root_fs DIR fills DIR with busybox under all its names and one program.
root_fs() {
	local busybox applet
	busybox=$("$here/engine.sh" busybox)
	mkdir -p "$1/bin" "$1/etc" "$1/tmp"
	cp "$busybox" "$1/bin/busybox"
	for applet in $("$busybox" --list); do
		[[ $applet == busybox ]] || ln -s busybox "$1/bin/$applet"
	done
	printf '%s\n' 'root:x:0:0:root:/:/bin/sh' 'www-data:x:33:33:www-data:/:/bin/sh' >"$1/etc/passwd"
	printf '%s\n' '#!/bin/sh' 'while :; do sleep 3600; done' >"$1/bin/worker"
	chmod 755 "$1/bin/busybox" "$1/bin/worker"
}

# An import needs neither a registry nor a builder.
make_image() (
	# shellcheck disable=SC2207 # one ID a word
	old=($(images))
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	root_fs "$dir"
	tar -C "$dir" --owner=0 --group=0 --numeric-owner -c . |
		docker import --change "LABEL $image_label" --change 'CMD ["sleep", "infinity"]' \
			- "$image" >/dev/null
	remove_images "${old[@]}"
)

# ---- the containers ----

# Nothing here needs a network, and without one a container starts sooner.
start() { # NAME OPTION...
	docker run -d --name "$1" --label "$label" --network none "${@:2}" "$image" sleep infinity >/dev/null
}

# run_programs runs the same in demo and demo-init: only their PID 1 differs. Each
# background program outlives the shell of its exec, so PID 1 adopts it.
run_programs() { # NAME
	local victim
	docker exec -u 33 "$1" sh -c 'worker --queue=high >/dev/null 2>&1 &'
	docker exec "$1" sh -c 'sleep 1 >/dev/null 2>&1 &'
	docker exec "$1" sh -c 'sh -c "sleep 1; exit 7" >/dev/null 2>&1 &'
	victim=$(docker exec "$1" sh -c 'sleep infinity >/dev/null 2>&1 & echo $!')
	docker exec "$1" kill -KILL "$victim"
	docker exec -d "$1" sh -c 'while :; do sleep 3600; done'
}

# processes prints state, user and arguments of each process in a container.
processes() { docker exec "$1" ps -o stat,user,args; }

# settled NAME ZOMBIES: the short-lived programs are gone or zombies, and the
# others run.
settled() {
	local seen
	seen=$(processes "$1")
	[[ $(grep -c '^Z' <<<"$seen") == "$2" ]] &&
		! grep -q 'sleep 1' <<<"$seen" &&
		grep -q 'www-data .*worker --queue=high' <<<"$seen" &&
		grep -q 'sh -c while' <<<"$seen"
}

wait_until_settled() { # NAME ZOMBIES
	local until=$((SECONDS + situation_deadline))
	until settled "$@"; do
		if ((SECONDS >= until)); then
			processes "$1" >&2 || true
			die "$1 should have $2 zombies by now"
		fi
		sleep 0.1
	done
}

up() {
	refuse_foreign
	remove_containers
	make_image
	start demo
	start demo-x --pid container:demo
	start demo-init --init
	run_programs demo
	run_programs demo-init
	wait_until_settled demo 3
	wait_until_settled demo-init 0
	note "containers ${names[*]} are up"
}

# ---- the plugin ----

checksum() { cksum <"$1"; }

# installed_by_demo: the demo has put the plugin there, and it is still that one.
installed_by_demo() {
	[[ -r $installed_mark && -e $plugin && $(checksum "$plugin") == "$(<"$installed_mark")" ]]
}

install_plugin() { # BINARY
	local mark=
	if [[ ! -e $plugin ]] || installed_by_demo; then mark=yes; fi
	mkdir -p "$plugin_dir"
	rm -f "$installed_mark"
	install -m 755 "$1" "$plugin"
	[[ -z $mark ]] || checksum "$plugin" >"$installed_mark"
	note "plugin installed: $plugin"
}

uninstall_plugin() {
	if installed_by_demo; then
		rm -f "$plugin" "$installed_mark"
		# Gone only where empty, as the demo has found or made them.
		rmdir "$plugin_dir" "${plugin_dir%/*}" 2>/dev/null || true
		note "plugin removed: $plugin"
	elif [[ -e $plugin ]]; then
		note "plugin left, it is not the demo's: $plugin (make uninstall)"
	fi
	rm -f "$installed_mark"
}

plugin_found() {
	docker info --format '{{range .ClientInfo.Plugins}}{{if not .Err}}{{println .Name}}{{end}}{{end}}' \
		2>/dev/null </dev/null | grep -x pidns >/dev/null
}

# ---- show and down ----

run_shown() {
	printf '\n$ %s\n' "$*"
	"$@"
}

show() {
	plugin_found || die "docker finds no plugin pidns in $plugin_dir: make install"
	run_shown docker pidns tree "${names[@]}"
	run_shown docker pidns zombies
	run_shown docker pidns host-pid
	cat <<-EOT

		Next:  docker pidns tree demo
		       docker exec -it demo sh     and look again from another terminal
		       make demo-down              removes all of this
	EOT
}

down() {
	if engine_answers; then
		remove_containers
		# shellcheck disable=SC2046 # one ID a word
		remove_images $(images)
		note "cleaned up"
	else
		note "no engine answers, so its containers were not looked at"
	fi
	uninstall_plugin
}

case ${1:-} in
up) up ;;
show) show ;;
down) down ;;
install) install_plugin "${2:?which binary}" ;;
*)
	echo "usage: ${0##*/} up | install BINARY | show | down" >&2
	exit 2
	;;
esac
