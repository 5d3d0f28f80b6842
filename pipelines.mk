# Herbarium for make: pattern rules from photos to a net to pictures, for a Makefile of yours.
#
#     # Makefile, beside a folder flowers/ that holds one folder of photos for each class
#     all: flowers.sheet.png flowers.maxact.png
#     SIZE   := 64
#     EPOCHS := 60
#     include path/to/herbarium/pipelines.mk
#
# From NAME/ make makes, as far as a target needs it:
#
#     NAME.images.st.zst   the photos, brought to SIZE
#     NAME.net.st.zst      a net trained on them
#     NAME.maxact.st.zst   what units of the net look for
#     NAME.maxact.png      these pictures with captions
#     NAME.photos.png      a few photos of each class
#     NAME.sheet.png       a row for each class: its picture, then photos
#
# Settings are make variables, for all targets or for one:
#
#     flowers.net.st.zst: ARCH := resnet32            # one net's own
#     big.images.st.zst:  PHOTOS := /data/flowers     # photos that lie elsewhere
#     flowers.net.st.zst: VAL := test.images.st.zst   # validate on the photos in test/
#     make EPOCHS=90                                  # for once; the environment does not count
#
# A target is made again when the photos, the command for it or what it is made from have changed, and
# only then. make -j is safe: tools put a whole file in place or none, and jobs that may use the same GPU
# wait for each other. Programs built anew make nothing old. Any other step is a rule of your own, in the
# same manner; tools that it runs by itself should be on PATH:
#
#     %.layer3.png: %.net.st.zst
#     	maxact --net $< --unit layer3:7 --unit layer3:9 | montage -o $@
#
# The rules need GNU make 4 and a POSIX shell, and set neither SHELL nor .SECONDARY nor a default goal;
# .SECONDEXPANSION they do set.

herbarium_home := $(patsubst ./%,%,$(dir $(lastword $(MAKEFILE_LIST))))

# Values that hold unless the Makefile or the command line sets them. ARCH and SIZE mean other things in
# some environments, so those are not asked.
herbarium_default = $(if $(filter undefined environment,$(origin $1)),$(eval $1 := $2))

# Where the tools are; empty: on PATH. A checkout uses, and if need be builds, its own.
$(call herbarium_default,HERBARIUM_BIN,$(if $(wildcard $(herbarium_home)go.mod),$(herbarium_home)build/bin))

$(call herbarium_default,PHOTOS,)         # files and folders of photos, instead of NAME
$(call herbarium_default,SIZE,48)         # pixels: N, or HxW
$(call herbarium_default,SEED,0)          # start of all random numbers
$(call herbarium_default,ARCH,resnet20)   # train --help lists them
$(call herbarium_default,EPOCHS,30)
$(call herbarium_default,VAL,)            # a file of images to validate on; else a share of the photos
$(call herbarium_default,UNITS,)          # units to draw, without spaces; else one picture for each class
$(call herbarium_default,SEEDS,1)         # pictures for each unit
$(call herbarium_default,STEPS,256)
$(call herbarium_default,SAMPLES,6)       # photos of a class that a sheet shows
$(call herbarium_default,DEVICE,auto)     # auto, cpu, cuda or cuda:N
$(call herbarium_default,INGEST_FLAGS,)   # more flags for each tool
$(call herbarium_default,TRAIN_FLAGS,)
$(call herbarium_default,MAXACT_FLAGS,)
$(call herbarium_default,MONTAGE_FLAGS,)
$(call herbarium_default,HERBARIUM_LOCK,/tmp/herbarium-gpu$(USER:%=-%).lock)

herbarium_ingest = ingest --size $(SIZE) --seed $(SEED) --shuffle $(INGEST_FLAGS)
herbarium_train  = train --arch $(ARCH) --epochs $(EPOCHS) --seed $(SEED) --device $(DEVICE) $(VAL:%=--val %) $(TRAIN_FLAGS)
herbarium_maxact = maxact $(UNITS:%=--unit '%') --seeds $(SEEDS) --steps $(STEPS) --seed $(SEED) --device $(DEVICE) $(MAXACT_FLAGS)
herbarium_sheet  = montage $(MONTAGE_FLAGS)
herbarium_rows   = montage --rows class --columns $(SAMPLES) $(MONTAGE_FLAGS)

