/* SPDX-License-Identifier: MIT */
/* Follows a packet through the rules of nftables, as far as they are understood. */
#include "app/doctor/filter.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/option.h"
#include "lib/digits.h"

#define DEPTH_MAX 16 /* the kernel's own limit on jumps */
#define OPERAND_MAX 512

enum match { NO, MAYBE, YES };

/* What becomes of a packet in a chain; GOES_ON: no rule of it decides. */
enum fate { GOES_ON, ACCEPTED, UNSURE, DROPPED };

struct packet {
	const char *protocol;
	unsigned port;
};

struct walk {
	const char *table; /* the text from there on */
	const struct packet *packet;
	int depth;
};

/* ------------------------------------------------------------------ words */

/* The next word of a line; a {set} is one word, and so is "a string".  False: the line is
 * over. */
static bool
next_word(const char **line, char *word, size_t len)
{
	const char *p = *line + strspn(*line, " \t");
	size_t n = strcspn(p, " \t\n");

	if (*p == '{' || *p == '"')
		n = 1 + strcspn(p + 1, *p == '{' ? "}\n" : "\"\n");
	if ((*p == '{' || *p == '"') && p[n] && p[n] != '\n')
		n++;
	if (n == 0)
		return false;
	snprintf(word, len, "%.*s", (int)(n < len ? n : len - 1), p);
	*line = p + n;
	return true;
}

/* The operand of a match, and whether "!=" is before it. */
static bool
next_operand(const char **line, char *word, size_t len, bool *negated)
{
	*negated = false;
	if (!next_word(line, word, len))
		return false;
	if (strcmp(word, "!=") == 0) {
		*negated = true;
		return next_word(line, word, len);
	}
	return strcmp(word, "==") != 0 || next_word(line, word, len);
}

static enum match
match_item(const char *item, const char *names, unsigned port)
{
	uint64_t low, high;
	const char *end = digits_read(item, UINT16_MAX, &low);

	if (*item == '@' || *item == '$')
		return MAYBE;
	if (!end)
		return names && option_word_index(names, item) >= 0 ? YES : NO;
	high = low;
	if (*end == '-')
		(void)digits_read(end + 1, UINT16_MAX, &high);
	return !names && port >= low && port <= high ? YES : NO;
}

/* Whether an operand, one item or several, has one of the names, or if these are NULL the
 * port. */
static enum match
match_operand(const char *operand, const char *names, unsigned port)
{
	char copy[OPERAND_MAX], *rest = copy;
	enum match best = NO;

	snprintf(copy, sizeof(copy), "%s", operand);
	for (const char *item; (item = strsep(&rest, "{}, \"\t"));) {
		enum match match = *item ? match_item(item, names, port) : NO;

		best = match > best ? match : best;
	}
	return best;
}

/* ------------------------------------------------------------------ one match */

static enum match
negate(enum match match, bool negated)
{
	if (!negated || match == MAYBE)
		return match;
	return match == YES ? NO : YES;
}

/* "tcp dport 80", "icmp type echo-request", ...; `word` was read already. */
static enum match
match_header(const char **line, const char *word, const struct packet *packet)
{
	char key[64], operand[OPERAND_MAX];
	bool same = strcmp(word, packet->protocol) == 0 || strcmp(word, "th") == 0;
	bool negated;

	if (!next_word(line, key, sizeof(key)) ||
		!next_operand(line, operand, sizeof(operand), &negated) || !same)
		return NO;
	if (strcmp(operand, "vmap") == 0)
		return MAYBE;
	if (strcmp(key, "dport") == 0)
		return negate(match_operand(operand, NULL, packet->port), negated);
	if (strcmp(key, "type") == 0)
		return negate(match_operand(operand, "echo-request", 0), negated);
	return MAYBE;
}

/* What has one of the names for a new packet from another machine. */
static enum match
match_names(const char **line, const char *names)
{
	char operand[OPERAND_MAX];
	bool negated;

	if (!next_operand(line, operand, sizeof(operand), &negated))
		return MAYBE;
	return negate(match_operand(operand, names, 0), negated);
}

/* Only the loopback interface is known not to be the packet's. */
static enum match
match_interface(const char **line)
{
	char operand[OPERAND_MAX];
	bool negated;

	if (!next_operand(line, operand, sizeof(operand), &negated) ||
		strcmp(operand, "vmap") == 0)
		return MAYBE;
	return match_operand(operand, "lo", 0) == YES ? negate(NO, negated) : MAYBE;
}

/* ct state, also as a map: "{ established : accept, new : drop }". */
static enum match
match_state(const char **line)
{
	const char *before = *line;
	char word[OPERAND_MAX];

	if (!next_word(line, word, sizeof(word)) || strcmp(word, "vmap") != 0) {
		*line = before;
		return match_names(line, "new untracked");
	}
	return next_word(line, word, sizeof(word)) && strstr(word, "new :") ? MAYBE : NO;
}

static bool
is_harmless(const char *word)
{
	uint64_t number;

	return *word == '"' || digits_read(word, UINT64_MAX, &number) ||
	       option_word_index("counter packets bytes log prefix level comment group "
				 "nftrace set",
		       word) >= 0;
}

