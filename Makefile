SHELL := /bin/bash
.DEFAULT_GOAL := build
# The steps of test and demo build on each other; go itself uses all the cores.
.NOTPARALLEL:

# The version comes from git describe below. Go's own stamp ends the build, and go
# list with it, where the working copy belongs to another user, as in many CI jobs.
export GOFLAGS := $(strip $(shell go env GOFLAGS) -buildvcs=false)

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 10s
# For a part of the end-to-end tests: make e2e E2E_FLAGS='-v -run Zombies'
E2E_FLAGS ?=
# For some of the programs: make forecast FORECAST_FLAGS='--run nginx --json forecast.json'
FORECAST_FLAGS ?=
# For some of the cases: make cures CURES_FLAGS='--run zombies --json cures.json'
CURES_FLAGS ?=
# For some of the measurements: make bench BENCH_FLAGS='--run zombies --growth 0'
BENCH_FLAGS ?=

# Which kernels: make kernels KERNELS='linux-image-cloud-amd64'
KERNELS ?=

# The compiler of the BPF program is named with its version: another one makes
# another object of the same source.
BPF_CLANG := clang-14
BPF_STRIP := llvm-strip-14

# Its checks are in staticcheck.conf. It stands alone because a new machine has it within
# a minute; a collection of linters takes four to build.
STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2

binary := bin/docker-pidns
plugins = $${DOCKER_CONFIG:-$$HOME/.docker}/cli-plugins

# What reads /proc on an engine's host. The plugin carries it for each architecture. The same
# source makes the same bytes: no paths, no time, no name. It is two thirds larger with
# the kernel's iterator of tasks: make build HELPER_TAGS=iterator HELPER_MOST=5000000
helper_architectures := amd64 arm64
helpers := plugin/helper/binaries
HELPER_TAGS ?=
HELPER_MOST ?= 3000000

.PHONY: helpers
helpers: ## build the helpers that the plugin carries
	@mkdir -p bin; set -e; for architecture in $(helper_architectures); do \
		name=pidns-helper-linux-$$architecture; \
		CGO_ENABLED=0 GOOS=linux GOARCH=$$architecture go build -trimpath -tags '$(HELPER_TAGS)' -ldflags '-s -w -funcalign=2 -X main.version=$(VERSION)' -o bin/$$name ./cmd/pidns-helper; \
		size=$$(wc -c <bin/$$name); \
		[ "$$size" -le $(HELPER_MOST) ] || { echo "bin/$$name has $$size bytes, more than $(HELPER_MOST)" >&2; exit 1; }; \
		gzip -9 -n -c bin/$$name >$(helpers)/$$name.gz.new; \
		mv $(helpers)/$$name.gz.new $(helpers)/$$name.gz; \
	done

.PHONY: build
build: helpers ## build bin/docker-pidns
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X github.com/docker-pidns/docker-pidns/plugin/about.Version=$(VERSION)' -o $(binary) ./cmd/docker-pidns

.PHONY: install
install: build ## install the plugin for this user
	@mkdir -p "$(plugins)"
	@install -m 755 $(binary) "$(plugins)/docker-pidns"
	@rm -f "$(plugins)/.docker-pidns.demo" # from here on it is not the demo's to remove
	@echo "installed: $(plugins)/docker-pidns (try: docker pidns version)"

# What make build has built is installed as it is: root may have no Go. For packages:
# make install-all DESTDIR=staging
all_plugins ?= /usr/local/lib/docker/cli-plugins

.PHONY: install-all
install-all: $(if $(wildcard $(binary)),,build) ## install the plugin for all users, and for sudo (root; DESTDIR, all_plugins)
	@install -d -m 755 "$(DESTDIR)$(all_plugins)"
	@install -m 755 $(binary) "$(DESTDIR)$(all_plugins)/docker-pidns"
	@echo "installed: $(DESTDIR)$(all_plugins)/docker-pidns (try: docker pidns version)"

.PHONY: uninstall-all
uninstall-all: ## remove the plugin of all users (root)
	@rm -f "$(DESTDIR)$(all_plugins)/docker-pidns"
	@echo "removed: $(DESTDIR)$(all_plugins)/docker-pidns"

.PHONY: uninstall
uninstall: ## remove the plugin of this user
	@rm -f "$(plugins)/docker-pidns" "$(plugins)/.docker-pidns.demo"
	@echo "removed: $(plugins)/docker-pidns"

.PHONY: demo
demo: build ## build, install, get an engine and demo containers, show them
	@e2e/script/engine.sh up
	@e2e/script/demo.sh up
	@e2e/script/demo.sh install $(binary)
	@e2e/script/demo.sh show