# A command with the path of its tool; the tool's file, if there is a folder for them.
herbarium_run  = $(addsuffix /,$(HERBARIUM_BIN))$(strip $1)
herbarium_tool = $(addsuffix /$1,$(HERBARIUM_BIN))

# Prefix of commands that may use a GPU: one at a time.
herbarium_gpu = $(if $(filter cpu,$(DEVICE)),,$(if $(wildcard /dev/nvidia[0-9]*),flock $(HERBARIUM_LOCK) ))

# The file beside a target that holds the command for it; $(call herbarium_command,TARGET,COMMAND) names
# it, after writing it if it says anything else. As a prerequisite it makes a changed command tell.
herbarium_command = $(call herbarium_note,$(dir $1).$(notdir $1).command,$(strip $2))
herbarium_note = $(if $(call herbarium_differ,$(file <$1),$2),$(shell mkdir -p $(dir $1))$(file >$1,$2))$1
herbarium_differ = $(subst x$1x,,x$2x)$(subst x$2x,,x$1x)

# The same for photos, with a digest of name, size and time of every file below the folders $2. A folder's
# own time would not see what changes deeper down, and file names with spaces cannot be prerequisites.
herbarium_photos = $(if $(wildcard $2),$(call herbarium_command,$1,$(herbarium_ingest) $(call herbarium_listing,$2)))
herbarium_listing = $(shell find -L $1 -type f -printf '%p %s %T@\n' 2>/dev/null | LC_ALL=C sort | sha256sum | cut -d' ' -f1)

# make remembers what a folder holds and would not find a file that has just been written there; so there is
# a rule for it, with nothing to do.
.%.command: ;

# Made on the way to something else, and kept.
.PRECIOUS: %.images.st.zst %.net.st.zst %.maxact.st.zst .%.command

.SECONDEXPANSION:

%.images.st.zst: $$(call herbarium_photos,$$@,$$(or $$(PHOTOS),$$*)) | $$(or $$(PHOTOS),$$*) $$(call herbarium_tool,ingest)
	$(call herbarium_run,$(herbarium_ingest)) -o $@ $(or $(PHOTOS),$*)

%.net.st.zst: %.images.st.zst $$(VAL) $$(call herbarium_command,$$@,$$(herbarium_train)) | $$(call herbarium_tool,train)
	$(herbarium_gpu)$(call herbarium_run,$(herbarium_train)) -o $@ < $<

%.maxact.st.zst: %.net.st.zst $$(call herbarium_command,$$@,$$(herbarium_maxact)) | $$(call herbarium_tool,maxact)
	$(herbarium_gpu)$(call herbarium_run,$(herbarium_maxact)) --net $< -o $@

%.maxact.png: %.maxact.st.zst $$(call herbarium_command,$$@,$$(herbarium_sheet)) | $$(call herbarium_tool,montage)
	$(call herbarium_run,$(herbarium_sheet)) -o $@ < $<

%.photos.png: %.images.st.zst $$(call herbarium_command,$$@,$$(herbarium_rows)) | $$(call herbarium_tool,montage)
	$(call herbarium_run,$(herbarium_rows)) -o $@ < $<

%.sheet.png: %.maxact.st.zst %.images.st.zst $$(call herbarium_command,$$@,$$(herbarium_rows)) | $$(call herbarium_tool,montage)
	cat $*.maxact.st.zst $*.images.st.zst | $(call herbarium_run,$(herbarium_rows)) -o $@

# Tools of a checkout that are not there yet: one command makes them all, so that -j starts it once.
herbarium_tools := $(patsubst $(herbarium_home)tools/%/main.go,%,$(wildcard $(herbarium_home)tools/*/main.go))
herbarium_build := $(foreach t,$(herbarium_tools),$(herbarium_home)build/%/$t)
ifneq ($(herbarium_build),)
.PRECIOUS: $(herbarium_build)
$(herbarium_build):
	$(MAKE) -C $(or $(herbarium_home),.) tools
endif

# The study of top-down nets: make robustness-study.
-include $(herbarium_home)robustness.mk
