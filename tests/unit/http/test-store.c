/* SPDX-License-Identifier: MIT */
/* Databases that cannot be read now, although nothing is wrong with the file. */
#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "http/store/store.h"
#include "http/web/web.h"
#include "support/folder.h"

static const char file[] = "board.db";

static struct mural_host host = { .name = "http" };
static struct web web = { .host = &host };

/* What SQLite does not compile: a table or pragma of that name; NULL: it does all. */
static const char *refused;

static int
refuse(void *arg, int action, const char *name, const char *argument,
	const char *database, const char *trigger)
{
	(void)arg;
	(void)action;
	(void)argument;
	(void)database;
	(void)trigger;
	return refused && name && strcmp(name, refused) == 0 ? SQLITE_DENY : SQLITE_OK;
}

static int
watch_connection(sqlite3 *db, char **why, const struct sqlite3_api_routines *api)
{
	(void)why;
	(void)api;
	return sqlite3_set_authorizer(db, refuse, NULL);
}

static ino_t
file_number(void)
{
	struct stat st;

	assert_int_equal(stat(file, &st), 0);
	return st.st_ino;
}

static void
assert_is_left_alone(const char *name)
{
	ino_t before;

	refused = NULL;
	assert_int_equal(store_probe(&web, file), 0);
	before = file_number();
	refused = name;
	assert_int_equal(store_probe(&web, file), -EIO);
	assert_int_equal(file_number(), before);
}

TEST(one_that_cannot_be_checked_is_not_broken)
{
	assert_is_left_alone("quick_check");
}

/* Else numbers of generators would be given twice. */
TEST(what_cannot_be_read_is_not_zero)
{
	assert_is_left_alone("sqlite_sequence");
}

static int
set_up(void **state)
{
	sqlite3_auto_extension((void (*)(void))watch_connection);
	return enter_folder(state);
}

UNIT_TESTS(set_up, leave_folder)