.PHONY: demo-down
demo-down: ## remove what make demo made, stop what it started
	@e2e/script/demo.sh down; status=$$?; e2e/script/engine.sh down && exit $$status

.PHONY: test
test: lint unit e2e ## all checks and tests, on a real engine

.PHONY: lint
lint: format vet staticcheck docs-check $(if $(shell command -v $(BPF_CLANG)),bpf-check) ## formatting, go vet, staticcheck, documents

.PHONY: format
format:
	@files=$$($(gofmt) -l $$($(go_files))) || exit 1; \
	if [ -n "$$files" ]; then printf 'not formatted (make fmt):\n%s\n' "$$files" >&2; exit 1; fi

.PHONY: vet
vet:
	go vet ./...
	go vet -tags e2e,reach,metrics,engines,trace,vm ./...
	GOOS=darwin go vet ./...
	GOOS=windows go vet ./...

.PHONY: staticcheck
staticcheck:
	$(STATICCHECK) ./...
	$(STATICCHECK) -tags e2e,reach,metrics,engines,trace,vm ./...

# The examples of README.md and docs, run over a saved host.
examples = go test -count=1 -run '^TestReadme$$' ./plugin

.PHONY: docs
docs: ## make the documents that the code makes: reference, man pages, keys of json, pictures, examples
	go run ./docs/generate
	$(examples) -update

.PHONY: docs-check
docs-check:
	go run ./docs/generate -check
	$(examples)

# gofmt need not be on the PATH where go is.
gofmt = "$$(go env GOROOT)/bin/gofmt"
# Test data may hold anything.
go_files = find . -name '*.go' -not -path '*/testdata/*' -not -path './.git/*'

.PHONY: fmt
fmt: ## format the Go files
	$(gofmt) -l -w $$($(go_files))

.PHONY: unit
unit: c-compiler ## unit tests, with the race detector
	CGO_ENABLED=1 go test -race -shuffle=on ./...

# The race detector is linked by a C compiler; the product itself needs none.
.PHONY: c-compiler
c-compiler:
	@printf '#include <stdlib.h>\nint main(void) { return 0; }\n' | \
		$$(go env CC) -x c -o /dev/null - 2>/dev/null || e2e/script/engine.sh install gcc libc6-dev

.PHONY: e2e
e2e: build ## end-to-end tests, on a real engine
	@command -v tmux >/dev/null || e2e/script/engine.sh install tmux
	e2e/script/engine.sh with go test -tags e2e -shuffle=on -count=1 -parallel 4 -timeout 12m $(E2E_FLAGS) ./e2e/...

.PHONY: e2e-reach
e2e-reach: build ## end-to-end tests of helpers, by ssh and TLS too, on a Swarm, and of hosts without an engine
	@command -v /usr/sbin/sshd >/dev/null || e2e/script/engine.sh install openssh-server openssh-client
	e2e/script/engine.sh with go test -tags e2e,reach -count=1 -parallel 4 -timeout 12m -run 'Helper|KilledEngine|WithoutEngine|OfCtr|Inside|Rootless|Podman|PIDNamespace|Nobody|Swarm' $(E2E_FLAGS) ./e2e/

# The server of a Debian package would start with it.
.PHONY: e2e-metrics
e2e-metrics: build ## end-to-end tests of metrics with a real Prometheus
	@dir=; command -v prometheus >/dev/null && command -v promtool >/dev/null || { \
		dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; e2e/script/engine.sh unpack "$$dir" prometheus || exit 1; }; \
	PATH="$$PATH$${dir:+:$$dir/usr/bin}" e2e/script/engine.sh with go test -tags e2e,metrics -count=1 -timeout 12m -run Prometheus $(E2E_FLAGS) ./e2e/

.PHONY: e2e-trace
e2e-trace: build ## end-to-end tests of trace: each kind of signal, 200 random ones, storms of forks, and what it costs
	@command -v tmux >/dev/null || e2e/script/engine.sh install tmux
	e2e/script/engine.sh with go test -tags e2e,trace -count=1 -v -timeout 30m -run '^TestTrace' $(E2E_FLAGS) ./e2e/

# These tests start engines of their own. PATH has the programs for them, and not for the engine
# that engine.sh may start.
.PHONY: e2e-engines
e2e-engines: build ## end-to-end tests of dockerd and containerd of today, built from their sources (long)
	@programs=$$(e2e/script/engines.sh) && \
	e2e/script/engine.sh with env "PATH=$$programs:$$PATH" go test -tags e2e,engines -count=1 -parallel 2 -timeout 20m -run 'OfToday|OfContainerd|TwoEngines|KilledEngine|RemovedContainer|OfCtr' $(E2E_FLAGS) ./e2e/

