# mandelbench: `make bench` measures, `make test` proves, `make help` lists the rest.
# Variables: CC, BUILD (where everything goes), SANITIZE=address|undefined|thread, OPENMP= (without), V=1.

BUILD    ?= build
prefix   ?= /usr/local
bindir    = $(prefix)/bin
datadir   = $(prefix)/share
mandir    = $(datadir)/man
VERSION  := $(shell sed -n 's/^#define VERSION "\(.*\)"/\1/p' src/base/version.h)

OPENMP   ?= -fopenmp
OPTIMIZE ?= -O3 -g
WARNINGS ?= -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wvla -Wundef
PACKAGES  = libpng zlib nettle jansson
package_cflags := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
package_libs   := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
# The labs' big integers; mandel does without.
bench_cflags   := $(shell pkg-config --cflags gmp 2>/dev/null)
bench_libs     := $(shell pkg-config --libs gmp 2>/dev/null)
test_libs      := $(shell pkg-config --libs cmocka 2>/dev/null)
# Contraction would change counts: forbidding it is part of correctness (README, "Exactness").
CPPFLAGS += -D_GNU_SOURCE -Isrc -I. -I$(BUILD)/include -MMD -MP
CFLAGS   += -std=c11 -ffp-contract=off $(OPTIMIZE) $(WARNINGS) $(OPENMP) -pthread \
            $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer) \
            $(package_cflags) $(bench_cflags)
