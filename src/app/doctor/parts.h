/* SPDX-License-Identifier: MIT */
/* The doctor's checks, each with a heading of its own in the report. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/report.h"
#include "config/config.h"
#include "plugin/registry.h"

/* Addresses, ports, routes, and what the kernel does with pings. */
void doctor_check_network(const struct plugins *plugins, struct report *report);

/* The packet filter. */
void doctor_check_filter(const struct plugins *plugins, struct report *report);

/* The clock, where passwords change with the time. */
void doctor_check_clock(const struct plugins *plugins, struct report *report);

/* Calls each() for every address of the instance's options; `type` is SOCK_STREAM or
 * SOCK_DGRAM. */
void doctor_each_address(const struct instance *instance,
	void (*each)(const struct instance *instance, const char *key,
		const char *address, int type, void *arg),
	void *arg);

/* The user and the capabilities. */
void doctor_check_privileges(const struct plugins *plugins, struct report *report);

/* Who may steer the wall. */
void doctor_check_control(const struct config *config, struct report *report);

/* The snapshot and the record. */
void doctor_check_files(const struct config *config, struct report *report);

/* Their versions: murald's own libraries and those of the plugins. */
void doctor_check_libraries(const struct plugins *plugins, struct report *report);

/* The kernel's arguments and memory, and a Raspberry Pi's config.txt. */
void doctor_check_machine(struct report *report);

/* Whether the plugin captures packets. */
bool doctor_reads_packets(const struct instance *instance);

/* The first line of a small file, without the newline; false if it cannot be read. */
bool doctor_read_line(const char *path, char *line, size_t len);
