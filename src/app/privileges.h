/* SPDX-License-Identifier: MIT */
/*
 * Rights: what murald may do, and gives up before anybody from outside can talk to it.
 *
 * Always: it may never again run another program or gain rights (no_new_privs, and
 * Landlock where the kernel has it), and leaves no core file, because there are secrets
 * in its memory.  Started as root with server.user it also becomes that user, with the
 * groups of that user and of the graphics cards, and keeps of root's capabilities those
 * only that the instances ask for.
 *
 * Capabilities belong to threads, and threads inherit them: the main thread, before there
 * is another.
 */
#ifndef APP_PRIVILEGES_H
#define APP_PRIVILEGES_H

#include <stdbool.h>

#include "config/config.h"
#include "plugin/registry.h"

/* Gives up what the wall will not need.  0; or -errno, logged: it could not be given up,
 * and murald must not go on. */
int privileges_drop(const struct config *config, const struct plugins *plugins);

/* Whether this thread has all that the instance asks for. */
bool privileges_suffice(const struct instance *instance);

#endif
