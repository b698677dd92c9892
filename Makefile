# Usage: make [TARGET] [SAN=1 | DEBUG=1] [CC=clang] [ARCH=x86-64-v3] [V=1]; `make help` lists the targets.
# One Makefile for the whole tree; each variant builds in a folder of its own.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL)$(findstring j,$(shell echo "$$MAKEFLAGS")),0) # one job a core; a -j that is typed wins
MAKEFLAGS += -j$(shell nproc)
endif
CC       := gcc
ARCH     ?= native
SPEC     ?= results/specs/sweep.yaml
FIXTURES ?= tests/fixtures
SECONDS  ?= 60
PREFIX   ?= /usr/local
name_of   = $(shell sed -nE "s/^name: *[\"']?([A-Za-z0-9._-]+).*/\1/p" '$1')# a spec's
rows      = $(foreach s,$(SPEC),results/$(call name_of,$(firstword $(wildcard $s) results/specs/$s.yaml)))# where sweeps of SPEC leave them

# Debian's names. Every goal but help installs what is missing of the first list; bench, check, fuzz and deps
# also of the second or fourth, install of the third, paper of the last; docs and faults run Python. DEPS=no
# takes the libraries as they are.
packages := gcc make libopenblas-openmp-dev libcsv-dev libcunit1-dev libyaml-dev libjansson-dev \
            libutf8proc-dev librandom123-dev liblbfgs-dev libssl-dev libzip-dev gnuplot-nox fonts-dejavu-core
benchers := python3 python3-torch
pagers   := help2man
checkers := $(pagers) python3 python3-jsonschema python3-yaml clang clang-format clang-tidy libclang-rt-14-dev llvm shellcheck
writers  := latexmk texlive-latex-base texlive-latex-recommended texlive-fonts-recommended lmodern

