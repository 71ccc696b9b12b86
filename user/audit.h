/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * audit.h - who has objects of the policy's that nobody should have.
 */
#ifndef BPFSEAL_AUDIT_H
#define BPFSEAL_AUDIT_H

/**
 * audit_run - read an audit of bpf/seal.bpf.c or bpf/upgrade.bpf.c through, and print what it finds
 * @audit: descriptor of its program
 *
 * What it has found the kernel knows by itself.
 *
 * Return: how much that is, or a negative errno
 */
int audit_run(int audit);

#endif
