/* SPDX-License-Identifier: MIT */
/* Lists line feeds one by one, for processors that have nothing better.  The files
 * vectors-*.c of these include it once, after they have defined first_feed(): which bit
 * of feeds is the first, or anything if there is none. */

/* As vectors-run.h wants it.  Without a branch for each; what is too much is overwritten.
 */
ALWAYS_INLINE void
list_feeds(uint32_t *list, uint64_t feeds, uint32_t begin, const unsigned at_once)
{
	UNROLLED
	for (unsigned i = 0; i < at_once; i++, feeds &= feeds - 1)
		list[i] = begin + first_feed(feeds);
}
