# Lotse. `make help` says what there is. One Makefile for the whole house, not recursive.
#
#   VARIANT  dev (default) | release | asan | tsan
#   OUT      where everything built goes, default out/$(VARIANT)

VARIANT ?= dev
OUT     ?= out/$(VARIANT)
ifeq (,$(filter dev release asan tsan,$(VARIANT)))
$(error VARIANT=$(VARIANT) does not exist, take dev, release, asan or tsan)
endif
ifeq ($(origin CC),default)
CC := gcc
endif
PKG     := pkg-config
LIBS    := libcrypto libssl jansson libmicrohttpd gnutls libfyaml sqlite3 libcurl libargon2

WARN := -Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wundef -Wmissing-prototypes -Wstrict-prototypes \
        -Wwrite-strings -Wcast-qual -Wconversion $(if $(filter release,$(VARIANT)),,-Werror)
ifneq (,$(findstring clang,$(CC)))
WARN += -Wimplicit-fallthrough
else
WARN += -Wimplicit-fallthrough=5
endif
HARDEN := -D_FORTIFY_SOURCE=3 -ftrivial-auto-var-init=zero -fstack-protector-strong \
          -fstack-clash-protection -fcf-protection=full
FLAGS_dev     := -O1 -g
FLAGS_release := -O2 -g $(HARDEN)
FLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FLAGS_tsan    := -O1 -g -fno-omit-frame-pointer -fsanitize=thread

# The generated headers (embedded pages and styles) are found under $(OUT)/gen.
CPPFLAGS := -D_GNU_SOURCE -I. -I$(OUT)/gen
CFLAGS   := -std=gnu17 -fPIE -pthread -ffunction-sections -fdata-sections $(WARN) $(FLAGS_$(VARIANT)) $(EXTRA_CFLAGS)
CFLAGS   += $(shell $(PKG) --cflags $(LIBS) 2>/dev/null)
LDFLAGS  := -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--gc-sections \
            $(filter -fsanitize%,$(FLAGS_$(VARIANT))) $(EXTRA_LDFLAGS)

