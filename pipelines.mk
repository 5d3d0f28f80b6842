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
#     NAME.images.st.zst   the photos, brought to SIZE, or to what the net FOR takes
#     NAME.net.st.zst      a net trained on them; where there is NAME.onnx, NAME.pth or NAME.pt, that file, adopted
#     NAME.maxact.st.zst   what units of the net look for
#     NAME.maxact.png      these pictures with captions
#     NAME.photos.png      a few photos of each class
#     NAME.sheet.png       a row for each class: its picture, then photos
#     NAME.score.txt       how often the net is right on the photos of TEST
#     NAME.score.st.zst    these photos, each with what the net sees in it
#     NAME.adversary.txt   how many of them withstand attacks; no file where adversary's verdict is that the number is not to be trusted
#     NAME.adversary.st.zst, NAME.adversary.png      the attacked photos; with what was changed
#     NAME.caricature.st.zst, NAME.caricature.png    what layers see in the first FEW photos of TEST, exaggerated
#     NAME.invert.st.zst, NAME.invert.png            these photos as layers remember them
#
# Settings are make variables, for all targets or for one:
#
#     flowers.net.st.zst: ARCH := resnet32            # one net's own
#     big.images.st.zst:  PHOTOS := /data/flowers     # photos that lie elsewhere
#     flowers.net.st.zst: VAL := test.images.st.zst   # validate on the photos in test/
#     flowers.score.txt:  TEST := test.images.st.zst  # score on them
#     make EPOCHS=90                                  # for once; the environment does not count
#
# A target is made again when the photos, the command for it or what it is made from have changed, and
# only then; the command is in a file .TARGET.command beside it. make -j is safe: tools put a whole file in
# place or none, and jobs that may use the same GPU wait for each other. Programs built anew make nothing
# old. make takes a name with a blank for two: such names are refused. Any other step is a rule of your own,
# in the same manner; tools that it runs by itself should be on PATH:
#
#     %.layer3.png: %.net.st.zst
#     	maxact --net $< --unit layer3:7 --unit layer3:9 | montage -o $@
#
# The rules need GNU make 4 and a POSIX shell, and set neither SHELL nor .SECONDARY nor a default goal;
# .SECONDEXPANSION they do set, and .DELETE_ON_ERROR: what a step that failed has written is no result.

.DELETE_ON_ERROR:

herbarium_home := $(patsubst ./%,%,$(dir $(lastword $(MAKEFILE_LIST))))

# make splits names at blanks. $(call herbarium_whole,WHAT,NAME) refuses a name with one and says what to do.
herbarium_whole = $(if $(word 2,$2),$(error $1 "$2": make takes a name with a blank for $(words $2) names; \
	rename the file or folder, or link to it: ln -s "OLD NAME" NEW_NAME))

# The name of this file came through make, too.
ifeq ($(wildcard $(lastword $(MAKEFILE_LIST))),)
$(error pipelines.mk lies below a folder whose name has a blank, which make takes for two names; include it through a link without blanks)
endif

# Values that hold unless the Makefile or the command line sets them. ARCH and SIZE mean other things in
# some environments, so those are not asked.
herbarium_default = $(if $(filter undefined environment,$(origin $1)),$(eval $1 := $2))

# Where the tools are; empty: on PATH. A checkout uses, and if need be builds, its own.
$(call herbarium_default,HERBARIUM_BIN,$(if $(wildcard $(herbarium_home)go.mod),$(herbarium_home)build/bin))

