# SPDX-License-Identifier: GPL-2.0-or-later
# bpfseal: builds, tests, demonstrates and installs it. "make help" lists the targets.
#
# This file decides where to build: on Debian 13 right here, elsewhere (and for tests and
# the demo always) in the Debian 13 root of .ci/root, by running make again inside it.
#
#   O        output directory            PREFIX, DESTDIR   where install puts things
#   V=1      show commands               TESTS="a b"       only these tests
#   KERNELS  kernels "make check" and "make attack" test, each a series ("7.2"), a lower bound ("7.3+"), or
#            the one that "make kernel" builds ("7.2-bpfseal", with DEBUG=1
#            "7.2-bpfseal-debug")
#   KERNEL   the only one of these; also that of the other VMs: demo, bench, fuzz-bpf
#   KERNEL_TARBALL   its source, where Debian has dropped linux-source-7.2
#   SIGN_KEY, SIGN_CERT   the policy's own programs are signed with these: PEM files of a
#                 signer. The key is only read
#   VM_TIMEOUT    seconds each of the tests' VMs may take
#   CLASSES       numbers of the classes that "make attack" is to try, and no others
#   SECONDS       how long "make fuzz" takes, of which all its programs get an equal part;
#                 and how long "make fuzz-bpf" calls
#   SEED          what tests that draw at random begin with; they print it

O ?= build
PREFIX ?= /usr/local
NEWEST := 7.3+
# Those first that take longest, as two VMs run at a time.
ALL_KERNELS := $(NEWEST) 7.2-bpfseal 7.2 7.1 7.0 6.12
ATTACK_KERNELS := $(NEWEST) 7.2-bpfseal
ONE_KERNEL := $(KERNEL)
ifndef KERNELS
KERNELS := $(or $(ONE_KERNEL),$(if $(filter attack,$(MAKECMDGOALS)),$(ATTACK_KERNELS),$(ALL_KERNELS)))
endif
KERNEL ?= $(NEWEST)
Q := $(if $(V),,@)
MAKEFLAGS += --no-print-directory --no-builtin-rules --no-builtin-variables
.DELETE_ON_ERROR:

DEBIAN_13 := $(shell . /etc/os-release && [ "$$ID$$VERSION_ID" = debian13 ] && echo yes)
JOBS := $(shell nproc)

.PHONY: all install uninstall check tier-table unit attack fuzz fuzz-bpf demo bench kernel clean refresh help
all:

IN_ROOT_GOALS := check unit attack fuzz fuzz-bpf demo bench
ifneq ($(BPFSEAL_IN_ROOT),1)
ifneq ($(DEBIAN_13),yes)
IN_ROOT_GOALS += all install
endif
endif

help:
	@echo 'make              build $(O)/bpfseal'
	@echo 'make install      install it below $$(DESTDIR)$$(PREFIX), now $(DESTDIR)$(PREFIX)'
	@echo 'make uninstall    remove what install put there'
	@echo 'make check        run every test on each of $(ALL_KERNELS);'
	@echo '                  KERNEL=7.2 is for one of them, TESTS="load_test policy" for some tests'
	@echo 'make tier-table   make Documentation/tiers.rst of the results'
	@echo 'make unit         run the tests that need no VM'
	@echo 'make attack       attack a sealed policy in a VM, on each of $(ATTACK_KERNELS)'
	@echo 'make fuzz         look for inputs that break the parsers; SECONDS=600 for longer'
	@echo 'make fuzz-bpf     call bpf() at random in a VM, against a sealed policy; SECONDS=1800 for longer'
	@echo 'make demo         run the main job in a VM and print a transcript'
	@echo 'make bench        measure in a VM that counts instructions'
	@echo 'make kernel       build Linux 7.2 with kernel/patches; DEBUG=1 with KASAN and lockdep'
	@echo 'make clean        remove $(O)'
	@echo 'make refresh      look for newer kernels next time'
	@echo 'V=1 shows the commands, O=dir builds in dir, KERNEL=7.2 also goes for the other VMs'

clean:
	$(Q)rm -rf $(O)

refresh:
	$(Q).ci/root enter kernel/fetch forget

tier-table:
	$(Q)[ -e $(O)/tiers.rst ] || { echo 'There are no results yet: run "make check", without KERNEL= or TESTS='; exit 1; } >&2
	$(Q)cp $(O)/tiers.rst Documentation/tiers.rst

# The build root, seen from inside, has the tarball only if it is shown to it.
TARBALL := $(if $(KERNEL_TARBALL),$(or $(realpath $(KERNEL_TARBALL)),$(error \
	KERNEL_TARBALL is "$(KERNEL_TARBALL)", and there is no such file)))

kernel:
	$(Q)exec .ci/root enter $(if $(TARBALL),--bind $(dir $(TARBALL))) \
		kernel/build $(if $(filter-out 0,$(DEBUG)),--debug) $(TARBALL)

ifeq ($(BPFSEAL_IN_ROOT),1)
include kernel/Makefile.inc build.mk selftests/Makefile.inc
else

# Runs this make again in the root, with the variables given on the command line or in the
# environment. What lies outside the checkout and is written to has to be shown to the root.
ABROAD := $(filter /% ../%,$(O) $(DESTDIR)) $(if $(TARBALL),$(dir $(TARBALL))) \
	$(sort $(dir $(filter /% ../%,$(SIGN_KEY) $(SIGN_CERT))))
PASSED_ON := O PREFIX DESTDIR KERNEL KERNELS TESTS V VM_TIMEOUT KERNEL_TARBALL CLASSES SECONDS SEED SIGN_KEY SIGN_CERT
FROM_ENVIRONMENT := $(foreach var,$(PASSED_ON),$(if $(filter environment,$(origin $(var))),'$(var)=$($(var))'))
ENTER = .ci/root enter $(foreach dir,$(ABROAD),--bind $(dir)) \
	make -j$(JOBS) $(FROM_ENVIRONMENT) $(MAKEOVERRIDES) $(if $(TARBALL),KERNEL_TARBALL=$(TARBALL))

$(IN_ROOT_GOALS):
	$(if $(filter install,$@),$(if $(DESTDIR),,$(error This host is not Debian 13 and cannot \
		run what is built for it: install needs DESTDIR=<directory>)))
	$(Q)exec $(ENTER) $@

ifeq ($(filter all,$(IN_ROOT_GOALS)),)
include kernel/Makefile.inc build.mk
endif
endif