build    := build/$(notdir $(CC))$(if $(SAN),-san)$(if $(DEBUG),-debug)$(if $(FUZZ),-fuzz)
warnings := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
fast     := -O3 -fno-math-errno -fno-trapping-math -ffp-contract=fast
comma    := ,
checks   := address$(comma)undefined$(comma)float-cast-overflow
CFLAGS   ?= $(if $(SAN),-g1,-g) $(if $(DEBUG),-O0,$(if $(SAN)$(FUZZ),-O1,$(fast))) -march=$(ARCH)
sanitize := $(if $(FUZZ),-fsanitize=fuzzer-no-link) \
            $(if $(SAN)$(FUZZ),-fsanitize=$(checks) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# Clang's OpenMP would be a second one beside libgomp: there products keep to one thread.
# Several builds of OpenBLAS may be installed at once: name the OpenMP one, to compile, link and load.
openblas := $(firstword $(wildcard /usr/lib/*/openblas-openmp))
language := -std=c11 -D_GNU_SOURCE $(if $(findstring clang,$(CC)),,-fopenmp) -Iharness -I. $(openblas:/usr/lib/%=-isystem /usr/include/%)
compile   = $(CC) $(language) $(warnings) $(CFLAGS) $(sanitize) -MMD -MP
LDLIBS   := $(if $(openblas),-L$(openblas) -Wl$(comma)-rpath$(comma)$(openblas)) -lopenblas -lgomp -lcsv -lyaml -ljansson -lutf8proc -llbfgs -lzip -lcrypto -lm
brief     = $(if $(V),,@echo '  $(notdir $(CC)) $@';)

objects   = $(patsubst %.c,$(build)/%.o,$(1))
methods  := $(basename $(notdir $(wildcard methods/*.c)))
suites   := $(patsubst tests/test_%.c,%,$(wildcard tests/test_*.c))
fuzzers  := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
library  := $(call objects,$(wildcard harness/*/*.c methods/*.c) $(if $(methods),registry.c) commit.c)
tests    := $(call objects,$(filter-out tests/fixtures%,$(wildcard tests/*.c)) suites.c \
            $(wildcard tests/reference/*.c tests/fuzz/fuzz_*.c) tests/fuzz/replay.c)
fixtures := $(call objects,$(wildcard tests/fixtures*.c))
programs := $(if $(wildcard harness/main.c),$(build)/tunemark) $(build)/run-tests $(if $(fixtures),$(build)/fixtures) \
            $(build)/limits
# The longest first, since the suites may run side by side.
longest  := levers verify sweep fetch kept sweep_search ledger
unknown  := $(filter-out $(suites) fuzz,$(SUITE))
$(if $(unknown),$(error SUITE: no suite $(unknown); should be of: $(suites) fuzz))
tested   := $(or $(SUITE),$(longest) $(filter-out $(longest),$(suites)) fuzz)
# Tests see the same surroundings on every machine; what OpenBLAS reads is left as it is.
settled  := LC_ALL=C OMP_NUM_THREADS=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
            ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:allocator_may_return_null=1

# Under sanitizers these loops would not be vectorised and take longer than all else together. What
# they write beside their matrices is seen by the tests of the kernels, by guards.
unchecked := $(call objects,harness/engine/panels.c harness/engine/kernel_activation.c)
$(unchecked): CFLAGS += $(if $(DEBUG),,$(fast))
$(unchecked): sanitize :=

all: $(build)/tunemark ## build build/tunemark
	$(if $(SAN)$(DEBUG)$(FUZZ),,@ln -sfn $(patsubst build/%,%,$<) build/tunemark)
deps: ## install the Debian packages that are missing
	@:
test: $(tested:%=$(build)/results/%) ## run the CUnit suites; SUITE=name for one, SAN=1 under sanitizers
	@[ "$(V)$(SUITE)" ] || for log in $^; do tail -n 1 $$log | grep -q ' 0 failed, ' || cat $$log; done; \
	awk '/^[0-9]+ passed, / { p += $$1; f += $$3; s += $$5; n += !there[FILENAME]++ } END { f += ARGC - 1 - n; \
	   print p + 0 " passed, " f + 0 " failed, " s + 0 " skipped"; exit f > 0 }' $^
$(build)/results/%: $(programs) FORCE # a suite's log; `test` judges, and shows at the end what failed
	@mkdir -p $(@D); status=0; $(settled) $(build)/run-tests $* >$@ 2>&1 || status=$$?; \
	case "$$status,$$(tail -n 1 $@)" in 0,*' passed, 0 failed, '*) ;; 1,*' passed, '[1-9]*' failed, '*) ;; \
	*) printf '\n0 passed, 1 failed, 0 skipped: %s ended with status %s\n' $* $$status >>$@; status=1 ;; esac; \
	if [ "$(V)$(SUITE)" ]; then cat $@; else grep '^skipped: ' $@; echo "  $*: $$(tail -n 1 $@)"; fi
fixtures: fixtures-there $(build)/fixtures ## compare with an independent implementation; FIXTURES=folder
	@$(settled) $(build)/fixtures $(FIXTURES)
fixtures-there:
	@[ -d '$(FIXTURES)' ] || { echo "make fixtures: no folder '$(FIXTURES)'; should be FIXTURES=a folder" \
	   "of reference results" >&2; exit 3; }
quick: SPEC = results/specs/quick.yaml results/specs/quick-mini.yaml
quick: sweep ## every method on two tasks, in minutes; then the table and the figures
sweep: all ## run what is missing of SPEC=results/specs/sweep.yaml; then its table and figures
	@status=0; for spec in $(SPEC); do \
	    build/tunemark sweep $$spec || { now=$$?; [ $$now -le 1 ] || exit $$now; status=$$now; }; \
	done; \
	build/tunemark table $(rows) || status=$$?; build/tunemark plots $(rows) || status=$$?; exit $$status
plots: all ## draw the figures of SPEC
	build/tunemark plots $(rows)
pages := README.md $(wildcard docs/*.md) datasets/README.md
pictured := results/reference/sst2/pretrained
docs: all ## run the commands of the pages anew, where their output is shown, and draw README.md's figure
	@docs/refresh.sh $(pages)
	@build/tunemark plots $(pictured) --only score_by_params >/dev/null
paper: paper-numbers ## the paper, build/paper/paper.pdf, from committed rows
	@for program in latexmk pdflatex bibtex; do command -v $$program >/dev/null || { \
	   echo "make paper: no $$program; install it: apt-get install $(writers)" >&2; exit 3; }; done
	@mkdir -p build/paper
	@cd paper && latexmk -pdf -interaction=nonstopmode -halt-on-error -outdir=../build/paper paper.tex \
	   >../build/paper/latexmk.log 2>&1 || { grep -A 5 '^!' ../build/paper/latexmk.log >&2; \
	   echo 'make paper: LaTeX stopped; all it said is in build/paper/paper.log' >&2; exit 1; }
	@echo build/paper/paper.pdf
paper-numbers: all
	@paper/generate.sh
	@for sweep in first sst2/pretrained; do \
	    grep -q "setrows{$$sweep}" paper/generated/numbers.tex || continue; mkdir -p build/paper/$$sweep; \
	    build/tunemark plots results/reference/$$sweep --only score_by_params --pdf --out build/paper/$$sweep \
	       >/dev/null || exit $$?; \
	done
# Both sides choose their kernels for this processor; OpenBLAS's variables may say otherwise.
bench: all $(build)/limits ## speed beside PyTorch, in minutes; BENCH=full|targets|scale, HEAD=mean, COMPARE=commit, OUT=folder
	$(if $(filter-out full targets scale,$(BENCH)),$(error BENCH: '$(BENCH)' is none; should be full, targets or scale))
	@env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE tests/bench/$(if $(filter scale,$(BENCH)),scale,bench).py \
	   --limits $(build)/limits $(if $(filter full targets,$(BENCH)),--$(BENCH)) \
	   $(if $(MINUTES),--minutes '$(MINUTES)') $(if $(COMPARE),--compare '$(COMPARE)') $(if $(HEAD),--head '$(HEAD)') $(if $(OUT),--out '$(OUT)')
fuzz: ## fuzz each parser for SECONDS=60; TARGET=name for one
	@$(MAKE) CC=clang FUZZ=1 $(addprefix fuzz-,$(or $(TARGET),$(fuzzers)))
faults: ## plant mistakes one by one, and see that a test notices each; WORD=word for some
	@tests/faults.py $(WORD)
# An installed program finds in share/tunemark what it finds here in the tree (home_folder), and its pages what
# they link to; share/doc/tunemark is a link there.
shared   := $(wildcard $(addprefix datasets/,*.yaml *.sh *.py *.awk *.txt README.md bundled/*/*.csv bundled/floors.csv) \
            $(addprefix models/,*.sh *.txt README.md bundled/README.md bundled/*/* configs/*/*) plots/*.gp \
            $(addprefix results/,SCHEMA.md schema.json specs/*) LICENSE CITATION.cff *.md docs/*.md)
into      = $(DESTDIR)$(PREFIX)
listed   := share/tunemark/installed# what an install put below PREFIX, itself too, a path a line
install: $(build)/tunemark $(build)/man/tunemark.1 ## program, tasks, models, man pages, completion to PREFIX=/usr/local; DESTDIR=
	@set -e; install -d '$(into)/share/tunemark' '$(into)/share/doc'; \
	put() { install -D -m "$$([ -x "$$1" ] && echo 755 || echo 644)" "$$1" '$(into)'/"$$2"; echo "$$2"; }; \
	pages='$(into)/share/doc/tunemark'; [ -L "$$pages" ] || [ ! -d "$$pages" ] || { \
	   echo "make install: $$pages is a folder, of an older install; should be removed first" >&2; exit 1; }; \
	ln -sfnT ../tunemark "$$pages"; \
	{ printf '%s\n' $(listed) share/doc/tunemark; for f in $(shared); do put $$f share/tunemark/$$f; done; \
	  for f in $(build)/man/*.1; do [ ! -e $$f ] || put $$f share/man/man1/$${f##*/}; done; \
	  put harness/completion.bash share/bash-completion/completions/tunemark; \
	  put $(build)/tunemark bin/tunemark; } >'$(into)/$(listed).new'; \
	docs/unlink.sh '$(into)/share/tunemark' $(filter %.md,$(shared)); \
	cd '$(into)/'; [ ! -e $(listed) ] || grep -vxFf $(listed).new $(listed) | xargs -rd '\n' rm -f; \
	find share/tunemark -depth -type d -empty -delete; chmod 644 $(listed).new; mv $(listed).new $(listed); echo 'installed: $(into)/bin/tunemark'
	$(if $(filter native,$(ARCH)),@echo 'It is made for this processor; for others: make install ARCH=x86-64-v3')
