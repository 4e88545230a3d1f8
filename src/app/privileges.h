/* SPDX-License-Identifier: MIT */
/*
 * Drops privileges before anything outside can talk to murald.
 *
 * In any case it can never again run a program or gain privileges (no_new_privs, and
 * Landlock where the kernel has it), and leaves no core file, because its memory holds
 * secrets.  Started as root with server.user, it also becomes that user, with the groups
 * of that user and of the graphics cards, and keeps only those of root's capabilities
 * that the instances ask for.  Started as another user with CAP_BPF, it gives that up
 * with what belongs to it, once plugins have loaded their programs.
 *
 * Capabilities belong to threads, which inherit them: called by the main thread before it
 * starts another.
 */
#pragma once

#include <stdbool.h>

#include "config/config.h"
#include "plugin/registry.h"

/* Has plugins load what takes more rights, and drops what the wall does not need.  On
 * -errno, logged, murald must not start. */
int privileges_drop(const struct config *config, const struct plugins *plugins);

/* Whether this thread has the capability, CAP_... of <linux/capability.h>. */
bool privileges_have(unsigned capability);

/* Whether this thread has every capability that the instance asks for. */
bool privileges_suffice(const struct instance *instance);
