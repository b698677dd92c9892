# Usage: make [TARGET] [SAN=1 | DEBUG=1] [CC=clang]; `make help` lists the targets. One Makefile for
# the whole tree; each variant builds in a folder of its own.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
CC       := gcc
ARCH     ?= native
build    := build/$(CC)$(if $(SAN),-san)$(if $(DEBUG),-debug)
warnings := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wvla -Werror
fast     := -O3 -fopenmp-simd -fno-math-errno -fno-trapping-math -ffp-contract=fast
checks   := address,undefined# a comma inside $(if ...) would end its argument
CFLAGS   ?= -g $(if $(DEBUG),-O0,$(if $(SAN),-O1,$(fast))) -march=$(ARCH)
sanitize := $(if $(SAN),-fsanitize=$(checks) -fno-sanitize-recover=all)
compile   = $(CC) -std=c11 -D_GNU_SOURCE -Iharness -I. $(warnings) $(CFLAGS) $(sanitize) -MMD -MP
LDLIBS   := -lopenblas -lgomp -lcsv -lyaml -ljansson -lutf8proc -lcrypto -lm
methods  := $(basename $(notdir $(wildcard methods/*.c)))
suites   := $(patsubst tests/test_%.c,%,$(wildcard tests/test_*.c))
library  := $(patsubst %.c,$(build)/%.o,$(wildcard harness/*/*.c methods/*.c) registry.c)
tests    := $(patsubst %.c,$(build)/%.o,$(wildcard tests/*.c tests/reference/*.c) suites.c)

all: $(build)/tunemark ## build build/tunemark
	@ln -sf $(patsubst build/%,%,$<) build/tunemark
test: $(build)/tests $(build)/tunemark ## run the CUnit suites; SUITE=name for one
	$< $(SUITE)
$(build)/tunemark: $(build)/harness/main.o $(library)
	$(CC) $(sanitize) -o $@ $^ $(LDLIBS)
$(build)/tests: $(tests) $(library)
	$(CC) $(sanitize) -o $@ $^ $(LDLIBS) -lcunit
$(build)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(compile) -c -o $@ $<
$(build)/%.o: $(build)/%.c
	$(compile) -c -o $@ $<
$(build)/registry.c: methods # the folder: adding a file adds a method
	@mkdir -p $(@D)
	@{ echo '#include "methods/method.h"'; printf 'extern const Method method_%s;\n' $(methods); \
	   echo 'const Method *const methods[] = {'; printf '    &method_%s,\n' $(methods); \
	   echo '    NULL };'; } >$@
$(build)/suites.c: tests # the folder: a file test_NAME.c is a suite
	@mkdir -p $(@D)
	@{ echo '#include "tests/test.h"'; printf 'void suite_%s(void);\n' $(suites); \
	   echo 'const Suite suites[] = {'; printf '    { "%s", suite_%s },\n' $(foreach s,$(suites),$(s) $(s)); \
	   echo '    { 0 } };'; } >$@
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "  make %-10s %s\n", $$1, $$2 }' Makefile
-include $(library:.o=.d) $(tests:.o=.d)
.PHONY: all test help