uninstall: ## remove what `make install` with the same PREFIX and DESTDIR put there
	@[ -e '$(into)/$(listed)' ] || { echo 'make uninstall: no $(into)/$(listed), which an install leaves' >&2; exit 0; }; \
	cd '$(into)/' && xargs -rd '\n' rm -f <$(listed) && find share/tunemark -depth -type d -empty -delete
$(build)/man/tunemark.1: harness/man.sh $(build)/tunemark
	@rm -rf $(@D); if command -v help2man >/dev/null; then $^ $(@D); else \
	   echo 'make: no man pages: help2man is missing' >&2; fi
format: ## lay the C code out as .clang-format says
	@clang-format -i $(sources) $(headers)
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "  make %-10s %s\n", $$1, $$2 }' Makefile

$(build)/tunemark: $(build)/harness/main.o $(library)
$(build)/run-tests: $(tests) $(library)
$(build)/run-tests: LDLIBS += -lcunit
$(build)/fixtures: $(fixtures) $(library)
$(build)/fuzz_%: $(build)/tests/fuzz/fuzz_%.o $(build)/tests/fuzz/stop.o $(library)
	$(brief)$(CC) $(sanitize) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)
$(build)/limits: $(build)/tests/bench/limits.o $(library)
$(build)/tunemark $(build)/run-tests $(build)/fixtures $(build)/limits:
	$(brief)$(CC) $(sanitize) -o $@ $^ $(LDLIBS)
