# charmkit's one Makefile. `make demo` and `make test` do all the set-up
# themselves on Debian 12, Ubuntu 24.04 and later; Go is all that must be there.

GO ?= go
BUILD := build
BIN := $(BUILD)/bin
ARCH := $(shell $(GO) env GOARCH)

PEBBLES := $(BIN)/pebble-1.19.2 $(BIN)/pebble-1.32.1
CHARM := $(BUILD)/unleash-k8s_$(ARCH).charm
POSTGRESQL := $(BUILD)/postgresql_$(ARCH).charm
APP := rock/app/node_modules/.package-lock.json

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.DEFAULT_GOAL := help
.PHONY: help demo demo-stop test lint bench bench-report fuzz soak mutate mutate-report juju conformance conformance-report charm tools hosts app binaries clean

help:
	@echo "make demo       run the Unleash charm for real on this machine"
	@echo "make demo-stop  take it away again"
	@echo "make test       run all tests, installing what they need"
	@echo "make lint       gofmt, go vet and staticcheck"
	@echo "make bench      measure hooks beside goops and a bare program, and the packages"
	@echo "make bench-report"; echo "                write those figures into docs/explanation/performance.md"
	@echo "make fuzz       run each fuzz target for a minute (FUZZTIME)"
	@echo "make soak       run long random lives of whole models (STEPS), and kill"
	@echo "                charmbox's daemon at each of its writes"
	@echo "make mutate     try whether the tests would notice mistakes (PACKAGES, MUTATEFLAGS, BUDGET)"
	@echo "make mutate-report"; echo "                write the scores into docs/explanation/testing.md"
	@echo "make conformance"; echo "                compare the engine with Juju's own code"
	@echo "make charm      write build/*.charm"

demo: hosts tools app charm binaries
	@scripts/demo

demo-stop:
	@scripts/demo-stop

# Compiling and linking are most of the first run; the tests themselves are
# parallel.
test: hosts tools app binaries charm
	tmp=$$(scripts/test-tmp) && GOTMPDIR=$${TMPDIR:-/tmp} TMPDIR=$$tmp $(GO) test -race -parallel 8 ./...

lint:
	@files=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$files" || { echo "gofmt: $$files"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

# Whole hooks side by side (ROUNDS limits how often), then the packages' own.
ROUNDS ?= 0
bench: tools juju
	$(GO) run ./bench -rounds $(ROUNDS)
	$(GO) test -run "^$$" -bench . -benchmem -p 1 ./...

# Writes the figures and the picture of docs/explanation/performance.md.
bench-report: tools juju
	$(GO) run ./bench -rounds $(ROUNDS) -page docs/explanation/performance.md

FUZZTIME ?= 1m
fuzz:
	@GO=$(GO) scripts/fuzz $(FUZZTIME)

STEPS ?= 10000
soak: tools hosts
	$(GO) test ./internal/juju/lives -run TestLives -count 1 -v -steps $(STEPS)
	$(GO) test ./internal/charmbox -run TestDeathOfTheDaemon -count 1 -deaths=0
	CRASH=all $(GO) test ./pebble -run TestApplyAfterOneThatWasCut -count 1
	CRASH=all $(GO) test ./unleash ./examples/postgresql -run TestKilled -count 1 -timeout 1h

# After new tests, MUTATEFLAGS=-again tries only what was not killed before.
BUDGET ?= 20s
PACKAGES ?= ./charm ./charm/hooktool ./pebble ./webapp ./webapp/nginx
MUTATEFLAGS ?=
MUTATE := $(GO) run ./internal/mutate -page docs/explanation/testing.md -results $(BUILD)/mutate -budget $(BUDGET) $(MUTATEFLAGS)
mutate: hosts tools
	$(MUTATE) $(PACKAGES)

mutate-report: hosts tools
	$(MUTATE) -write $(PACKAGES)

# Juju's own code is a module and a licence of its own; the first build takes
# some minutes.
juju:
	cd conformance && CGO_ENABLED=0 $(GO) build -ldflags=-s -o $(CURDIR)/$(BIN)/juju-conformance . && \
		CGO_ENABLED=0 $(GO) build -ldflags=-s -o $(CURDIR)/$(BIN)/juju-jujuc github.com/juju/juju/cmd/jujuc

conformance: juju binaries
	$(GO) test -tags conformance -count 1 ./internal/juju/conform

# Writes the page docs/reference/conformance.md.
conformance-report: juju binaries
	$(GO) test -tags conformance -count 1 ./internal/juju/conform -update

charm: $(CHARM) $(POSTGRESQL)

tools: $(PEBBLES)

# What the tests and the sandbox run from Debian's packages.
hosts:
	@scripts/host-packages

app: $(APP)

$(APP): rock/app/package-lock.json rock/app/package.json
	cd rock/app && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# A module holds one version of a dependency, so each Pebble has its own.
$(BIN)/pebble-%: internal/tools/pebble-%/go.mod internal/tools/pebble-%/go.sum
	cd internal/tools/pebble-$* && CGO_ENABLED=0 $(GO) build -trimpath -ldflags=-s \
		-o $(CURDIR)/$@ github.com/canonical/pebble/cmd/pebble

# Go knows best what is out of date.
binaries:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags=-s -o $(BIN)/ ./cmd/... ./examples/... ./internal/demo ./internal/survey/surveyor

$(CHARM): binaries metadata.yaml config.yaml actions.yaml charmcraft.yaml
	@$(BIN)/charmbox pack --dispatch $(BIN)/unleash -o $@ .

$(POSTGRESQL): binaries
	@$(BIN)/charmbox pack --dispatch $(BIN)/postgresql -o $@ examples/postgresql

clean:
	rm -rf $(BUILD)
