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

# Put back at the end.
herbarium_goal := $(.DEFAULT_GOAL)

herbarium_comma := ,
$(call herbarium_default,STUDY,robustness)
$(call herbarium_default,STUDY_PHOTOS,flowers)
$(call herbarium_default,SMALL,)

# At full size and with SMALL=1. Any of them can be set. Radii are chosen so that accuracies pass from 80% to 20%.
herbarium_study_default = $(call herbarium_default,$1,$(if $(SMALL),$3,$2))
$(call herbarium_study_default,STUDY_SIZE,32,32)
$(call herbarium_study_default,STUDY_ARCH,resnet32,resnet14)
$(call herbarium_study_default,STUDY_SEEDS,1 2 3 4 5,1 2 3)
$(call herbarium_study_default,STUDY_EPOCHS,100,16)
$(call herbarium_study_default,STUDY_TRAIN_FLAGS,,)
$(call herbarium_study_default,STUDY_BLUR,4,4)
$(call herbarium_study_default,STUDY_ATTACKED,1000,250)
$(call herbarium_study_default,STUDY_STANDARD,1000,25)
$(call herbarium_study_default,STUDY_STANDARD_SEEDS,$(STUDY_SEEDS),1)
$(call herbarium_study_default,STUDY_VERDICT_SEEDS,$(STUDY_SEEDS),1)
$(call herbarium_study_default,STUDY_STEPS,20,10)
$(call herbarium_default,STUDY_NOISE,8/255$(herbarium_comma)16/255$(herbarium_comma)32/255)
$(call herbarium_default,STUDY_LINF,0.5/255$(herbarium_comma)1/255$(herbarium_comma)2/255$(herbarium_comma)4/255)
$(call herbarium_default,STUDY_STANDARD_EPS,1/255)
$(call herbarium_default,STUDY_L2,0.05$(herbarium_comma)0.1$(herbarium_comma)0.2$(herbarium_comma)0.4)

# --- Nets: a folder is called KIND.SEED ---

herbarium_study_nets = $(foreach seed,$(STUDY_SEEDS),$(patsubst %,%.$(seed),td macs uni rev params blurred td-adv macs-adv))
# A file of each net, and of each net of some seeds.
herbarium_study_each = $(herbarium_study_nets:%=$(STUDY)/%/$1)
herbarium_study_of   = $(foreach seed,$1,$(patsubst %,$(STUDY)/%/$2,$(filter %.$(seed),$(herbarium_study_nets))))

herbarium_study_td    = topdown --arch $1-$(STUDY_ARCH)
herbarium_study_match = topdown --match $1 $(STUDY)/td.$2/net.st.zst
herbarium_study_adv   = --adversarial fgsm --eps 2/255

herbarium_study_net.td       = $(call herbarium_study_td,td)
herbarium_study_net.uni      = $(call herbarium_study_td,uni)
herbarium_study_net.rev      = $(call herbarium_study_td,rev)
herbarium_study_net.macs     = $(call herbarium_study_match,macs,$1)
herbarium_study_net.params   = $(call herbarium_study_match,params,$1)
herbarium_study_net.blurred  = $(call herbarium_study_match,macs,$1) --blur $(STUDY_BLUR)
herbarium_study_net.td-adv   = $(call herbarium_study_td,td) $(herbarium_study_adv)
herbarium_study_net.macs-adv = $(call herbarium_study_match,macs,$1) $(herbarium_study_adv)

herbarium_study_seed = $(patsubst .%,%,$(suffix $1))
herbarium_study_fit  = $(call herbarium_study_net.$(basename $1),$(call herbarium_study_seed,$1)) --seed $(call herbarium_study_seed,$1) \
	--epochs $(STUDY_EPOCHS) --val $(STUDY)/val.st.zst --threads 1 --device $(DEVICE) --quiet $(STUDY_TRAIN_FLAGS)
# The net that another is matched with.
herbarium_study_model = $(if $(findstring --match,$(call herbarium_study_fit,$1)),$(STUDY)/td$(suffix $1)/net.st.zst)