# DOCKER_HOST is the engine of the machine, which has nothing of this host.
.PHONY: e2e-vm
e2e-vm: build ## end-to-end tests in a virtual machine with systemd, cgroup v2 and AppArmor (long)
	e2e/script/vm.sh with sh -c 'DOCKER_HOST=$$(cat "$$PIDNS_VM/tcp") exec go test -tags e2e,vm -count=1 -timeout 40m -run VM "$$@" ./e2e/' sh $(E2E_FLAGS)

.PHONY: forecast
forecast: c-compiler ## docker pidns signals held against docker stop
	@command -v mmdebstrap >/dev/null || e2e/script/engine.sh install mmdebstrap
	e2e/script/engine.sh with go run ./e2e/forecast $(FORECAST_FLAGS)

.PHONY: cures
cures: c-compiler ## what docker pidns advises, carried out
	@command -v mmdebstrap >/dev/null || e2e/script/engine.sh install mmdebstrap
	e2e/script/engine.sh with go run ./e2e/cures $(CURES_FLAGS)

.PHONY: bench
bench: helpers ## docker pidns beside its peers, with thousands of processes
	@{ command -v ps && command -v lsns && command -v pstree && command -v strace; } >/dev/null || e2e/script/engine.sh install procps util-linux psmisc strace
	e2e/script/engine.sh with go run ./e2e/bench $(BENCH_FLAGS)

# How many nodes, and how long each log is: make scale SCALE_NODES='10 100' SCALE_LOG=44000
SCALE_NODES ?= 10 100 1000
SCALE_LOG ?= 240000

.PHONY: scale
scale: ## what a Swarm of many nodes costs the client, beside a simulated manager
	SCALE_NODES='$(SCALE_NODES)' SCALE_LOG=$(SCALE_LOG) go test -count=1 -timeout 10m -v -run '^TestSwarmOfManyNodes$$' ./plugin/engine
	go test -count=1 -timeout 10m -run '^$$' -bench '^BenchmarkRecord$$' -benchtime 3x ./procfs/wire

.PHONY: kernels
kernels: ## the BPF program on other kernels, under an emulator (KERNELS: files or Debian packages)
	e2e/script/kernels.sh $(KERNELS)

.PHONY: fuzz
fuzz: ## every fuzz test for FUZZTIME (default 10s)
	@set -e; for package in $$(go list ./...); do \
		tests=$$(go test -list '^Fuzz' $$package); \
		for name in $$(grep '^Fuzz' <<<"$$tests"); do \
			echo "$$package $$name"; \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$package; \
		done; \
	done

# The BPF programs: the folder in procfs, with the name of the program in Go. The source has the
# name of the folder.
bpf_programs = taskiter:taskIter sigtrace:sigTrace
bpf2go = go tool bpf2go -cc $(BPF_CLANG) -strip $(BPF_STRIP) -target bpfel -tags linux -no-global-types

# $(call make_bpf,FOLDER:NAME,DIR) builds into DIR. The object holds the path of its
# source, so that is always the same.
make_bpf = cd procfs/$(word 1,$(subst :, ,$(1))) && $(bpf2go) -go-package $(word 1,$(subst :, ,$(1))) \
	-output-dir $(2) $(word 2,$(subst :, ,$(1))) bpf/$(word 1,$(subst :, ,$(1))).c -- -O2 -g -Wall -Werror

.PHONY: bpf-compiler
bpf-compiler:
	@command -v $(BPF_CLANG) >/dev/null || e2e/script/engine.sh install $(BPF_CLANG)
	@command -v $(BPF_STRIP) >/dev/null || e2e/script/engine.sh install $(subst -strip,,$(BPF_STRIP))

# $(call bpf_files,FOLDER:NAME) are the object with what it is made of. A program may use the
# structures of another.
bpf_files = bpf/*.[ch] $(if $(filter sigtrace:%,$(1)),../taskiter/bpf/kernel.h) *_bpfel.go *_bpfel.o

.PHONY: bpf
bpf: bpf-compiler ## rebuild the BPF objects of procfs/taskiter and procfs/sigtrace
	$(foreach p,$(bpf_programs),($(call make_bpf,$(p),.) && sha256sum $(call bpf_files,$(p)) >bpf/sums) &&) true

.PHONY: bpf-check
bpf-check: bpf-compiler ## the BPF objects are what their sources give
	@made=$$(mktemp -d) && trap 'rm -rf "$$made"' EXIT && $(foreach p,$(bpf_programs),($(call make_bpf,$(p),"$$made")) &&) \
	for file in "$$made"/*; do \
		cmp procfs/*/"$${file##*/}" "$$file" || { echo "$${file##*/} is not what its source gives: make bpf" >&2; exit 1; }; \
	done

.PHONY: clean
clean: ## remove what was built
	rm -rf bin $(helpers)/*.gz

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
