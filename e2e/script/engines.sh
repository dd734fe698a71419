#!/usr/bin/env bash
# Builds the engines of `make e2e-engines` from their sources, at the versions below, and
# prints the folder with their programs. What is built is kept: a second run only prints.
#
#   engines.sh          builds what is missing; prints the folder
#   engines.sh clean    removes the folder
#
# It needs Go, a C compiler and libseccomp's headers, 3 GB of room for sources and caches
# of Go, and 10 to 30 minutes the first time.
set -euo pipefail

# The tags of the modules. dockerd's is not the version of a release; release is the one
# that it answers with, as clients and this plugin look at it.
moby=v2.0.0-beta.24
release=29.8.0
containerd=v2.4.2
runc=v1.5.3
cri_tools=v1.37.0

here=$(dirname "$(readlink -f "$0")")
cache=${XDG_CACHE_HOME:-/var/cache}/docker-pidns/engines
bin=$cache/$moby-$containerd-$runc-$cri_tools
log=$cache/build.log

note() { printf 'engines: %s\n' "$*" >&2; }

# source_of MODULE prints a copy of the module that may be written to: go.sum of a
# dependency is not complete for a build of its own.
source_of() { # MODULE@VERSION DIR
	local from
	from=$(go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
	[[ -n $from ]] || { note "cannot download $1"; return 1; }
	cp -r "$from" "$2"
	chmod -R u+w "$2"
}

# build MODULE@VERSION CGO TAGS LDFLAGS PROGRAM=PACKAGE...
build() {
	local module=$1 cgo=$2 tags=$3 ldflags=$4 pair work
	shift 4
	local missing=()
	for pair in "$@"; do [[ -x $bin/${pair%%=*} ]] || missing+=("$pair"); done
	((${#missing[@]})) || return 0
	note "building ${missing[*]%%=*} from $module (log: $log)"
	work=$(mktemp -d -p "$cache")
	source_of "$module" "$work/source"
	for pair in "${missing[@]}"; do
		(cd "$work/source" && CGO_ENABLED=$cgo GOFLAGS='-mod=mod -buildvcs=false' GOWORK=off \
			nice go build -tags "$tags" -ldflags "-s -w $ldflags" -o "$work/program" "${pair#*=}") >>"$log" 2>&1 || {
			tail -n 20 "$log" >&2
			rm -rf "$work"
			note "cannot build ${pair%%=*}"
			return 1
		}
		mv "$work/program" "$bin/${pair%%=*}"
	done
	rm -rf "$work"
}

if [[ ${1:-} == clean ]]; then
	rm -rf "$cache"
	exit
fi

mkdir -p "$bin"
command -v gcc >/dev/null && [[ -e /usr/include/seccomp.h ]] ||
	"$here/engine.sh" install gcc libc6-dev libseccomp-dev >&2

version=github.com/moby/moby/v2/dockerversion.Version
build "github.com/moby/moby/v2@$moby" 0 '' "-X $version=$release" dockerd=./cmd/dockerd docker-proxy=./cmd/docker-proxy
build "github.com/containerd/containerd/v2@$containerd" 0 '' "-X github.com/containerd/containerd/v2/version.Version=$containerd" \
	containerd=./cmd/containerd ctr=./cmd/ctr containerd-shim-runc-v2=./cmd/containerd-shim-runc-v2
build "github.com/opencontainers/runc@$runc" 1 seccomp "-X main.version=${runc#v}" runc=.
build "sigs.k8s.io/cri-tools@$cri_tools" 0 '' '' crictl=./cmd/crictl

echo "$bin"
