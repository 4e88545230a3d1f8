/* SPDX-License-Identifier: MIT */
/*
 * What a plugin does against its interface: the log names the instance, since in a crash
 * nothing would.
 *
 * Any thread.
 */
#pragma once

/* Logs "INSTANCE: the plugin ..." with where to read what is right. */
void misuse_log(const char *instance, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same, and ends the program: what the plugin has done cannot be undone. */
void misuse_end(const char *instance, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