# --- rooms: each folder becomes one static library; the order is the include order of docs and lint
# the compiler, most basic first; $(call back,...) for the linker
POLICY := $(foreach r,rbac language resolve emit analysis lint import bundle lsp,$(if $(wildcard policy/$(r)/*.c),policy/$(r)))
back    = $(if $(1),$(call back,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
ROOMS := base base/net $(POLICY) connectors policy/cluster policy/cli jose gateway/store webui/pages \
         gateway/oidc gateway/http gateway login login/net
lib    = $(OUT)/lib/lib$(subst /,-,$(1)).a
src    = $(filter-out %/main.c,$(wildcard $(1)/*.c))
obj    = $(patsubst %.c,$(OUT)/obj/%.o,$(1))

# external libraries by room that needs them
X_crypto := -lcrypto
X_base   := -ljansson -lmd
X_net    := -lcurl
X_ldap   := -lldap -llber
X_all    := -lmicrohttpd -lgnutls -lsqlite3 -lcurl -lldap -llber -largon2 -ljansson -lssl -lcrypto -lmd -lutf8proc

# --- programs: name, main file, rooms (most dependent first), external libraries
PROGRAMS :=
define program # name, main, rooms, external
ifneq (,$(wildcard $(2)))
PROGRAMS += $(1)
$(OUT)/bin/$(1): $(call obj,$(2)) $(foreach r,$(3),$(call lib,$(r)))
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS) -o $$@ $$^ $(4)
endif
endef
$(eval $(call program,lotse-gateway,gateway/main.c,gateway gateway/http gateway/oidc webui/pages gateway/store policy/bundle jose connectors policy/resolve policy/language policy/rbac base,$(X_all)))
$(eval $(call program,lotse-policy,policy/cli/main.c,policy/cli policy/cluster jose connectors $(call back,$(POLICY)) base/net base,$(X_all)))
# kubectl starts lotse-login for every command: without a dynamic linker it starts faster than /bin/true. No sanitizer is static.
X_login := -lmd $(if $(filter -fsanitize%,$(FLAGS_$(VARIANT))),,-static-pie)
$(eval $(call program,lotse-login,login/main.c,login base,$(X_login)))
$(eval $(call program,lotse-login-net,login/net/main.c,login/net login base/net base,-lcurl -ljansson -lmd))

# --- programs that only the tests use: never installed
TEST_PROGRAMS := connector-probe rbac-probe load spawn jose-bench store-bench policy-bench import-bench
$(OUT)/bin/connector-probe: $(call obj,tests/lib/connector_probe.c) $(call lib,connectors) $(call lib,base)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(X_all)

$(OUT)/bin/rbac-probe: $(call obj,tests/lib/rbac_probe.c tests/unit/rbac_oracle.c) $(call lib,policy/rbac) $(call lib,base)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(X_all)

$(OUT)/bin/jose-bench: $(call obj,tests/bench/jose_bench.c) $(call lib,jose) $(call lib,base)
$(OUT)/bin/store-bench: $(call obj,tests/bench/store_bench.c) $(call lib,gateway/store) $(call lib,base)
$(OUT)/bin/policy-bench: $(call obj,tests/bench/policy_bench.c) $(foreach r,policy/cli policy/cluster connectors policy/lint policy/analysis policy/emit policy/resolve policy/language policy/rbac base/net base,$(call lib,$(r)))
$(OUT)/bin/import-bench: $(call obj,tests/bench/import_bench.c) $(foreach r,policy/cluster $(call back,$(POLICY)) base/net base,$(call lib,$(r)))
$(OUT)/bin/jose-bench $(OUT)/bin/store-bench $(OUT)/bin/policy-bench $(OUT)/bin/import-bench:
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(X_all)

$(OUT)/bin/load $(OUT)/bin/spawn: $(OUT)/bin/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -pthread -o $@ $< -lssl -lcrypto

.PHONY: all help check demo bench lint format unit fuzz fuzz-replay asan tsan analyze cov compdb install clean setup
.DEFAULT_GOAL := all
all: $(PROGRAMS:%=$(OUT)/bin/%)

$(foreach r,$(ROOMS),$(eval $(call lib,$(r)): $(call obj,$(call src,$(r)))))
$(OUT)/lib/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# --- files that a program carries inside: webui/pages/x.css -> $(OUT)/gen/webui/pages/x.css.h
EMBED := $(wildcard webui/pages/*.css webui/pages/*.html webui/pages/*.svg)
GEN   := $(EMBED:%=$(OUT)/gen/%.h)
$(OUT)/gen/%.h: % tools/embed
	@mkdir -p $(@D)
	tools/embed $< >$@
$(call obj,$(call src,webui/pages)) $(call obj,$(call src,gateway/oidc)): | $(GEN)

# --- unit tests (cmocka): tests/unit/test_x.c -> $(OUT)/unit/test_x; they may link every room
UNIT     := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
UNIT_LIB := $(call obj,$(filter-out $(wildcard tests/unit/test_*.c),$(wildcard tests/unit/*.c)))
# a room without sources yet has no library
ALL_LIBS := $(foreach r,login/net login gateway gateway/http gateway/oidc webui/pages gateway/store jose policy/cli policy/cluster connectors $(call back,$(POLICY)) base/net base,$(if $(call src,$(r)),$(call lib,$(r))))
$(UNIT:%=$(OUT)/unit/%): $(OUT)/unit/%: $(OUT)/obj/tests/unit/%.o $(UNIT_LIB) $(ALL_LIBS)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $< $(UNIT_LIB) -Wl,--start-group $(ALL_LIBS) -Wl,--end-group -lcmocka -ljwt -lfyaml $(X_all)
unit: $(UNIT:%=$(OUT)/unit/%)
	@tools/run-unit $(OUT)/unit $(UNIT)

# --- fuzz targets: replayed over their corpus by `make check`, run with libFuzzer by `make fuzz`
FUZZ := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
$(FUZZ:%=$(OUT)/fuzz/%): $(OUT)/fuzz/%: $(OUT)/obj/tests/fuzz/%.o $(if $(FUZZER),,$(OUT)/obj/tests/fuzz/replay.o) $(ALL_LIBS)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(FUZZER) -o $@ $(filter %.o,$^) -Wl,--start-group $(ALL_LIBS) -Wl,--end-group -lfyaml $(X_all)
# the whole provider in one process, shared with the unit tests
$(patsubst %,$(OUT)/fuzz/fuzz_%,oidc authorize token): $(OUT)/obj/tests/unit/oidc_rig.o
fuzz-replay: $(FUZZ:%=$(OUT)/fuzz/%)
	@tools/run-fuzz replay $(OUT)/fuzz $(FUZZ)
fuzz:
	$(MAKE) OUT=out/fuzz VARIANT=asan CC=clang FUZZER=-fsanitize=fuzzer EXTRA_CFLAGS=-fsanitize=fuzzer-no-link \
	    $(FUZZ:%=out/fuzz/fuzz/%)
	@tools/run-fuzz run out/fuzz/fuzz $(FUZZ)

$(OUT)/fuzz/fuzz_yaml_reference: $(OUT)/obj/tests/unit/yaml_reference.o
$(OUT)/fuzz/fuzz_json_scan: $(OUT)/obj/tests/unit/json_reference.o

# --- manual pages, made from the tables in the programs
MAN := $(OUT)/man/lotse-gateway.8 $(OUT)/man/lotse-policy.1 $(OUT)/man/lotse-login.1
.PHONY: man
man: $(MAN)
$(OUT)/man/lotse-gateway.8: $(OUT)/bin/lotse-gateway
$(OUT)/man/lotse-policy.1: $(OUT)/bin/lotse-policy
$(OUT)/man/lotse-gateway.8 $(OUT)/man/lotse-policy.1:
	@mkdir -p $(@D)
	$< --manual >$@.new && mv $@.new $@
$(OUT)/man/lotse-login.1: $(OUT)/bin/lotse-login
	@mkdir -p $(@D)
	$< help -o man >$@.new && mv $@.new $@

-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)

# --- what people type
DESTDIR ?=
PREFIX  ?= /usr/local

.PHONY: testbins testprograms
testbins: all testprograms $(UNIT:%=$(OUT)/unit/%)
testprograms: $(TEST_PROGRAMS:%=$(OUT)/bin/%)

setup: ; @tools/setup build
check:   ; @tools/setup test && tools/check
demo:  ; @tools/demo
bench: ; @tools/bench

# clang-format and lizard at their pinned versions come with tools/setup
PYTHON := $(firstword $(wildcard .venv/bin/python) python3)
lint:   ; @$(PYTHON) tools/lint
format: ; @$(PYTHON) tools/lint --format

asan: ; @$(MAKE) -s VARIANT=asan unit fuzz-replay
tsan: ; @$(MAKE) -s VARIANT=tsan unit
analyze: ; $(MAKE) OUT=out/analyze EXTRA_CFLAGS='-fanalyzer -Wno-error' all
cov:
	$(MAKE) OUT=out/cov EXTRA_CFLAGS='--coverage -O0' EXTRA_LDFLAGS=--coverage unit
	@gcov -n -r $$(find out/cov/obj -name '*.gcda' ! -path '*/tests/*') 2>/dev/null | \
	    awk '/^File/{f=$$2} /^Lines/{sub(/.*:/,"",$$2); print $$2, f}' | sort -n
compdb:
	$(MAKE) -n --always-make all testbins | tools/compdb >compile_commands.json
# the unit and sysusers.d(5) are written for /usr; elsewhere they name where the programs are
INSTALL_TO = $(DESTDIR)$(PREFIX)
install: all man
	install -d $(addprefix $(INSTALL_TO)/,bin libexec/lotse lib/systemd/system lib/sysusers.d share/doc/lotse/docs share/man/man1 share/man/man8)
	install -m 755 $(filter-out %/lotse-login-net,$(PROGRAMS:%=$(OUT)/bin/%)) $(INSTALL_TO)/bin
	install -m 755 $(OUT)/bin/lotse-login-net $(INSTALL_TO)/libexec/lotse
	ln -sf lotse-login $(INSTALL_TO)/bin/kubectl-lotse
	install -m 644 $(filter %.1,$(MAN)) $(INSTALL_TO)/share/man/man1
	install -m 644 $(filter %.8,$(MAN)) $(INSTALL_TO)/share/man/man8
	install -m 644 SECURITY.md LICENSE deploy/lotse-gateway.sample.yaml deploy/kubernetes/binder.yaml $(INSTALL_TO)/share/doc/lotse
	install -m 644 $(wildcard docs/*.md) $(INSTALL_TO)/share/doc/lotse/docs
	install -m 644 deploy/systemd/sysusers.conf $(INSTALL_TO)/lib/sysusers.d/lotse.conf
	sed 's|/usr/bin/|$(PREFIX)/bin/|' deploy/systemd/lotse-gateway.service >$(INSTALL_TO)/lib/systemd/system/lotse-gateway.service
	chmod 644 $(INSTALL_TO)/lib/systemd/system/lotse-gateway.service
clean:
	rm -rf out

help:
	@echo 'make              builds everything (VARIANT=dev|release|asan|tsan)'
	@echo 'make demo         a whole company on this machine: LDAP, three clusters, gateway, kubectl'
	@echo 'make check        installs what the tests need and runs all of them'
	@echo 'make unit         unit tests only;  make out/dev/unit/test_x builds one'
	@echo 'make lint format  the order of the house;  clang-format'
	@echo 'make asan tsan    unit tests and fuzz corpora under sanitizers'
	@echo 'make fuzz         libFuzzer, FUZZ_SECONDS=60 a target'
	@echo 'make bench        speed and memory beside their limits'
	@echo 'make analyze cov  gcc -fanalyzer;  line coverage of the unit tests'
	@echo 'make compdb       compile_commands.json for editors'
	@echo 'make install      programs, manual pages, systemd unit, documents; PREFIX=/usr/local DESTDIR='
	@echo 'make setup        system packages, compiler and libraries only'