$(call herbarium_default,PHOTOS,)         # files and folders of photos, instead of NAME
$(call herbarium_default,SIZE,48)         # pixels: N, or HxW
$(call herbarium_default,FOR,)            # a net that photos are prepared for, instead of SIZE; by default an adopted net NAME
$(call herbarium_default,SEED,0)          # start of all random numbers
$(call herbarium_default,ARCH,resnet20)   # train --help lists them
$(call herbarium_default,EPOCHS,30)
$(call herbarium_default,VAL,)            # a file of images to validate on; else a share of the photos
$(call herbarium_default,TEST,)           # a file of images to score, attack, exaggerate and invert; else NAME.images.st.zst
$(call herbarium_default,FEW,4)           # how many of them are exaggerated and inverted
$(call herbarium_default,UNITS,)          # units to draw, without spaces; else one picture for each class
$(call herbarium_default,SEEDS,1)         # pictures for each unit
$(call herbarium_default,STEPS,256)
$(call herbarium_default,SAMPLES,6)       # photos of a class that a sheet shows
$(call herbarium_default,DEVICE,auto)     # auto, cpu, cuda or cuda:N
$(call herbarium_default,INGEST_FLAGS,)   # more flags for each tool
$(call herbarium_default,TRAIN_FLAGS,)
$(call herbarium_default,MAXACT_FLAGS,)
$(call herbarium_default,MONTAGE_FLAGS,)
$(call herbarium_default,ADOPT_FLAGS,)
$(call herbarium_default,SCORE_FLAGS,)
$(call herbarium_default,ADVERSARY_FLAGS,)
$(call herbarium_default,CARICATURE_FLAGS,)
$(call herbarium_default,INVERT_FLAGS,)
$(call herbarium_default,HERBARIUM_LOCK,/tmp/herbarium-gpu$(USER:%=-%).lock)

# The file of an adopted net, for the stem of a target; the net that photos are prepared for.
herbarium_foreign = $(firstword $(if $1,$(wildcard $(addprefix $1,.onnx .pth .pt))))
herbarium_for = $(or $(FOR),$(if $(call herbarium_foreign,$*),$*.net.st.zst))

herbarium_ingest     = ingest $(if $(herbarium_for),--for $(herbarium_for),--size $(SIZE)) --seed $(SEED) --shuffle $(INGEST_FLAGS)
herbarium_train      = train --arch $(ARCH) --epochs $(EPOCHS) --seed $(SEED) --device $(DEVICE) $(VAL:%=--val %) $(TRAIN_FLAGS)
herbarium_adopt      = adopt $(ADOPT_FLAGS)
herbarium_maxact     = maxact $(UNITS:%=--unit '%') --seeds $(SEEDS) --steps $(STEPS) --seed $(SEED) --device $(DEVICE) $(MAXACT_FLAGS)
herbarium_score      = score --device $(DEVICE) $(SCORE_FLAGS)
herbarium_adversary  = adversary --seed $(SEED) --device $(DEVICE) $(ADVERSARY_FLAGS)
herbarium_caricature = caricature --seed $(SEED) --device $(DEVICE) $(CARICATURE_FLAGS)
herbarium_invert     = invert --seed $(SEED) --device $(DEVICE) $(INVERT_FLAGS)
herbarium_sheet      = montage $(MONTAGE_FLAGS)
herbarium_triptych   = montage --triptych $(MONTAGE_FLAGS)
herbarium_rows       = montage --rows class --columns $(SAMPLES) $(MONTAGE_FLAGS)

# $(call herbarium_one,VARIABLE) is its value, the name of one file.
herbarium_one = $(call herbarium_whole,$1,$($1))$($1)
$(foreach v,FOR VAL TEST HERBARIUM_BIN,$(call herbarium_whole,$v,$($v)))

# A command with the path of its tool; the tool's file, if there is a folder for them.
herbarium_run  = $(addsuffix /,$(HERBARIUM_BIN))$(strip $1)
herbarium_tool = $(addsuffix /$1,$(HERBARIUM_BIN))

# Prefix of commands that may use a GPU: one at a time.
herbarium_gpu = $(if $(filter cpu,$(DEVICE)),,$(if $(wildcard /dev/nvidia[0-9]*),flock $(HERBARIUM_LOCK) ))

# The file beside a target that holds the command that it was made with.
herbarium_note = $(dir $1).$(notdir $1).command

# $(call herbarium_command,TARGET,COMMAND), as a prerequisite, makes TARGET old if it was made with another command.
herbarium_command = $(if $(call herbarium_differ,$(file <$(call herbarium_note,$1)),$(strip $2)),herbarium_changed)
herbarium_differ = $(subst x$1x,,x$2x)$(subst x$2x,,x$1x)
.PHONY: herbarium_changed