$(build)/%.o: %.c $(build)/flags
	@mkdir -p $(@D)
	$(brief)$(compile) $(own) -c -o $@ $<
$(build)/%.o: $(build)/%.c $(build)/flags
	$(brief)$(compile) -c -o $@ $<
$(build)/flags: FORCE # changes when the command does, and then everything is compiled again
	@mkdir -p $(@D)
	@echo '$(compile)' | cmp -s - $@ || echo '$(compile)' >$@

$(build)/registry.c: methods $(wildcard methods/*.c methods/*.sh) # the folder: adding a file adds a method
	@mkdir -p $(@D); methods/options.sh $(methods:%=methods/%.c)
	@{ echo '#include "methods/method.h"'; printf 'extern const Method method_%s;\n' $(methods); \
	   echo 'const Method *const methods[] = {'; printf '    &method_%s,\n' $(methods); \
	   echo '    NULL };'; echo 'const char *const method_files[] = {'; \
	   printf '    "%s",\n' $(methods); echo '    NULL };'; echo 'const char *const method_shas[] = {'; \
	   for m in $(methods); do sha=$$(methods/sha.sh methods/$$m.c) || exit 1; echo "    \"$$sha\","; done; \
	   echo '    NULL };'; } >$@
$(build)/suites.c: tests tests/fuzz # the folders: test_NAME.c is a suite, fuzz_NAME.c a test of suite fuzz
	@mkdir -p $(@D)
	@{ echo '#include "tests/test.h"'; echo '#include "tests/fuzz/replay.h"'; \
	   $(foreach f,$(fuzzers),echo 'int fuzz_$f(const uint8_t *, size_t);'; \
	   echo 'static void $f_seeds(void) { replay("$f", fuzz_$f); }';) \
	   echo 'static void suite_fuzz(void) {'; $(foreach f,$(fuzzers),echo '    ADD($f_seeds);';) echo '}'; \
	   $(foreach s,$(suites),echo 'void suite_$s(void);';) echo 'const Suite suites[] = {'; \
	   $(foreach s,$(suites) fuzz,echo '    { "$s", suite_$s },';) echo '    { 0 } };'; } >$@
# A target for the fuzzer is a function of that one name; in the tests each has a name of its own.
$(build)/tests/fuzz/fuzz_%.o: own = -Wno-missing-prototypes $(if $(FUZZ),,-DLLVMFuzzerTestOneInput=$(notdir $*))
$(build)/tests/test_%.o: own = -Wno-missing-prototypes# suites.c alone has one of a suite
fuzz-%: $(build)/fuzz_%
	@mkdir -p build/fuzz/$*
	@$(settled) $< -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	   -artifact_prefix=build/fuzz/$*- build/fuzz/$* $(wildcard tests/fuzz/seeds/$* tests/fuzz/found/$*) || { \
	   echo 'make fuzz: mend it, and keep the input as a file of tests/fuzz/found/$*' >&2; exit 1; }

# What --version and the rows say of this build. `dirty`: what the program is made of differs from
# that commit. Outside git (an unpacked archive) the commit is unknown, "".
$(build)/commit.c: FORCE
	@mkdir -p $(@D)
	@commit=; dirty=; [ ! -e .git ] || { commit=$$(git rev-parse --short=12 HEAD) && \
	   dirty=$$(git --no-optional-locks status --porcelain -- Makefile harness methods); }; \
	{ echo '#include "base/version.h"'; \
	  echo "const char version_commit[] = \"$$commit\";"; \
	  echo "const bool version_dirty = $$([ "$$dirty" ] && echo true || echo false);"; \
	  echo 'const char version_flags[] = "$(subst ",\",$(CFLAGS))";'; } >$@.new; \
	if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# check: each part is a target of its own, so that -j runs them side by side.
sources := $(wildcard harness/*.c harness/*/*.c methods/*.c tests/*.c tests/*/*.c)
headers := $(wildcard harness/*/*.h methods/*.h tests/*.h tests/*/*.h)
scripts := $(wildcard .ci/run harness/*.sh harness/*.bash docs/*.sh methods/*.sh tests/*.sh tests/*/*.sh paper/*.sh datasets/*.sh \
           models/*.sh models/*/*.sh)
