/* SPDX-License-Identifier: MIT */
/*
 * Kernel settings under /proc/sys that instances change while they run:
 * mural_sysctl_acquire() and mural_sysctl_release() of <mural/plugin.h>.
 *
 * Several instances, of several plugins, may hold the same one: the first to acquire it
 * sets it, the last to release it restores the original value.  Any thread.
 */
#pragma once

#include <stdbool.h>

/* True: released settings are no longer restored; false: they are, those released
 * meanwhile at once.  For a reload, which closes some instances and opens others. */
void sysctl_defer_restore(bool defer);