static enum match
match_clause(const char **line, const char *word, const struct packet *packet)
{
	char key[64];

	if (option_word_index("tcp udp th icmp icmpv6 sctp dccp", word) >= 0)
		return match_header(line, word, packet);
	if (option_word_index("iif iifname", word) >= 0)
		return match_interface(line);
	if (is_harmless(word))
		return YES;
	if (option_word_index("meta ip ct", word) < 0 ||
		!next_word(line, key, sizeof(key)))
		return MAYBE;
	if (option_word_index("l4proto protocol", key) >= 0)
		return match_names(line, packet->protocol);
	if (strcmp(key, "nfproto") == 0)
		return match_names(line, "ipv4");
	if (strcmp(key, "state") == 0)
		return match_state(line);
	return strcmp(key, "iifname") == 0 || strcmp(key, "iif") == 0
		       ? match_interface(line)
		       : MAYBE;
}

/* ------------------------------------------------------------------ chains */

static enum fate walk_chain(struct walk *walk, const char *line);

/* The first line of the table's chain of that name. */
static const char *
find_chain(const char *table, const char *name)
{
	char head[128];
	const char *p = table;

	snprintf(head, sizeof(head), "chain %s {", name);
	while ((p = strchr(p, '\n'))) {
		p += 1 + strspn(p + 1, " \t");
		if (strncmp(p, "table ", 6) == 0)
			return NULL;
		if (strncmp(p, head, strlen(head)) == 0)
			return strchr(p, '\n');
	}
	return NULL;
}

static enum fate
follow(struct walk *walk, const char *name)
{
	const char *chain = find_chain(walk->table, name);
	enum fate fate;

	if (!chain || walk->depth == DEPTH_MAX)
		return UNSURE;
	walk->depth++;
	fate = walk_chain(walk, chain + 1);
	walk->depth--;
	return fate;
}

/* One rule; *ends: the chain is left. */
static enum fate
walk_rule(struct walk *walk, const char *line, bool *ends)
{
	enum match match = YES;
	enum fate fate = GOES_ON;
	char word[OPERAND_MAX], name[128] = "";

	while (match != NO && next_word(&line, word, sizeof(word))) {
		enum match clause;

		if (strcmp(word, "accept") == 0)
			fate = ACCEPTED;
		else if (strcmp(word, "drop") == 0 || strcmp(word, "reject") == 0)
			fate = DROPPED;
		else if (strcmp(word, "return") == 0 && match == MAYBE)
			return UNSURE; /* what follows may not be reached */
		else if (strcmp(word, "return") == 0)
			*ends = true;
		else if (option_word_index("jump goto", word) >= 0 &&
			 next_word(&line, name, sizeof(name)))
			fate = follow(walk, name);
		if (fate != GOES_ON || *name || *ends)
			break;
		clause = match_clause(&line, word, walk->packet);
		match = clause < match ? clause : match;
	}
	*ends |= match == YES && *name && strcmp(word, "goto") == 0;
	if (match == MAYBE)
		return fate == ACCEPTED || fate == UNSURE ? UNSURE : GOES_ON;
	return match == YES ? fate : GOES_ON;
}

static enum fate
walk_chain(struct walk *walk, const char *line)
{
	bool unsure = false, ends = false;

	for (; line && !ends; line = strchr(line, '\n'), line += line != NULL) {
		const char *p = line + strspn(line, " \t");
		enum fate fate;

		if (*p == '}')
			break;
		if (strncmp(p, "type ", 5) == 0 || *p == '\n' || *p == '#')
			continue;
		fate = walk_rule(walk, p, &ends);
		unsure |= fate == UNSURE;
		if (fate == ACCEPTED || (fate == DROPPED && !unsure))
			return fate;
		if (fate == DROPPED)
			return UNSURE;
	}
	return unsure ? UNSURE : GOES_ON;
}

/* ------------------------------------------------------------------ the ruleset */

/* "type filter hook input priority filter; policy drop;" */
static enum fate
walk_base_chain(struct walk *walk, const char *type)
{
	size_t len = strcspn(type, "\n");
	const char *drop = memmem(type, len, "policy drop", 11);
	enum fate fate = walk_chain(walk, type + len);

	return fate == GOES_ON && drop ? DROPPED : fate;
}

/* What is between the word and the brace of "table inet filter {". */
static bool
read_head(const char *line, const char *word, char *name, size_t len)
{
	size_t n = strlen(word), end = strcspn(line, "{\n");

	if (strncmp(line, word, n) != 0 || line[end] != '{' || end <= n)
		return false;
	snprintf(name, len, "%.*s", (int)(end - n - 1), line + n);
	return true;
}

enum filter_verdict
filter_judge(
	const char *ruleset, const char *protocol, unsigned port, char *chain, size_t len)
{
	const struct packet packet = { protocol, port };
	struct walk walk = { .packet = &packet };
	char table[64] = "", name[64] = "";
	enum filter_verdict worst = FILTER_PASSES;

	for (const char *p = ruleset; p; p = strchr(p, '\n'), p += p != NULL) {
		const char *line = p + strspn(p, " \t");
		enum fate fate;

		if (read_head(line, "table ", table, sizeof(table)))
			walk.table = p;
		(void)read_head(line, "chain ", name, sizeof(name));
		if (strncmp(line, "type filter hook input ", 23) != 0 || !walk.table ||
			(strncmp(table, "ip ", 3) != 0 &&
				strncmp(table, "inet ", 5) != 0))
			continue;
		fate = walk_base_chain(&walk, line);
		if (fate == DROPPED) {
			snprintf(chain, len, "%s %s", table, name);
			return FILTER_DROPS;
		}
		if (fate == UNSURE)
			worst = FILTER_UNSURE;
	}
	return worst;
}