# First among the prerequisites of a pattern: none, but an error where the target's name has a blank.
herbarium_name = $(call herbarium_whole,target,$@)

# $(call herbarium_make,RUN,COMMAND): a recipe that runs RUN and then writes the COMMAND down. Nothing is written by looking
# (make -n), nor by a run that fails.
define herbarium_make
$(if $(wildcard $(@D)),,@mkdir -p $(@D))
$1
@printf '%s\n' '$(subst ','\'',$(strip $2))' > $(call herbarium_note,$@)
endef

# The same for photos, with a digest of name, size and time of every file below the folders $2. A folder's
# own time would not see what changes deeper down, and file names with spaces cannot be prerequisites.
herbarium_photos = $(call herbarium_folders,$2)$(if $(wildcard $2),$(call herbarium_command,$1,$(call herbarium_pictures,$2)))
herbarium_pictures = $(herbarium_ingest) $(call herbarium_listing,$1)
herbarium_listing = $(shell find -L $1 -type f -printf '%p %s %T@\n' 2>/dev/null | LC_ALL=C sort | sha256sum | cut -d' ' -f1)

# Several folders are several words, unless they are the pieces of one that is there.
herbarium_folders = $(if $(word 2,$1),$(if $(shell test -e '$(subst ','\'',$1)' && echo yes),$(call herbarium_whole,PHOTOS,$1)))

# Made on the way to something else, and kept.
.PRECIOUS: %.images.st.zst %.net.st.zst %.maxact.st.zst %.score.st.zst %.adversary.st.zst %.caricature.st.zst %.invert.st.zst

.SECONDEXPANSION:

%.images.st.zst: $$(call herbarium_photos,$$@,$$(or $$(PHOTOS),$$*)) $$(herbarium_for) | $$(or $$(PHOTOS),$$*) $$(call herbarium_tool,ingest)
	$(call herbarium_make,$(call herbarium_run,$(herbarium_ingest)) -o $@ $(or $(PHOTOS),$*),$(call herbarium_pictures,$(or $(PHOTOS),$*)))

# Before the rule that trains: a net that is there need not be made of photos beside it. Not NAME.safetensors, which may have
# been made of NAME.net.st.zst.
define herbarium_adopts
%.net.st.zst: $$$$(herbarium_name) %.$1 $$$$(call herbarium_command,$$$$@,$$$$(herbarium_adopt)) | $$$$(call herbarium_tool,adopt)
	$$(call herbarium_make,$$(call herbarium_run,$$(herbarium_adopt)) $$< -o $$@,$$(herbarium_adopt))
endef
$(foreach kind,onnx pth pt,$(eval $(call herbarium_adopts,$(kind))))

%.net.st.zst: $$(herbarium_name) %.images.st.zst $$(call herbarium_one,VAL) $$(call herbarium_command,$$@,$$(herbarium_train)) | $$(call herbarium_tool,train)
	$(call herbarium_make,$(herbarium_gpu)$(call herbarium_run,$(herbarium_train)) -o $@ < $<,$(herbarium_train))

%.maxact.st.zst: $$(herbarium_name) %.net.st.zst $$(call herbarium_command,$$@,$$(herbarium_maxact)) | $$(call herbarium_tool,maxact)
	$(call herbarium_make,$(herbarium_gpu)$(call herbarium_run,$(herbarium_maxact)) --net $< -o $@,$(herbarium_maxact))

%.maxact.png: $$(herbarium_name) %.maxact.st.zst $$(call herbarium_command,$$@,$$(herbarium_sheet)) | $$(call herbarium_tool,montage)
	$(call herbarium_make,$(call herbarium_run,$(herbarium_sheet)) -o $@ < $<,$(herbarium_sheet))

%.photos.png: $$(herbarium_name) %.images.st.zst $$(call herbarium_command,$$@,$$(herbarium_rows)) | $$(call herbarium_tool,montage)
	$(call herbarium_make,$(call herbarium_run,$(herbarium_rows)) -o $@ < $<,$(herbarium_rows))

%.sheet.png: $$(herbarium_name) %.maxact.st.zst %.images.st.zst $$(call herbarium_command,$$@,$$(herbarium_rows)) | $$(call herbarium_tool,montage)
	$(call herbarium_make,cat $*.maxact.st.zst $*.images.st.zst | $(call herbarium_run,$(herbarium_rows)) -o $@,$(herbarium_rows))

# What is done with a net and photos: to all of them, or to the first few.
herbarium_test = $(or $(call herbarium_one,TEST),$*.images.st.zst)
herbarium_few = $(call herbarium_run,peek) --first $(FEW) < $(herbarium_test) | $(herbarium_gpu)$(call herbarium_run,$1) --net $< -o $@

%.score.st.zst: $$(herbarium_name) %.net.st.zst $$(herbarium_test) $$(call herbarium_command,$$@,$$(herbarium_score)) | $$(call herbarium_tool,score)
	$(call herbarium_make,$(herbarium_gpu)$(call herbarium_run,$(herbarium_score)) --net $< -o $@ < $(herbarium_test),$(herbarium_score))

%.score.txt: $$(herbarium_name) %.net.st.zst $$(herbarium_test) $$(call herbarium_command,$$@,$$(herbarium_score)) | $$(call herbarium_tool,score)
	$(call herbarium_make,$(herbarium_gpu)$(call herbarium_run,$(herbarium_score)) --net $< --table -o $@ < $(herbarium_test),$(herbarium_score))

%.adversary.st.zst: $$(herbarium_name) %.net.st.zst $$(herbarium_test) $$(call herbarium_command,$$@,$$(herbarium_adversary)) | $$(call herbarium_tool,adversary)
	$(call herbarium_make,$(herbarium_gpu)$(call herbarium_run,$(herbarium_adversary)) --net $< -o $@ < $(herbarium_test),$(herbarium_adversary))

%.adversary.txt: $$(herbarium_name) %.net.st.zst $$(herbarium_test) $$(call herbarium_command,$$@,$$(herbarium_adversary)) | $$(call herbarium_tool,adversary)
	$(call herbarium_make,$(herbarium_gpu)$(call herbarium_run,$(herbarium_adversary)) --net $< --table -o $@ < $(herbarium_test),$(herbarium_adversary))

%.adversary.png: $$(herbarium_name) %.adversary.st.zst $$(call herbarium_command,$$@,$$(herbarium_triptych)) | $$(call herbarium_tool,montage)
	$(call herbarium_make,$(call herbarium_run,$(herbarium_triptych)) -o $@ < $<,$(herbarium_triptych))

%.caricature.st.zst: $$(herbarium_name) %.net.st.zst $$(herbarium_test) $$(call herbarium_command,$$@,$$(herbarium_caricature) $$(FEW)) | $$(call herbarium_tool,caricature) $$(call herbarium_tool,peek)
	$(call herbarium_make,$(call herbarium_few,$(herbarium_caricature)),$(herbarium_caricature) $(FEW))

%.invert.st.zst: $$(herbarium_name) %.net.st.zst $$(herbarium_test) $$(call herbarium_command,$$@,$$(herbarium_invert) $$(FEW)) | $$(call herbarium_tool,invert) $$(call herbarium_tool,peek)
	$(call herbarium_make,$(call herbarium_few,$(herbarium_invert)),$(herbarium_invert) $(FEW))

%.caricature.png: $$(herbarium_name) %.caricature.st.zst $$(call herbarium_command,$$@,$$(herbarium_sheet)) | $$(call herbarium_tool,montage)
	$(call herbarium_make,$(call herbarium_run,$(herbarium_sheet)) -o $@ < $<,$(herbarium_sheet))

%.invert.png: $$(herbarium_name) %.invert.st.zst $$(call herbarium_command,$$@,$$(herbarium_sheet)) | $$(call herbarium_tool,montage)
	$(call herbarium_make,$(call herbarium_run,$(herbarium_sheet)) -o $@ < $<,$(herbarium_sheet))

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
