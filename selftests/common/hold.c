// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hold.c - hold a loader up by a page fault, and the loader made by hand.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hold.h"

#define PAGE 4096
#define WAIT_MS 10000

int hold_make(struct hold *hold)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	void *page;

	hold->fd = -1;
	if (fd < 0)
		return -errno;
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (uintptr_t)page;
	reg.range.len = PAGE;
	if (page == MAP_FAILED || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg)) {
		close(fd);
		return -EIO;
	}
	hold->fd = fd;
	hold->page = page;
	return 0;
}

int hold_wait(const struct hold *hold)
{
	struct pollfd poll_fd = { .fd = hold->fd, .events = POLLIN };
	struct uffd_msg msg;

	if (poll(&poll_fd, 1, WAIT_MS) != 1)
		return -ETIMEDOUT;
	return read(hold->fd, &msg, sizeof(msg)) == sizeof(msg) ? 0 : -EIO;
}

int hold_release(const struct hold *hold)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (uintptr_t)hold->page, .len = PAGE },
	};

	if (!ioctl(hold->fd, UFFDIO_ZEROPAGE, &zero) || errno == EEXIST)
		return 0;
	return -errno;
}

void hold_free(struct hold *hold)
{
	if (hold->fd < 0)
		return;
	hold_release(hold);
	close(hold->fd);
	munmap(hold->page, PAGE);
	hold->fd = -1;
}

int hand_load(struct hand *hand, const char *who, int32_t keyring)
{
	struct gate_signature signature = {};
	struct gate_object object;
	union bpf_attr attr;
	int err;

	memset(hand, 0, sizeof(*hand));
	hand->fd = -1;
	err = gate_object_read("hand", "hand", &object);
	if (err)
		return err;
	attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "hand", object.insns, object.n);
	attr.prog_flags = BPF_F_SLEEPABLE;
	if (who) {
		err = gate_sign_insns(who, object.insns, object.n, NULL, 0, &signature);
		if (err)
			goto out;
		gate_attr_sign(&attr, &signature, keyring);
	}
	hand->fd = gate_load(&attr);
	if (hand->fd < 0) {
		err = hand->fd;
		if (err != -EPERM)
			gate_load_explain(&attr);
		goto out;
	}
	hand->id = gate_prog_id(hand->fd);
out:
	free(object.insns);
	free(signature.sig);
	return err;
}

int hand_run(struct hand *hand)
{
	int32_t ret = 0;

	hand->err = gate_prog_run(hand->fd, &hand->ctx, sizeof(hand->ctx), &ret);
	return hand->err ? hand->err : ret;
}

static void *run_in_thread(void *hand)
{
	hand_run(hand);
	return NULL;
}

int hand_start(struct hand *hand)
{
	return -pthread_create(&hand->thread, NULL, run_in_thread, hand);
}

int hand_join(struct hand *hand)
{
	int err = -pthread_join(hand->thread, NULL);

	return err ? err : hand->err;
}

void hand_forget(struct hand *hand)
{
	if (hand->ctx.made > 0)
		close(hand->ctx.made);
	if (hand->ctx.prog > 0)
		close(hand->ctx.prog);
	memset(&hand->ctx, 0, sizeof(hand->ctx));
}

void hand_close(struct hand *hand)
{
	hand_forget(hand);
	if (hand->fd >= 0)
		close(hand->fd);
	hand->fd = -1;
}
