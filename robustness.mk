# The study "are top-down nets more robust?" for make; pipelines.mk includes it.
#
#     make -f path/to/herbarium/pipelines.mk robustness-study STUDY_PHOTOS=flowers -j8
#     make -f path/to/herbarium/pipelines.mk robustness-study STUDY_PHOTOS=flowers SMALL=1 -j2     # an hour on 2 cores
#
# STUDY_PHOTOS has two folders of class folders, train and test; every fifth photo of train is for validation. Below STUDY
# make writes
#
#     NET.SEED/net.st.zst    nets, by kind and seed of training
#     NET.SEED/TEST.tsv      what became of each test photo: peek --items after score or adversary
#     NET.SEED/verdict.txt   adversary's verdict on PGD: whether the net hides its gradients
#     td.SEED/exits.txt      early exits, with a threshold chosen on the validation photos
#     table.txt, curves.png  versus: all nets compared with the bottom-up net of as many multiply-adds
#
# Nets: td, uni and rev; macs and params, bottom-up nets that cost as much or have as many parameters as td; blurred, as
# macs, but behind the blur of the coarsest scale, which counts as part of its cost; td-adv and macs-adv, trained on
# adversarial photos.
#
# What has been made stays until the photos or the command for it have changed, so a study that was stopped goes on; its
# numbers do not depend on -j, for each job has one thread. At the end the table and all verdicts that failed are
# printed: a net that fails one is not shown to be robust.

# How it is written: a target is STUDY/KIND.SEED/TEST.tsv, and rules take their parts from its stem: with the stem KIND.SEED/TEST,
# $(*D) is the net and $(*F) the test. A prerequisite that depends on the stem has $$, for it is expanded once more when the target
# is known. To add a net, write its command as study_net.KIND and its name into study_kinds; an attack, as study_attack.TEST; a way
# to make photos worse, as study_degrade.TEST.

# Put back at the end.
study_goal := $(.DEFAULT_GOAL)

study_comma := ,
$(call herbarium_default,STUDY,robustness)
$(call herbarium_default,STUDY_PHOTOS,flowers)
$(call herbarium_default,SMALL,)
$(foreach v,STUDY STUDY_PHOTOS,$(call herbarium_whole,$v,$($v)))

# At full size and with SMALL=1. Any of them can be set. Radii are chosen so that accuracies pass from 80% to 20%.
study_default = $(call herbarium_default,$1,$(if $(SMALL),$3,$2))
$(call study_default,STUDY_SIZE,32,32)
$(call study_default,STUDY_ARCH,resnet32,resnet14)
$(call study_default,STUDY_SEEDS,1 2 3 4 5,1 2 3)
$(call study_default,STUDY_EPOCHS,100,16)
$(call study_default,STUDY_TRAIN_FLAGS,,)
$(call study_default,STUDY_BLUR,4,4)
$(call study_default,STUDY_ATTACKED,1000,250)
$(call study_default,STUDY_STANDARD,1000,25)
$(call study_default,STUDY_STANDARD_SEEDS,$(STUDY_SEEDS),1)
$(call study_default,STUDY_VERDICT_SEEDS,$(STUDY_SEEDS),1)
$(call study_default,STUDY_STEPS,20,10)
$(call herbarium_default,STUDY_NOISE,8/255$(study_comma)16/255$(study_comma)32/255)
$(call herbarium_default,STUDY_LINF,0.5/255$(study_comma)1/255$(study_comma)2/255$(study_comma)4/255)
$(call herbarium_default,STUDY_STANDARD_EPS,1/255)
$(call herbarium_default,STUDY_L2,0.05$(study_comma)0.1$(study_comma)0.2$(study_comma)0.4)

# --- What is compared: nets, photos, attacks ---

study_kinds := td macs uni rev params blurred td-adv macs-adv

# The net of kind td and of the same seed, with which others are matched.
study_td = $(STUDY)/td$(suffix $*)/net.st.zst

study_net.td       = topdown --arch td-$(STUDY_ARCH)
study_net.uni      = topdown --arch uni-$(STUDY_ARCH)
study_net.rev      = topdown --arch rev-$(STUDY_ARCH)
study_net.macs     = topdown --match macs $(study_td)
study_net.params   = topdown --match params $(study_td)
study_net.blurred  = topdown --match macs $(study_td) --blur $(STUDY_BLUR)
study_net.td-adv   = $(study_net.td) --adversarial fgsm --eps 2/255
study_net.macs-adv = $(study_net.macs) --adversarial fgsm --eps 2/255