parts   := $(addprefix check-,format gcc clang lint scripts includes vectorised paths links docs paper install completion schemas faults)
check: $(parts) ## format, warnings of GCC and Clang, clang-tidy, shellcheck, the rules of the house
check-format: $(build)/flags
	@clang-format --dry-run -Werror $(sources) $(headers) 2>$(build)/format.log || { \
	   awk -F: '!seen[$$1]++ && NF > 3 { print $$1 ": is laid out otherwise; should be as by: make format" }' \
	   $(build)/format.log >&2; exit 1; }
check-gcc: $(programs)
	@:
check-clang: # for its warnings alone, which need little of -O3
	@$(MAKE) CC=clang CFLAGS='-O1 -march=$(ARCH)' check-gcc
check-lint: $(patsubst %.c,$(build)/%.lint,$(filter-out tests/%,$(sources)))
$(build)/%.lint: %.c $(build)/%.o .clang-tidy # after the object: its headers are then known
	@clang-tidy --quiet $< -- $(language) >$@.log 2>&1 || { cat $@.log; exit 1; }
	@touch $@
check-scripts:
	@shellcheck $(scripts)
check-includes:
	@tests/includes.sh
check-vectorised: $(build)/flags
	@tests/vectorised.sh $(filter-out -g -MMD -MP -march=%,$(compile)) -march=x86-64-v3
