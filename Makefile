# todoke: `make help` lists what there is.
SHELL := /bin/bash
GO ?= go
BIN := bin/todoke
GOLANGCI_LINT_VERSION := v2.15.0
TEST_PACKAGES := chromium dovecot-imapd gcc libc6-dev libreoffice-calc libtiff-tools poppler-utils qpdf zbar-tools # gcc: the race detector needs cgo

.DEFAULT_GOAL := help
.PHONY: help demo build test lint e2e chaos soak month settle bench generate train clean postgres

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: postgres build ## run the main job on sample faxes, mails and web orders, on a private PostgreSQL and Dovecot
	@scripts/need.sh dovecot-imapd || echo 'demo: without Dovecot the mailbox is a server in memory' >&2
	@$(BIN) demo $(if $(DATA),--data $(DATA))

build: ## build the one binary, bin/todoke
	@[ -e $(BIN) ] || echo 'building todoke (the first time: a few minutes, with its modules)'
	@$(GO) build -trimpath -o $(BIN) ./cmd/todoke

postgres: # installs PostgreSQL's binaries where they are missing; starts nothing
	@scripts/need.sh postgres

# Pages by the thousand, one after the other: what reads them side by side is raced elsewhere.
UNRACED := ingest/form ingest/fax bench/decode bench/fax
test: ## install what the tests need, then run all of them, with the race detector but for those four
	@scripts/need.sh postgres $(TEST_PACKAGES)
	$(GO) vet ./...
	NEEDS_ALL=1 $(GO) test -race -timeout 14m $$($(GO) list ./... | grep -vxE '$(subst $(eval) ,|,$(addprefix todoke/,$(UNRACED)))')
	NEEDS_ALL=1 $(GO) test -timeout 14m $(addprefix ./,$(UNRACED))
	$(GO) test -run 'TestReadingAllocatesNothing|TestHostileServers|TestNothingThatMustBeSeen' ./ingest/glyph ./ingest/mailbox ./bench/page # the race detector allocates, and takes its time

e2e: postgres ## the real binary against real servers, as a user would drive it
	@scripts/need.sh $(TEST_PACKAGES)
	$(GO) test -count=1 -v -timeout 20m ./e2e/...

chaos: postgres ## N mails while everything is killed KILLS times at random (SEED): nothing lost, nothing twice
	@scripts/need.sh $(TEST_PACKAGES)
	CHAOS_N=$(or $(N),2000) CHAOS_KILLS=$(or $(KILLS),50) CHAOS_SEED=$(or $(SEED),1) $(GO) test -count=1 -v -timeout 2h ./e2e/chaos

soak: postgres ## N operations at random on one shop, many at once: nothing is oversold, nothing lost
	@scripts/need.sh $(TEST_PACKAGES)
	SOAK=$(or $(N),200000) $(GO) test -count=1 -v -timeout 6h -run TestSimulation ./store

month: postgres build ## a simulated month of N orders (SEED): every invariant after each day, a page of figures (OUT)
	$(BIN) bench month --orders $(or $(N),60000) --seed $(or $(SEED),1) -o $(or $(OUT),bin/month.html)

settle: postgres ## a practised person settles N doubtful faxes in Chromium: keystrokes, seconds, waits
	@scripts/need.sh $(TEST_PACKAGES)
	SETTLE_N=$(or $(N),100) $(GO) test -count=1 -v -timeout 1h -run TestMeasure ./e2e/desk

lint: bin/golangci-lint-$(GOLANGCI_LINT_VERSION) ## static checks and the import rules of the layout
	bin/golangci-lint-$(GOLANGCI_LINT_VERSION) run ./...

bin/golangci-lint-$(GOLANGCI_LINT_VERSION):
	GOBIN=$(CURDIR)/bin/install $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	mv bin/install/golangci-lint $@ && rmdir bin/install

FUZZTIME ?= 60s
fuzz: ## run every fuzz target for FUZZTIME each (60s); ONLY=part of a path or name runs some alone
	GO=$(GO) FUZZTIME=$(FUZZTIME) ONLY=$(ONLY) scripts/fuzz.sh

bench: postgres build ## the project's figures: reading, decoding, allocation, web orders
	@scripts/need.sh $(TEST_PACKAGES)
	$(GO) test -run '^$$' -bench . -benchtime 2s ./...
	$(BIN) bench fax
	$(BIN) bench mailbox
	$(BIN) bench orders

generate: ## write the golden files again after an intended change (API description, form geometry, documents)
	$(GO) test ./api ./templates/document ./templates/form -update

train: ## train the digit recogniser again, reproducibly (about an hour on one core)
	train/run.sh

clean: ## delete what the targets above built
	rm -rf bin demo
