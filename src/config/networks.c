/* SPDX-License-Identifier: MIT */
/* Parses server.allow and server.deny: networks, and files of networks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "config/config-private.h"

static const char blanks[] = " \t\r\n";

/* A list of networks that is being read, and where it is written. */
struct network_list {
	struct config *config;
	const char *key;
	struct cidr_list *networks;
	const char *file;
	int line;
};

static int
add_word(const struct network_list *list, const char *word)
{
	struct cidr network;

	if (cidr_parse(word, &network))
		return cidr_list_add(list->networks, &network);
	config_error(list->config, list->file, list->line, "server", list->key,
		strchr(word, ',') ? "\"%s\": separate networks by spaces, not commas"
				  : "\"%s\" is not a network; write an address or "
				    "ADDRESS/BITS, such as 192.0.2.0/24 or 2001:db8::/32",
		word);
	return 0;
}

/* Words separated by blanks and newlines; # and ; begin comments. */
static int
add_file(const struct network_list *list, const char *path)
{
	struct network_list inside = *list;
	FILE *file = regular_file_open(path);
	char *line = NULL, *rest;
	size_t size = 0;
	int ret = 0;

	if (!file) {
		config_error(list->config, list->file, list->line, "server", list->key,
			"@%s: %s", path, strerror(errno));
		return 0;
	}
	inside.file = path;
	inside.line = 0;
	errno = 0;
	while (ret == 0 && getline(&line, &size, file) >= 0) {
		inside.line++;
		line[strcspn(line, "#;")] = '\0';
		for (char *word = strtok_r(line, blanks, &rest); ret == 0 && word;
			word = strtok_r(NULL, blanks, &rest))
			ret = add_word(&inside, word);
		errno = 0;
	}
	if (ret == 0 && ferror(file))
		config_error(list->config, list->file, list->line, "server", list->key,
			"@%s: %s", path, strerror(errno ? errno : EIO));
	free(line);
	fclose(file);
	return ret;
}

int
config_networks_read(struct config *config, const char *key, const char *text,
	struct cidr_list *networks)
{
	const struct setting *setting = config_setting(config, "server", key);
	struct network_list list = { config, key, networks,
		setting ? setting->file : NULL, setting ? setting->line : 0 };
	char *copy = strdup(text), *rest;
	int ret = copy ? 0 : -ENOMEM;

	for (char *word = copy ? strtok_r(copy, blanks, &rest) : NULL; ret == 0 && word;
		word = strtok_r(NULL, blanks, &rest))
		ret = *word == '@' ? add_file(&list, word + 1) : add_word(&list, word);
	cidr_list_sort(networks);
	free(copy);
	return ret;
}