check-paths:
	@if [ -e .git ] && git grep -nIE '(^|[^A-Za-z0-9_.])/(work|root|home|Users|tmp/wt)/' -- .; then \
	   echo 'make check: these lines hold a path of one machine' >&2; exit 1; fi
check-links:
	@tests/links.sh
check-docs: all # and the method that README.md shows is one
	@docs/refresh.sh --check $(pages)
	@build/tunemark plots $(pictured) --only score_by_params --out build/docs >/dev/null && \
	   cmp build/docs/figures/score_by_params.csv $(pictured)/figures/score_by_params.csv || { \
	   echo 'make check: the figure of README.md is not of its rows; should be as by: make docs' >&2; exit 1; }
	@sed -n '/^ *```c$$/,/^ *```$$/{/```/!p}' README.md | $(filter-out -MMD -MP,$(compile)) -fsyntax-only -x c -
check-paper: all
	@tests/paper.sh
	@paper/generate.sh --check

check-install: all
	@tests/install.sh $(MAKE)
check-completion: all
	@tests/completion.sh
check-schemas: all
	@tests/schemas.py
check-faults: # which `make faults` plants; here only that they still can be
	@tests/faults.py --list >$(build)/faults.list || { grep 'lost its place' $(build)/faults.list >&2; exit 1; }

FORCE:
.PHONY: all deps test fixtures fixtures-there quick sweep plots docs paper paper-numbers bench fuzz faults install uninstall format \
        help check $(parts) FORCE
-include $(library:.o=.d) $(tests:.o=.d) $(fixtures:.o=.d) $(build)/harness/main.d $(build)/tests/bench/limits.d

# The packages that were there when last looked: make reads this file, finds what it now needs beyond
# it, installs that, and starts again. `make deps` always looks.
ifeq (,$(filter help,$(MAKECMDGOALS))$(filter no,$(DEPS)))
needed := $(packages) $(if $(filter bench,$(MAKECMDGOALS)),$(benchers)) \
          $(if $(filter deps check% fuzz%,$(MAKECMDGOALS)),$(checkers)) $(if $(filter install,$(MAKECMDGOALS)),$(pagers)) \
          $(if $(filter paper,$(MAKECMDGOALS)),$(writers)) $(if $(filter docs faults,$(MAKECMDGOALS)),python3)
include build/packages.mk
ifneq (,$(filter-out $(there),$(needed))$(if $(openblas),,none)$(filter deps,$(MAKECMDGOALS)))
build/packages.mk: FORCE
	@mkdir -p build
	@absent=; for p in $(needed); do \
	    [ "$$(dpkg-query -W -f '$${db:Status-Status}' $$p 2>/dev/null)" = installed ] || absent="$$absent $$p"; \
	done; \
	if [ "$$absent" ]; then \
	    root=; [ "$$(id -u)" = 0 ] || root='sudo '; install="$${root}apt-get install -y --no-install-recommends$$absent"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    { command -v apt-get && { [ -z "$$root" ] || sudo -n true || { [ -t 0 ] && command -v sudo; }; } \
	    } >/dev/null 2>&1 && { echo "$$install"; $$install || { $${root}apt-get update && $$install; }; } || { \
	        echo "make: packages are missing; install them: $${root}apt-get update && $$install" >&2; \
	        echo "make: DEPS=no builds with what is there" >&2; exit 3; }; \
	fi
	@echo 'there := $(sort $(needed) $(there))' | cmp -s - $@ || echo 'there := $(sort $(needed) $(there))' >$@
endif
endif
