# TinyCheck: everything that is built, run and checked. "make help" lists it.
SHELL   := /bin/bash
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
BUILD    = CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.Version=$(VERSION)'
TINY     = bin/tinycheck
FUZZTIME ?= 30s
SOAKTIME ?= 30m

.PHONY: help run test check build bench bench-indicators benchmark-channels benchmark-detection fuzz score mutants load soak e2e lint format vet packages clean

help: ## list what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'

$(TINY): FORCE
	@$(BUILD) -o $@ ./cmd/tinycheck
FORCE:

run: $(TINY) ## write captures of simulated phones, analyze each, show the answers
	@./scripts/run $(TINY)

test: packages ## every test; on Debian as root it installs the packages that tests need
	CGO_ENABLED=0 $(GO) test -count=1 ./...
	@./scripts/architectures

check: format vet lint test ## what must hold before a change lands

format:
	@bad=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$bad" ]; then echo "not formatted: $$bad"; exit 1; fi

vet:
	$(GO) vet ./...

lint: ## golangci-lint, at the version of tools/go.mod
	$(GO) tool -modfile=tools/go.mod golangci-lint run ./...

build: ## static binaries for amd64, arm64 and armv7 in dist/
	@mkdir -p dist
	GOARCH=amd64 $(BUILD) -o dist/tinycheck-linux-amd64 ./cmd/tinycheck
	GOARCH=arm64 $(BUILD) -o dist/tinycheck-linux-arm64 ./cmd/tinycheck
	GOARCH=arm GOARM=7 $(BUILD) -o dist/tinycheck-linux-armv7 ./cmd/tinycheck
	@ls -l dist

bench: $(TINY) ## analyze beside tcpdump on a 500 MB capture, medians of 5 warm runs; from a contact to its notice
	@$(GO) run -C tools ./bench $(abspath $(TINY))
	$(GO) test -run '^$$' -bench Notice -benchtime 100x ./internal/recording

bench-indicators: $(TINY) ## what a million indicators cost: import, index, look-up, analyze
	@$(GO) run -C tools ./bench scale $(abspath $(TINY))
	$(GO) test -run '^$$' -bench 'Million|Name|Address' -benchtime 1s ./internal/match

benchmark-channels: ## every c2 indicator through every channel: is the level that of the table?
	$(GO) test -count=1 -v -run '^TestChannels$$' ./internal/analysis

benchmark-detection: ## every list at hand against phones that were spied on, and ordinary ones
	$(GO) test -count=1 -v -run '^TestDetection$$' ./internal/analysis

fuzz: ## each fuzz target for FUZZTIME (30s)
	@./scripts/fuzz $(FUZZTIME)

score: $(TINY) ## recall and precision on the packet corpus, where it is present
	@./scripts/score $(TINY)

mutants: ## break each rule that a case guards, and see the case fail
	$(GO) test -count=1 -timeout 60m -tags mutants -run '^TestMutants$$' -v ./internal/analysis

load: $(TINY) ## eight phones at 300 Mbit/s for a minute, then more than the machine can take (root)
	@$(GO) build -C tools -o ../bin/load ./load && bin/load $(TINY)

soak: $(TINY) ## 2 Mbit/s for 30 minutes: memory; then killed, is the file whole? (root)
	@$(GO) build -C tools -o ../bin/load ./load && bin/load soak $(TINY) $(SOAKTIME)

e2e: ## Wi-Fi for real: two simulated radios in a virtual machine, amd64 and arm64 (root)
	@./scripts/e2e all

packages:
	@./scripts/packages

clean: ## remove what was built
	rm -rf bin dist
