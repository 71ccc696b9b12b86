#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The main job of bpfseal, step by step, in the VM of "make demo". Every step says what
# has to happen; the first that goes otherwise fails the demo.
set -u

step() { printf '\n== %s\n' "$*"; }

# expect CODE COMMAND...: run it, show it, insist on its exit code.
expect() {
	code=$1
	shift
	printf '  $ %s\n' "$*"
	"$@"
	got=$?
	[ "$got" = "$code" ] && return
	printf '\nThe demo failed: exit code %s where %s was due.\n' "$got" "$code"
	exit 1
}

ran=0
refused=3

printf 'Linux %s, security modules: %s\n' "$(uname -r)" "$(cat /sys/kernel/security/lsm)"

step 'Before the policy, anybody with root loads what they like'
expect $ran demo-load plain

step 'The policy: enforcing, and one trusted signer'
mkdir -p /etc/bpfseal
cp /keys/signer.crt /etc/bpfseal/
cat >/etc/bpfseal/policy.yaml <<'POLICY'
mode: enforcing
require: metadata
signers:
  - name: release
    certificate: signer.crt
POLICY
sed 's/^/    /' /etc/bpfseal/policy.yaml
expect 0 bpfseal probe
expect 0 bpfseal install /etc/bpfseal/policy.yaml
serial=$(bpfseal status | sed -n 's/^signer: *release, keyring \([0-9]*\):.*/\1/p')

step 'The same program is denied now'
expect $refused demo-load plain

step 'An unsigned light skeleton is denied'
expect $refused demo-load skeleton /demo/count.lskel.h

step "A skeleton signed by a stranger, whose key is in the session keyring, is denied"
stranger=$(keyctl padd asymmetric stranger @s </keys/stranger.der)
printf '    stranger key %s in the session keyring\n' "$stranger"
expect $refused demo-load skeleton /demo/count.stranger.lskel.h -3

step 'A skeleton signed by the trusted signer runs, and so does the program it loads'
expect 0 bpfseal verify /demo/count.signed.lskel.h --cert /etc/bpfseal/signer.crt
expect $ran demo-load skeleton /demo/count.signed.lskel.h "$serial"

step 'The same skeleton with one metadata byte flipped is rejected by the kernel'
expect $refused demo-load flipped /demo/count.signed.lskel.h "$serial"

step 'A signed program with an unsigned CO-RE relocation, which would rewrite it, is denied'
expect $refused demo-load relocated /keys/signer.key /keys/signer.crt "$serial"

step 'Is it enforcing?'
expect 0 bpfseal status

step 'What was decided'
expect 0 bpfseal events

printf '\nThe demo went as it should.\n'