$(call herbarium_study_each,net.st.zst): $(STUDY)/%/net.st.zst: $(STUDY)/train.st.zst $(STUDY)/val.st.zst $$(call herbarium_study_model,$$*) \
		$(STUDY)/%/net.command | $(call herbarium_tool,topdown)
	$(herbarium_gpu)$(call herbarium_run,$(call herbarium_study_fit,$*)) -o $@ < $<

# A file that holds a command, written anew only if that has changed: what depends on it is then made again. (With
# herbarium_command in the list of prerequisites, make before 4.4 would write the files of all nets whatever it makes.)
herbarium_study_note = @mkdir -p $(@D); echo '$(strip $1)' | cmp -s - $@ || echo '$(strip $1)' > $@

$(call herbarium_study_each,net.command): $(STUDY)/%/net.command: herbarium_study_always
	$(call herbarium_study_note,$(call herbarium_study_fit,$*))
herbarium_study_always: ;
.PHONY: herbarium_study_always

# --- Photos ---

herbarium_study_ingest = ingest --size $(STUDY_SIZE) --seed 0 --shuffle --quiet

# Every fifth photo of each class is for validation. The parts are folders of links, made anew: they must not be the
# user's own folders.
herbarium_study_part = @if test $(STUDY) -ef $(STUDY_PHOTOS); then \
	echo 'robustness-study: STUDY and STUDY_PHOTOS are the same folder, $(STUDY): give STUDY another' >&2; exit 1; fi; \
	mkdir -p $(STUDY)/$1; find $(STUDY)/$1 -type l -delete; find $(STUDY)/$1 -mindepth 1 -type d -empty -delete; \
	for class in $(abspath $(STUDY_PHOTOS))/train/*/; do \
	to=$(STUDY)/$1/$$(basename "$$class"); mkdir -p "$$to"; \
	find -L "$$class" -type f | LC_ALL=C sort | awk 'NR % 5 $(if $(filter val,$1),==,!=) 0' | xargs -r -d '\n' ln -sft "$$to"; done

$(STUDY)/train.st.zst $(STUDY)/val.st.zst: $(STUDY)/%.st.zst: $(STUDY)/%.command | $(STUDY_PHOTOS) $(call herbarium_tool,ingest)
	$(call herbarium_study_part,$*)
	$(call herbarium_run,$(herbarium_study_ingest)) -o $@ $(STUDY)/$*

herbarium_study_test.test    :=
herbarium_study_test.blur-1  := --blur 1
herbarium_study_test.blur-2  := --blur 2
herbarium_study_test.jpeg-50 := --jpeg 50
herbarium_study_test.jpeg-10 := --jpeg 10
herbarium_study_degraded     := blur-1 blur-2 jpeg-50 jpeg-10
herbarium_study_tested       := test $(herbarium_study_degraded)

$(herbarium_study_tested:%=$(STUDY)/%.st.zst): $(STUDY)/%.st.zst: $(STUDY)/%.command | $(STUDY_PHOTOS) $(call herbarium_tool,ingest)
	$(call herbarium_run,$(herbarium_study_ingest)) $(herbarium_study_test.$*) -o $@ $(STUDY_PHOTOS)/test

# The command and, as a digest, what is in the folder.
$(patsubst %,$(STUDY)/%.command,train val $(herbarium_study_tested)): $(STUDY)/%.command: herbarium_study_always
	$(call herbarium_study_note,$(herbarium_study_ingest) $(herbarium_study_test.$*) \
		$(call herbarium_listing,$(STUDY_PHOTOS)/$(if $(filter train val,$*),train,test)))

# --- Tests: what becomes of each photo ---

herbarium_study_device = --threads 1 --device $(DEVICE) --quiet
herbarium_study_attack.noise         = --attack noise --eps $(STUDY_NOISE)
herbarium_study_attack.fgsm          = --attack fgsm --eps $(STUDY_LINF)
herbarium_study_attack.pgd           = --attack pgd --steps $(STUDY_STEPS) --eps $(STUDY_LINF)
herbarium_study_attack.pgd-l2        = --attack pgd --steps $(STUDY_STEPS) --norm l2 --eps $(STUDY_L2)
herbarium_study_attack.low-frequency = --attack low-frequency --steps $(STUDY_STEPS) --eps $(STUDY_LINF)
herbarium_study_attack.standard      = --attack standard --eps $(STUDY_STANDARD_EPS)
herbarium_study_attacks := noise fgsm pgd pgd-l2 low-frequency standard

herbarium_study_first   = $(if $(filter standard,$1),$(STUDY_STANDARD),$(STUDY_ATTACKED))

$(herbarium_study_attacks:%=$(STUDY)/%.command): $(STUDY)/%.command: herbarium_study_always
	$(call herbarium_study_note,$(herbarium_study_attack.$*) $(call herbarium_study_first,$*))

define herbarium_study_score
$(call herbarium_study_each,$1.tsv): $(STUDY)/%/$1.tsv: $(STUDY)/%/net.st.zst $(STUDY)/$2.st.zst | $(call herbarium_tool,score) $(call herbarium_tool,peek)
	$$(herbarium_gpu)$$(call herbarium_run,score) --net $$< $$(herbarium_study_device) < $(STUDY)/$2.st.zst | $$(call herbarium_run,peek) --items -o $$@
endef
define herbarium_study_attack
$(call herbarium_study_each,$1.tsv): $(STUDY)/%/$1.tsv: $(STUDY)/%/net.st.zst $(STUDY)/test.st.zst $(STUDY)/$1.command \
		| $(call herbarium_tool,adversary) $(call herbarium_tool,peek)
	$$(call herbarium_run,peek) --first $$(call herbarium_study_first,$1) < $(STUDY)/test.st.zst | \
	$$(herbarium_gpu)$$(call herbarium_run,adversary) --net $$< $$(herbarium_study_attack.$1) --no-verdict $$(herbarium_study_device) | \
	$$(call herbarium_run,peek) --items -o $$@
endef
$(eval $(call herbarium_study_score,clean,test))
$(foreach t,$(herbarium_study_degraded),$(eval $(call herbarium_study_score,$t,$t)))
$(foreach t,$(herbarium_study_attacks),$(eval $(call herbarium_study_attack,$t)))

$(STUDY_SEEDS:%=$(STUDY)/td.%/exits.txt): $(STUDY)/%/exits.txt: $(STUDY)/%/net.st.zst $(STUDY)/val.st.zst $(STUDY)/test.st.zst | $(call herbarium_tool,score)
	$(herbarium_gpu)$(call herbarium_run,score) --net $< $(herbarium_study_device) --exit-threshold auto --exit-val $(STUDY)/val.st.zst \
		--exit-plot $(@D)/exits.png --table -o $@ < $(STUDY)/test.st.zst

# A verdict that fails is a result, too; a table that says neither is none.
herbarium_study_verdicts = $(call herbarium_study_of,$(STUDY_VERDICT_SEEDS),verdict.txt)
$(call herbarium_study_each,verdict.txt): $(STUDY)/%/verdict.txt: $(STUDY)/%/net.st.zst $(STUDY)/test.st.zst $(STUDY)/pgd.command \
		| $(call herbarium_tool,adversary) $(call herbarium_tool,peek)
	$(call herbarium_run,peek) --first $(STUDY_ATTACKED) < $(STUDY)/test.st.zst | \
	$(herbarium_gpu)$(call herbarium_run,adversary) --net $< $(herbarium_study_attack.pgd) $(herbarium_study_device) --table > $@.part || grep -q FAILED $@.part || { rm -f $@.part; exit 1; }
	mv $@.part $@

# --- The whole ---

herbarium_study_tables = $(foreach t,clean $(herbarium_study_degraded) $(filter-out standard,$(herbarium_study_attacks)),$(call herbarium_study_each,$t.tsv)) \
	$(call herbarium_study_of,$(STUDY_STANDARD_SEEDS),standard.tsv)

$(STUDY)/table.txt: $(herbarium_study_tables) | $(call herbarium_tool,versus)
	$(call herbarium_run,versus) --reference macs --plot $(STUDY)/curves.png -o $@ $^

.PHONY: robustness-study
robustness-study: $(STUDY)/table.txt $(STUDY_SEEDS:%=$(STUDY)/td.%/exits.txt) $(herbarium_study_verdicts)
	@cat $<
	@grep FAILED $(herbarium_study_verdicts) || true

.DEFAULT_GOAL := $(herbarium_goal)
