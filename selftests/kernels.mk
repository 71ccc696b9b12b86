# SPDX-License-Identifier: GPL-2.0-or-later
# The kernels the VMs run, and for each the tools that make what it loads.
#
# What the signature of a light skeleton covers depends on the kernel. Tests are therefore
# built once for each kind of signature, with the bpftool and libbpf headers of such a
# kernel; GATE_SIGNS_BTF tells them that skeletons carry BTF. The product is the same in all
# of them.
#
#   insns   the loader's instructions, which check the metadata's hash   up to Linux 7.2
#   btf     these and the loader's BTF, which names a kfunc              the patched 7.2
#   maps    the instructions and the metadata                            Linux 7.3
#
# Kernels before 6.18 know of no signatures; with them the kind makes no difference.

INSNS_SERIES := 6.18 6.19 7.0 7.1 7.2
INSNS_SOURCE := 7.2
# These are too old for what the tools of INSNS_SOURCE sign: they have no bpf_map.excl.
OLDER_SERIES := 6.18 6.19 7.0

GATE_SIGNS_btf := -DGATE_SIGNS_BTF

# As "bpfseal sign --covers" calls them.
COVERS_insns := instructions
COVERS_btf := btf
COVERS_maps := metadata

# --- which ones ---------------------------------------------------------------------

# Those of this run: none if only programs are built, or unit tests run.
VM_KERNELS := $(sort $(if $(filter check,$(MAKECMDGOALS)),$(CHECK_KERNELS)) \
	$(if $(filter attack,$(MAKECMDGOALS)),$(KERNELS)) \
	$(if $(filter demo bench fuzz-bpf,$(MAKECMDGOALS)),$(KERNEL)))

# $(call try,NAME,COMMAND): what COMMAND prints. Nothing if it fails; $(call why,NAME) is
# then a file that says why.
try = $(shell kernel/try $(call why,$1) $2)
why = $(O)/kernels/$1

# $(call find,KERNEL): the directory of a kernel in the cache, fetched or built if need be.
find = $(call try,$1,$(if $(filter $(PATCHED_KERNELS),$1),$(build),kernel/fetch image $1))
build = kernel/build $(if $(filter %-debug,$1),--debug) $(TARBALL)
found = $(or $(if $(filter $(KERNEL),$1),$(KERNEL_DIR)),$(if $(filter $(NEWEST),$1),$(BTF_DIR)),$(find))

series = $(subst $() ,.,$(wordlist 1,2,$(subst ., ,$1)))
kind = $(or $(if $(filter $(PATCHED_KERNELS),$1),btf),$(if $(filter \
	$(INSNS_SERIES),$(call series,$(RELEASE_$1))),insns),maps)

# DIR_KERNEL, RELEASE_KERNEL and KIND_KERNEL; all empty if there is no such kernel.
define look_for
DIR_$1 := $(call found,$1)
RELEASE_$1 := $$(if $$(DIR_$1),$$(shell cat $$(DIR_$1)/version))
KIND_$1 := $$(if $$(DIR_$1),$$(call kind,$1))
endef
$(foreach kernel,$(VM_KERNELS),$(eval $(call look_for,$(kernel))))

KINDS := $(sort $(foreach kernel,$(VM_KERNELS),$(KIND_$(kernel))))

# --- the tools of each kind ---------------------------------------------------------

TOOLS_maps := $(TOOLS)
KSRC_maps := $(KSRC)

ifneq ($(filter insns,$(KINDS)),)
KSRC_insns := $(call try,insns,kernel/fetch source $(INSNS_SOURCE) $(TARBALL))
TOOLS_insns := $(call tools_of,$(KSRC_insns))
endif

ifneq ($(filter btf,$(KINDS)),)
PATCHED_DIR := $(firstword $(foreach kernel,$(PATCHED_KERNELS),$(DIR_$(kernel))))
KSRC_btf := $(PATCHED_DIR)/source
TOOLS_btf := $(call tools_of,$(PATCHED_DIR))
endif

# Without its tools a kernel is of no use here.
KINDS := $(foreach kind,$(KINDS),$(if $(KSRC_$(kind)),$(kind)))
usable = $(filter $(KINDS),$(KIND_$1))
why_not = $(call why,$(or $(KIND_$1),$1))

define tools_rule
$$(TOOLS_$1)/done: $$(KSRC_$1)/Makefile
	@echo '  TOOLS   $$(@D)'
	$$(Q)kernel/tools $$(KSRC_$1) $$(@D)
endef
$(foreach kind,$(filter-out maps,$(KINDS)),$(eval $(call tools_rule,$(kind))))
