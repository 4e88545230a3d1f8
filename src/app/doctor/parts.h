/* SPDX-License-Identifier: MIT */
/* The doctor's examinations, each under a heading of its own. */
#ifndef APP_DOCTOR_PARTS_H
#define APP_DOCTOR_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/report.h"
#include "config/config.h"
#include "plugin/registry.h"

/* Addresses, ports, and what the kernel does with pings. */
void doctor_check_network(const struct plugins *plugins, struct report *report);

/* Who we are, and what we may. */
void doctor_check_privileges(const struct plugins *plugins, struct report *report);

/* The files that the wall keeps. */
void doctor_check_files(const struct config *config, struct report *report);

/* The kernel's arguments, and what a Raspberry Pi adds to them. */
void doctor_check_machine(struct report *report);

/* Whether the module reads packets off the wire. */
bool doctor_reads_packets(const struct instance *instance);

/* The first line of a small file, without its end; false when it cannot be read. */
bool doctor_read_line(const char *path, char *line, size_t len);

#endif