study_degrade.blur-1  := --blur 1
study_degrade.blur-2  := --blur 2
study_degrade.jpeg-50 := --jpeg 50
study_degrade.jpeg-10 := --jpeg 10
study_degraded := blur-1 blur-2 jpeg-50 jpeg-10

study_attack.noise         = --attack noise --eps $(STUDY_NOISE)
study_attack.fgsm          = --attack fgsm --eps $(STUDY_LINF)
study_attack.pgd           = --attack pgd --steps $(STUDY_STEPS) --eps $(STUDY_LINF)
study_attack.pgd-l2        = --attack pgd --steps $(STUDY_STEPS) --norm l2 --eps $(STUDY_L2)
study_attack.low-frequency = --attack low-frequency --steps $(STUDY_STEPS) --eps $(STUDY_LINF)
study_attack.standard      = --attack standard --eps $(STUDY_STANDARD_EPS)
study_attacks := noise fgsm pgd pgd-l2 low-frequency standard

# Photos that the attack of the stem's file is given.
study_attacked = $(if $(filter standard,$(*F)),$(STUDY_STANDARD),$(STUDY_ATTACKED))

# $(call study_files,FILES,SEEDS): files of the nets of these seeds.
study_files = $(foreach seed,$2,$(foreach kind,$(study_kinds),$(1:%=$(STUDY)/$(kind).$(seed)/%)))

# A file that holds a command, written anew only if that has changed: what depends on it is then made again. (With
# herbarium_command in the list of prerequisites, make before 4.4 would write the files of all nets whatever it makes.)
study_note = @mkdir -p $(@D); echo '$(strip $1)' | cmp -s - $@ || echo '$(strip $1)' > $@
study_always: ;
.PHONY: study_always

# --- Photos ---

study_ingest = ingest --size $(STUDY_SIZE) --seed 0 --shuffle --quiet

# Every fifth photo of each class is for validation. The parts are folders of links, made anew: they must not be the
# user's own folders.
study_part = @if test $(STUDY) -ef $(STUDY_PHOTOS); then \
	echo 'robustness-study: STUDY and STUDY_PHOTOS are the same folder, $(STUDY): give STUDY another' >&2; exit 1; fi; \
	mkdir -p $(STUDY)/$*; find $(STUDY)/$* -type l -delete; find $(STUDY)/$* -mindepth 1 -type d -empty -delete; \
	for class in $(abspath $(STUDY_PHOTOS))/train/*/; do \
	to=$(STUDY)/$*/$$(basename "$$class"); mkdir -p "$$to"; \
	find -L "$$class" -type f | LC_ALL=C sort | awk 'NR % 5 $(if $(filter val,$*),==,!=) 0' | xargs -r -d '\n' ln -sft "$$to"; done

$(STUDY)/train.st.zst $(STUDY)/val.st.zst: $(STUDY)/%.st.zst: $(STUDY)/%.command | $(STUDY_PHOTOS) $(call herbarium_tool,ingest)
	$(study_part)
	$(call herbarium_run,$(study_ingest)) -o $@ $(STUDY)/$*

$(patsubst %,$(STUDY)/%.st.zst,test $(study_degraded)): $(STUDY)/%.st.zst: $(STUDY)/%.command | $(STUDY_PHOTOS) $(call herbarium_tool,ingest)
	$(call herbarium_run,$(study_ingest)) $(study_degrade.$*) -o $@ $(STUDY_PHOTOS)/test

# The command and, as a digest, what is in the folder.
$(patsubst %,$(STUDY)/%.command,train val test $(study_degraded)): $(STUDY)/%.command: study_always
	$(call study_note,$(study_ingest) $(study_degrade.$*) $(call herbarium_listing,$(STUDY_PHOTOS)/$(if $(filter train val,$*),train,test)))

# --- Nets ---

study_device = --threads 1 --device $(DEVICE) --quiet
study_train  = $(study_net.$(basename $*)) --seed $(patsubst .%,%,$(suffix $*)) --epochs $(STUDY_EPOCHS) --val $(STUDY)/val.st.zst $(study_device) $(STUDY_TRAIN_FLAGS)

