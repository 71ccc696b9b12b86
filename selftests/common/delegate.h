/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * delegate.h - a BPF token: made in a user namespace to which root has delegated BPF.
 */
#ifndef GATE_DELEGATE_H
#define GATE_DELEGATE_H

#include <sys/types.h>

/** delegate_tell, delegate_hear - say that it is one's turn; 0 or -EIO */
int delegate_tell(int sock);
int delegate_hear(int sock);

/**
 * delegate_take - in a child: become root of a user namespace of its own, with a token
 * @sock: a stream socket, at whose other end delegate_give() waits
 *
 * Return: the token's descriptor, -EINVAL or -EOPNOTSUPP (the kernel makes none), -EIO (there
 * is no user namespace, or no bpffs in it) or another negative errno
 */
int delegate_take(int sock);

/**
 * delegate_give - in its parent, which is root: delegate all of BPF
 * @sock: the other end
 * @pid: the child
 *
 * Return: 0 or a negative errno
 */
int delegate_give(int sock, pid_t pid);

#endif
