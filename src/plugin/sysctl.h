/* SPDX-License-Identifier: MIT */
/*
 * Switches of the kernel that instances hold while they run: mural_sysctl_acquire() and
 * mural_sysctl_release() of registry.h.
 *
 * Several instances, of several plugins, may hold the same one.  The first turns it, and
 * when the last lets go, what was there before is put back.  Any thread.
 */
#ifndef PLUGIN_SYSCTL_H
#define PLUGIN_SYSCTL_H

#include <stdbool.h>

/* True: from now on what nobody holds any more stays as it is; false: it is put back, now
 * and from now on.  For a reload, which closes some instances and opens others. */
void sysctl_defer_restore(bool defer);

#endif