# Symbols are bound once, at the start, not anew by every worker before its first batch.
LDFLAGS  += -Wl,-z,now
LDLIBS   += $(package_libs) -lm
# What of them can change a time: kept in every campaign's manifest.
flags     = $(filter-out $(WARNINGS) $(package_cflags) $(bench_cflags),$(subst ',,$(subst ",,$(subst \,,$(CFLAGS)))))

SOURCES  := $(filter-out src/main.c,$(wildcard src/*.c src/*/*.c src/*/*/*.c))
BENCH    := $(filter-out bench/main.c,$(wildcard bench/*.c bench/*/*.c))
TESTS    := $(wildcard tests/test_*.c)
FUZZERS  := $(wildcard tests/fuzz/fuzz_*.c)
SCRIPTS  := $(wildcard scripts/*.sh bench/*.sh tests/*.sh tests/*/*.sh) .ci/run

object    = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
programs  = $(BUILD)/mandel $(BUILD)/mandelbench
tests     = $(patsubst tests/%.c,$(BUILD)/tests/%,$(TESTS))
fuzzers   = $(patsubst tests/%.c,$(BUILD)/tests/%,$(FUZZERS))

SUBMAKE = @+$(MAKE) --no-print-directory -j$(shell nproc)

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)')

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all test check bench bench-python bench-python-faults plots install uninstall clean dist deps asan ubsan tsan \
        clang model chaos fuzz fuzzers aarch64 lint format help ready FORCE

all: ready $(programs) ## build both programs into build/

bench: ## the main job: measure everything here, about three minutes; installs what is missing
	@scripts/deps.sh build bench
	$(SUBMAKE) all
	@$(BUILD)/mandelbench run scaling --budget 150

test: ## prove that everything is right; installs what is missing
	@scripts/deps.sh build test
	@scripts/deps.sh browser || echo "Without a browser, nobody looks at report.html."
	$(SUBMAKE) check

check: all $(tests) $(fuzzers) $(if $(SANITIZE),,$(BUILD)/tests/starve.so) ## the same tests, installing nothing
	@BUILD=$(BUILD) scripts/run-tests.pl $(tests) $(wildcard tests/*.sh)

model: ## check the models of why nothing is lost, larger than make test does; some minutes
	@scripts/deps.sh build test
	@MODEL=long tests/model.sh

# A longer life than INSTANTS is strided; the whole takes about an hour on two CPUs.
INSTANTS ?= 10000
chaos: all $(tests) ## kill 100,000 workers at random, and one after each of its instructions, up to INSTANTS (10000)
	@CHAOS_KILLS=17000 $(BUILD)/tests/test_chaos
	@CHAOS_INSTANTS=$(INSTANTS) $(BUILD)/tests/test_steps
	@CHAOS_PARENTS=100 BUILD=$(BUILD) scripts/run-tests.pl tests/cli.sh

bench-python: ## the lesson's program in Python beside the C backends, at 400x400
	@scripts/deps.sh build python
	$(SUBMAKE) all
	@BUILD=$(BUILD) python3 bench/python.py

bench-python-faults: ## kill -9 for workers of Python's multiprocessing and of mandel; TRIALS (20) each
	@scripts/deps.sh build python
	$(SUBMAKE) all
	@BUILD=$(BUILD) python3 bench/python_faults.py

plots: all ## draw the figures of results/latest (or DIR=...) again
	@$(BUILD)/mandelbench report $(or $(DIR),results/latest)

asan: ## all tests under the address sanitizer
	@scripts/deps.sh build test
	$(SUBMAKE) check BUILD=build/asan SANITIZE=address OPTIMIZE='-O1 -g'

ubsan: ## all tests under the undefined-behaviour sanitizer
	@scripts/deps.sh build test
	$(SUBMAKE) check BUILD=build/ubsan SANITIZE=undefined OPTIMIZE='-O1 -g'

tsan: ## all tests under the thread sanitizer, without OpenMP (libgomp is not instrumented)
	@scripts/deps.sh build test
	$(SUBMAKE) check BUILD=build/tsan SANITIZE=thread OPTIMIZE='-O1 -g' OPENMP=

clang: ## all tests of a build by clang, warnings as errors
	@scripts/deps.sh build test clang
	$(SUBMAKE) check BUILD=build/clang CC=clang WARNINGS='$(WARNINGS) -Werror'

# Without OpenMP, whose run-time no sanitizer knows.
FUZZ_SECONDS ?= 10
fuzz: ## feed every parser with libFuzzer, FUZZ_SECONDS (10) each
	@scripts/deps.sh build fuzz
	$(SUBMAKE) fuzzers BUILD=$(BUILD)/fuzz CC=clang OPENMP= OPTIMIZE='-O2 -g' \
	    SANITIZE=fuzzer-no-link,address,undefined,float-cast-overflow
	@BUILD=$(BUILD)/fuzz tests/fuzz/run.sh $(FUZZ_SECONDS)

fuzzers: $(fuzzers)

CROSS := aarch64-linux-gnu-gcc
aarch64: ## kernels for aarch64 against scalar, in an emulator (gcc-aarch64-linux-gnu, qemu-user)
	@command -v $(CROSS) >/dev/null && command -v qemu-aarch64 >/dev/null || { \
	    echo "skipped: needs the packages gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"; exit 0; }; \
	mkdir -p $(BUILD) && $(CROSS) -D_GNU_SOURCE -Isrc -std=c11 -ffp-contract=off -O3 $(WARNINGS) -static \
	    tests/cross_kernels.c src/kernels/*.c src/core/workload.c src/core/batch.c src/base/text.c \
	    -lm -o $(BUILD)/cross_kernels && qemu-aarch64 $(BUILD)/cross_kernels

lint: ## shellcheck, clang-format, include directions
	@scripts/deps.sh lint
	$(Q)shellcheck -x $(SCRIPTS) $(wildcard tests/*.bash)
	$(Q)clang-format --dry-run --Werror $(shell git ls-files '*.c' '*.h')
	$(Q)scripts/layers.sh

format: ## apply clang-format
	$(Q)clang-format -i $(shell git ls-files '*.c' '*.h')

install: all ## into DESTDIR and prefix (/usr/local)
	$(Q)install -d $(DESTDIR)$(bindir) $(DESTDIR)$(mandir)/man1 $(DESTDIR)$(datadir)/mandelbench
	$(Q)install $(programs) $(DESTDIR)$(bindir)
	$(Q)install -m 644 src/mandel.1 bench/mandelbench.1 $(DESTDIR)$(mandir)/man1
	$(Q)install -m 644 scripts/*.gp scripts/page.css $(DESTDIR)$(datadir)/mandelbench
	$(Q)install bench/outside.sh $(DESTDIR)$(datadir)/mandelbench

uninstall: ## the reverse
	$(Q)rm -f $(DESTDIR)$(bindir)/mandel $(DESTDIR)$(bindir)/mandelbench
	$(Q)rm -f $(DESTDIR)$(mandir)/man1/mandel.1 $(DESTDIR)$(mandir)/man1/mandelbench.1
	$(Q)rm -rf $(DESTDIR)$(datadir)/mandelbench

dist: ## a source archive of HEAD
	$(Q)git archive --prefix=mandelbench-$(VERSION)/ -o mandelbench-$(VERSION).tar.gz HEAD

deps: ## install every package that any target needs
	@scripts/deps.sh build test browser bench python lint clang

clean: ## remove what was built
	$(Q)rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16

ready:
	@scripts/deps.sh --check build

# What a campaign's manifest says of its source, and where its scripts are; rewritten only when that changes. Results
# that have changed do not make the source dirty.
commit := $(shell commit=$$(git describe --always 2>/dev/null) || { echo unknown; exit; }; \
    git diff --quiet HEAD -- Makefile src bench scripts || commit=$$commit-dirty; echo $$commit)
$(BUILD)/include/build/commit.h: FORCE
	@mkdir -p $(@D)
	@printf '/* Made by make. */\n#define BUILD_COMMIT "%s"\n#define BUILD_SOURCE "%s"\n#define BUILD_FLAGS "%s"\n' \
	    "$(commit)" "$(CURDIR)" '$(flags)' > $@.new
	@cmp -s $@ $@.new && rm $@.new || mv $@.new $@
$(call object,bench/campaign/campaign.c bench/report/support.c): $(BUILD)/include/build/commit.h

$(BUILD)/obj/%.o: %.c | ready
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(BUILD)/libmandel.a: $(call object,$(SOURCES))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/libbench.a: $(call object,$(BENCH))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/mandel: $(call object,src/main.c) $(BUILD)/libmandel.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(BUILD)/mandelbench: $(call object,bench/main.c) $(BUILD)/libbench.a $(BUILD)/libmandel.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(bench_libs) $(LDLIBS) -o $@

# With libFuzzer, main is its own; otherwise that of replay.c.
fuzz_main = $(if $(findstring fuzzer,$(SANITIZE)),,$(call object,tests/fuzz/replay.c))
$(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(call object,tests/fuzz/fuzz.c) $(fuzz_main) \
                       $(BUILD)/libbench.a $(BUILD)/libmandel.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(if $(fuzz_main),,-fsanitize=fuzzer) $(LDFLAGS) $^ $(bench_libs) $(LDLIBS) -o $@

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(BUILD)/libbench.a $(BUILD)/libmandel.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(bench_libs) $(LDLIBS) $(test_libs) -o $@

$(BUILD)/tests/starve.so: tests/starve.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -D_GNU_SOURCE -std=c11 $(filter-out -Wpedantic,$(WARNINGS)) -O2 -fPIC -shared $< -o $@

# Kept, although only a pattern rule needs them.
.SECONDARY: $(call object,$(TESTS) $(wildcard tests/fuzz/*.c))

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
