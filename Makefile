# The commands of this repository. `make help` lists them.

GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 60s
ALL         := ./... ./testdata/bench

# Pure computation in one goroutine, on which the race detector would spend most of its time.
NORACE      := -gcflags=golang.org/x/crypto/scrypt=-race=false -gcflags=github.com/ncruces/go-sqlite3-wasm/v6=-race=false

# What the tests need beyond Go: a C compiler for the race detector, the
# servers that they start, and the programs with which strangers open a bundle.
PACKAGES := gcc libc6-dev postgresql mariadb-server mariadb-client freeradius freeradius-postgresql freeradius-utils strace zstd

.PHONY: help build test lint cross fuzz interop bench packages
.DEFAULT_GOAL := help

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

build: ## build ./writ
	CGO_ENABLED=0 $(GO) build -trimpath -o writ ./cmd/writ

test: packages lint cross ## install what the tests need (Debian), then run everything; CI runs this
	@.ci/fuzz 10s
	$(GO) test -race $(NORACE) -timeout 30m -tags servers $(ALL)

lint: ## gofmt, vet, staticcheck, go mod tidy
	@echo 'gofmt -l .'; bad=$$(gofmt -l .); [ -z "$$bad" ] || { echo "not gofmt-ed: $$bad"; exit 1; }
	$(GO) vet $(ALL)
	$(GO) vet -tags servers $(ALL)
	$(GO) run $(STATICCHECK) -tags servers $(ALL)
	$(GO) mod tidy -diff

cross: ## build what agencies run for Windows and for the browser
	GOOS=windows CGO_ENABLED=0 $(GO) build ./manifest/... ./crypto/...
	GOOS=js GOARCH=wasm $(GO) build ./manifest/... ./crypto/...

fuzz: ## fuzz every target for FUZZTIME (60s)
	@.ci/fuzz $(FUZZTIME)

interop: ## show that cosign, openssl, age, zstd, tar and a BagIt validator accept a delivery, and refuse tampered ones
	@.ci/packages zstd jq openssl
	@testdata/interop/run

bench: ## time writ beside psql, zstd, age, openssl and cosign, and write docs/benchmarks.md; BENCHFLAGS=--quick for less
	@.ci/packages postgresql zstd openssl
	@$(GO) run ./testdata/bench $(BENCHFLAGS)

packages:
	@.ci/packages $(PACKAGES)
