# SPDX-License-Identifier: GPL-2.0-or-later
# The product: the BPF policy, its skeleton, and the bpfseal program.

VERSION := 0.1

# Each bpf/NAME.bpf.c named here becomes part of the policy.
BPF_OBJS := control report seal upgrade load first_fd measure loader run_maps reject inventory

# What the inventory needs where no policy is installed.
LISTER_OBJS := control inventory

# What may be signed, and the result: see user/objects.h.
OBJECTS_DIR := $(PREFIX)/lib/bpfseal

BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Wall -Werror \
	-fms-extensions -Wno-microsoft-anon-tag \
	-I$(O) -Ibpf -isystem $(TOOLS)/include
CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 \
	-fstack-protector-strong -fPIE -DBPFSEAL_VERSION='"$(VERSION)"' \
	-DBPFTOOL='"$(PREFIX)/libexec/bpfseal/bpftool"' -DOBJECTS_DIR='"$(OBJECTS_DIR)"'
LDFLAGS := -pie -Wl,-z,relro,-z,now
INCLUDES := -I$(O) -Iuser -Ibpf -isystem $(TOOLS)/include
PACKAGES := libcyaml yaml-0.1 jansson libcrypto libelf zlib
LIBS = $(shell $(PKG_CONFIG) --libs $(PACKAGES)) -lkeyutils

USER_SOURCES := $(wildcard user/*.c)
USER_OBJS := $(USER_SOURCES:%.c=$(O)/%.o)
LIBBPFSEAL := $(O)/user/libbpfseal.a
LSKELS := $(O)/bpfseal.lskel.h $(O)/lister.lskel.h
SIGNED := $(if $(SIGN_KEY),$(O)/policy.metadata.lskel.h)
$(if $(SIGN_KEY),$(if $(SIGN_CERT),,$(error SIGN_KEY needs SIGN_CERT, its certificate)))

all: $(O)/bpfseal $(O)/bpfseal.service $(SIGNED)

# Changes when a flag or a tool does, so that everything made with the old one is remade.
FLAGS := $(VERSION) $(TOOLS) $(VMLINUX_BTF) $(CC) $(CFLAGS) $(LDFLAGS) $(CLANG) $(BPF_CFLAGS) $(BPF_OBJS)
$(O)/flags: FORCE | $(O)
	$(file >$@.new,$(FLAGS))@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(O):
	@mkdir -p $@

.PHONY: FORCE

$(O)/bpf/%.bpf.o: bpf/%.bpf.c $(O)/vmlinux.h $(O)/flags | $(TOOLS_DONE)
	@echo '  BPF     $@'
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -DBPF_NO_KFUNC_PROTOTYPES -MMD -MP -c $< -o $@

$(O)/bpf/bpfseal.bpf.o: $(BPF_OBJS:%=$(O)/bpf/%.bpf.o)
	@echo '  BPFLINK $@'
	$(Q)$(BPFTOOL) gen object $@ $^

$(O)/bpf/lister.bpf.o: $(LISTER_OBJS:%=$(O)/bpf/%.bpf.o)
	@echo '  BPFLINK $@'
	$(Q)$(BPFTOOL) gen object $@ $^

$(LSKELS): $(O)/%.lskel.h: $(O)/bpf/%.bpf.o
	@echo '  LSKEL   $@'
	$(Q)$(BPFTOOL) gen skeleton -L $< name $* >$@

$(O)/user/objects.o: $(LSKELS)

# $(call sign_policy,BPFTOOL,KEY,CERT,KIND): what "make SIGN_KEY=" and the tests do.
define sign_policy
@echo '  SIGN    $@'
@mkdir -p $(@D)
$(Q)BPFSEAL_BPFTOOL=$1 $(O)/bpfseal sign $(O)/bpf/bpfseal.bpf.o --name bpfseal --key $2 --cert $3 \
	--covers $4 -o $@ >/dev/null
endef

$(O)/policy.metadata.lskel.h: $(O)/bpf/bpfseal.bpf.o $(O)/bpfseal $(SIGN_KEY) $(SIGN_CERT)
	$(call sign_policy,$(BPFTOOL),$(SIGN_KEY),$(SIGN_CERT),metadata)

# Each user/presets/NAME.yaml as { "NAME", "its text" },
PRESETS := $(sort $(wildcard user/presets/*.yaml))
$(O)/presets.h: $(PRESETS) build.mk
	@echo '  PRESETS $@'
	@mkdir -p $(@D)
	$(Q)for preset in $(PRESETS); do \
		printf '{ "%s",\n' "$$(basename "$$preset" .yaml)"; \
		sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' "$$preset"; \
		echo '},'; \
	done >$@

$(O)/user/policy_preset.o: $(O)/presets.h

$(O)/user/%.o: user/%.c $(O)/flags | $(TOOLS_DONE)
	@echo '  CC      $@'
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(INCLUDES) -MMD -MP -c $< -o $@

$(LIBBPFSEAL): $(filter-out $(O)/user/main.o,$(USER_OBJS))
	@echo '  AR      $@'
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/bpfseal: $(O)/user/main.o $(LIBBPFSEAL)
	@echo '  LINK    $@'
	$(Q)$(CC) $(LDFLAGS) $^ $(LIBBPF) $(LIBS) -o $@

# For boot: "systemctl enable bpfseal".
SERVICE := $(PREFIX)/lib/systemd/system/bpfseal.service

$(O)/bpfseal.service: user/bpfseal.service.in $(O)/flags
	$(Q)sed 's,@PREFIX@,$(PREFIX),' $< >$@

# bpfseal sign runs its own bpftool: a distribution's may not know signing yet.
install: all
	install -D -m 0755 $(O)/bpfseal $(DESTDIR)$(PREFIX)/sbin/bpfseal
	install -D -m 0755 $(BPFTOOL) $(DESTDIR)$(PREFIX)/libexec/bpfseal/bpftool
	install -D -m 0644 user/policy.schema.json $(DESTDIR)$(PREFIX)/share/bpfseal/policy.schema.json
	install -D -m 0644 $(O)/bpfseal.service $(DESTDIR)$(SERVICE)
	install -D -m 0644 $(O)/bpf/bpfseal.bpf.o $(DESTDIR)$(OBJECTS_DIR)/bpfseal.bpf.o
	$(foreach file,$(SIGNED),install -D -m 0644 $(file) $(DESTDIR)$(OBJECTS_DIR)/$(notdir $(file)))

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/bpfseal $(DESTDIR)$(PREFIX)/libexec/bpfseal/bpftool \
		$(DESTDIR)$(PREFIX)/share/bpfseal/policy.schema.json $(DESTDIR)$(SERVICE) \
		$(DESTDIR)$(OBJECTS_DIR)/bpfseal.bpf.o $(DESTDIR)$(OBJECTS_DIR)/policy.metadata.lskel.h

-include $(USER_OBJS:.o=.d) $(BPF_OBJS:%=$(O)/bpf/%.bpf.d)
