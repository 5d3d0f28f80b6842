SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PREFIX := /usr/local

pure  := ingest montage peek versus
all   := $(patsubst tools/%/main.go,%,$(wildcard tools/*/main.go))
torch := $(filter-out $(pure),$(all))

.PHONY: help tools pure setup demo test bench rooms install clean FORCE

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 16

tools: $(all:%=build/bin/%) ## build the tools into build/bin

pure: $(pure:%=build/bin/%) ## build those that need no libtorch, before setup too

setup: build/gotch/setup.json ## find or install libtorch and adapt the Go binding to it

# --- Tools ---

# What programs are made of; folders, so that a deleted file is seen too.
sources := go.mod go.sum $(shell find format internal tools -mindepth 1 -name testdata -prune -o \
	\( -type d -o -type f ! -name '*_test.go' \) -print)

# Setup leaves this file alone when it finds nothing to do.
build/gotch/setup.json: FORCE
	@go run ./setup

go_build = go build -buildvcs=false -o $@ ./tools/$(@F)

$(pure:%=build/made/%): $(sources)
	CGO_ENABLED=0 $(go_build)

$(torch:%=build/made/%): build/made/%: $(sources) build/gotch/setup.json
	CGO_ENABLED=1 $(go_build)

# go build touches what it builds. Only a program that has changed is put in place, so that what it made
# stays up to date.
$(all:%=build/bin/%): build/bin/%: build/made/% | build/bin
	@cmp -s $< $@ || install $< $@

build/bin:
	@mkdir -p $@

# Montage is a name that ImageMagick uses, too.
bin  := $(DESTDIR)$(PREFIX)/bin
ours := grep -qF herbarium/internal/cli

# Under sudo, which hides go and $LIBTORCH, what has been built before is installed.
install: $(if $(SUDO_USER),,tools) ## install the tools below PREFIX=/usr/local, with pipelines.mk
	@for tool in $(all); do \
		if test -e "$(bin)/$$tool" && ! $(ours) "$(bin)/$$tool"; then echo "install: $(bin)/$$tool belongs to another package: choose another PREFIX" >&2; exit 1; fi; \
		type -aP $$tool | while read -r there; do $(ours) "$$there" || \
		echo "install: warning: $$there is of another package; which of the two $$tool means is decided by PATH" >&2; done || true; done
	install -d "$(bin)" "$(DESTDIR)$(PREFIX)/share/herbarium"
	install $(all:%=build/bin/%) "$(bin)"
	install -m 644 pipelines.mk robustness.mk "$(DESTDIR)$(PREFIX)/share/herbarium"

# --- Checks ---

test: setup ## vet and test everything
	go vet ./...
	OMP_NUM_THREADS=$(or $(OMP_NUM_THREADS),2) go test -timeout 20m ./...

bench: tools ## compare speed with the Python peers
	bash bench/run

rooms: ## print which rooms import which, for dot
	@echo 'digraph rooms {'
	@go list -f '{{$$p := .ImportPath}}{{range .Imports}}{{printf "%s %s\n" $$p .}}{{end}}' ./internal/... ./tools/... ./format | \
		sed -n 's#^herbarium/\([^ ]*\) herbarium/\(.*\)#\t"\1" -> "\2"#p'
	@echo '}'

clean: ## remove what make and setup have written
	rm -rf build
	if grep -sq '^// Written by go run ./setup' go.work; then rm -f go.work go.work.sum; fi

# --- Demo: the whole way from photos to pictures, through pipelines.mk ---

# make demo draws its own flowers; make demo DATA=FOLDER takes photos: FOLDER holds a folder of photos for
# each class, or has two such folders, train and test.
DATA :=
data := $(DATA:%/=%)

# Adversarial training (train --adversarial) makes pictures that people recognize; so do views that turn and move.
TRAIN_FLAGS  := --adversarial fgsm --eps 5/255 --smoothing 0 --crop-area 0.7
MAXACT_FLAGS := --jitter 2 --rotate 10

ifeq ($(data),)
demo         := build/demo
SIZE         := 32
EPOCHS       := 6
FLOWERS      := 6000
INGEST_FLAGS := --synthetic $(FLOWERS)
else
demo   := build/demo-$(notdir $(data))
SIZE   := 48
EPOCHS := 40
PHOTOS := $(or $(wildcard $(data)/train),$(data))
tests  := $(wildcard $(data)/test)
VAL    := $(tests:%=$(demo)/test.images.st.zst)
endif

include pipelines.mk

ifneq ($(data),)
$(call herbarium_whole,DATA,$(data))
$(if $(wildcard $(data)/.),,$(error DATA=$(DATA) is not a folder))
endif

demo: $(demo)/maxact.png $(demo)/photos.png $(demo)/sheet.png build/bin/peek ## draw what a small net has learned about flowers; DATA=FOLDER for your photos
	@echo "validation accuracy:     $$(build/bin/peek --json $(demo)/flowers.net.st.zst | $(accuracy))"
	@echo "what the net was shown:  $(demo)/photos.png"
	@echo "what it looks for:       $(demo)/maxact.png"
	@echo "side by side:            $(demo)/sheet.png"

# The last epoch's, from the history that the net carries.
accuracy = awk -F 'val_accuracy[^0-9]*' 'NF > 1 { printf "%.1f%%", 100 * $$NF }'

$(demo)/maxact.png $(demo)/photos.png $(demo)/sheet.png: $(demo)/%.png: $(demo)/flowers.%.png
	@ln -f $< $@

ifeq ($(data),)
$(demo)/flowers.images.st.zst: $$(call herbarium_command,$$@,$$(herbarium_ingest)) build/bin/ingest
	$(call herbarium_make,$(call herbarium_run,$(herbarium_ingest)) -o $@,$(herbarium_ingest))
else
$(demo)/test.images.st.zst: PHOTOS := $(tests)
$(demo)/flowers.images.st.zst $(demo)/test.images.st.zst: build/bin/ingest
endif

# Here, unlike in a Makefile of yours, a tool that has changed makes its results again.
$(demo)/flowers.net.st.zst: build/bin/train
$(demo)/flowers.maxact.st.zst: build/bin/maxact
$(demo)/flowers.maxact.png $(demo)/flowers.photos.png $(demo)/flowers.sheet.png: build/bin/montage
