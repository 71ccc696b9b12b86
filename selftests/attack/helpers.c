// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * helpers.c - what several classes of attacks need.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"
#include "hand_verified.h"
#include "tamper.h"

int attack_close(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int attack_in_child(int (*run)(void *what), void *what)
{
	int *ret = mmap(NULL, sizeof(*ret), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	int status;
	pid_t pid;

	if (ret == MAP_FAILED)
		return attack_broken("no memory");
	pid = fork();
	if (!pid) {
		*ret = run(what);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return attack_broken("a child of it died");
	return *ret;
}

int attack_unsigned(void)
{
	return attack_close(gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "attack"));
}

int attack_hand(struct hand *hand)
{
	if (gate_kernel()->promotes)
		return hand_load_verified(hand, "signer", attack_keyring("signer"));
	return hand_load(hand, "signer", attack_keyring("signer"));
}

int attack_tampered(const struct attack *attack)
{
	const struct tamper *tamper = attack->what;
	int32_t keyring = attack_keyring("signer");
	struct gate_loader loader;
	int err = tamper_take(tamper, &loader);

	if (err)
		return attack_broken("no skeleton");
	if (!tamper->stranger)
		err = tamper_load(&loader, keyring, tamper_nothing);
	if (err)
		return attack_broken("what was not changed: %s", strerror(-err));
	err = tamper_load(&loader, keyring, tamper->change);
	return err == -ECANCELED ? attack_broken("it could not be changed") : err;
}

const struct attack_want *attack_tampered_want(const struct attack *attack)
{
	const struct tamper tamper = tamper_expected(attack->what);
	static struct attack_want want;

	want = attack->want;
	want.error = want.control = tamper.err;
	want.reason = tamper.reason;
	return &want;
}