$(call study_files,net.st.zst,$(STUDY_SEEDS)): $(STUDY)/%/net.st.zst: $(STUDY)/train.st.zst $(STUDY)/val.st.zst $$(filter $$(study_td),$$(study_train)) \
		$(STUDY)/%/net.command | $(call herbarium_tool,topdown)
	$(herbarium_gpu)$(call herbarium_run,$(study_train)) -o $@ < $<

$(call study_files,net.command,$(STUDY_SEEDS)): $(STUDY)/%/net.command: study_always
	$(call study_note,$(study_train))

# --- Tests: what becomes of each photo ---

# Clean photos are those of the file test.
$(call study_files,$(patsubst %,%.tsv,clean $(study_degraded)),$(STUDY_SEEDS)): $(STUDY)/%.tsv: $(STUDY)/$$(*D)/net.st.zst $(STUDY)/$$(patsubst clean,test,$$(*F)).st.zst \
		| $(call herbarium_tool,score) $(call herbarium_tool,peek)
	$(herbarium_gpu)$(call herbarium_run,score) --net $< $(study_device) < $(word 2,$^) | $(call herbarium_run,peek) --items -o $@

$(call study_files,$(study_attacks:%=%.tsv),$(STUDY_SEEDS)): $(STUDY)/%.tsv: $(STUDY)/$$(*D)/net.st.zst $(STUDY)/test.st.zst $(STUDY)/$$(*F).command \
		| $(call herbarium_tool,adversary) $(call herbarium_tool,peek)
	$(call herbarium_run,peek) --first $(study_attacked) < $(word 2,$^) | \
	$(herbarium_gpu)$(call herbarium_run,adversary) --net $< $(study_attack.$(*F)) --no-verdict $(study_device) | \
	$(call herbarium_run,peek) --items -o $@

$(study_attacks:%=$(STUDY)/%.command): $(STUDY)/%.command: study_always
	$(call study_note,$(study_attack.$*) $(study_attacked))

# A verdict that fails is a result, too; a table that says neither is none.
$(call study_files,verdict.txt,$(STUDY_SEEDS)): $(STUDY)/%/verdict.txt: $(STUDY)/%/net.st.zst $(STUDY)/test.st.zst $(STUDY)/pgd.command \
		| $(call herbarium_tool,adversary) $(call herbarium_tool,peek)
	$(call herbarium_run,peek) --first $(STUDY_ATTACKED) < $(STUDY)/test.st.zst | \
	$(herbarium_gpu)$(call herbarium_run,adversary) --net $< $(study_attack.pgd) $(study_device) --table > $@.part || grep -q FAILED $@.part || { rm -f $@.part; exit 1; }
	mv $@.part $@

$(STUDY_SEEDS:%=$(STUDY)/td.%/exits.txt): $(STUDY)/%/exits.txt: $(STUDY)/%/net.st.zst $(STUDY)/val.st.zst $(STUDY)/test.st.zst | $(call herbarium_tool,score)
	$(herbarium_gpu)$(call herbarium_run,score) --net $< $(study_device) --exit-threshold auto --exit-val $(STUDY)/val.st.zst \
		--exit-plot $(@D)/exits.png --table -o $@ < $(STUDY)/test.st.zst

# --- The whole ---

study_tables = $(foreach test,clean $(study_degraded) $(filter-out standard,$(study_attacks)),$(call study_files,$(test).tsv,$(STUDY_SEEDS))) \
	$(call study_files,standard.tsv,$(STUDY_STANDARD_SEEDS))
study_verdicts = $(call study_files,verdict.txt,$(STUDY_VERDICT_SEEDS))

$(STUDY)/table.txt: $(study_tables) | $(call herbarium_tool,versus)
	$(call herbarium_run,versus) --reference macs --plot $(STUDY)/curves.png -o $@ $^

.PHONY: robustness-study
robustness-study: $(STUDY)/table.txt $(STUDY_SEEDS:%=$(STUDY)/td.%/exits.txt) $(study_verdicts)
	@cat $<
	@grep FAILED $(study_verdicts) || true

.DEFAULT_GOAL := $(study_goal)
