/* SPDX-License-Identifier: MIT */
/*
 * An example plugin in C++17: rows of pixels.  A row is x, y and its length, each a
 * little-endian u16, then r, g, b for each pixel.  A row may be longer than what feed()
 * may leave unused, so what is known of it is kept in the client's state.
 */
#include <algorithm>
#include <array>
#include <new>

#include <mural/plugin.h>

namespace
{

class Row
{
      public:
	/* How many of the bytes it used. */
	size_t feed(mural_brush *brush, const uint8_t *data, size_t len)
	{
		const uint8_t *p = data, *const end = data + len;

		while (left_ > 0 ? end - p >= 3 : end - p >= 6)
			p = left_ > 0 ? pixels(brush, p, end) : header(p);
		return size_t(p - data);
	}

      private:
	static uint32_t u16(const uint8_t *p)
	{
		return uint32_t(p[0] | p[1] << 8);
	}

	const uint8_t *header(const uint8_t *p)
	{
		x_ = u16(p);
		y_ = u16(p + 2);
		left_ = u16(p + 4);
		return p + 6;
	}

	const uint8_t *pixels(mural_brush *brush, const uint8_t *p, const uint8_t *end)
	{
		std::array<uint32_t, 64> row;
		const auto n = uint32_t(
			std::min({ size_t(left_), size_t(end - p) / 3, row.size() }));

		for (uint32_t i = 0; i < n; i++, p += 3)
			row[i] = 0xff000000u | uint32_t(p[0] << 16 | p[1] << 8 | p[2]);
		mural_row(brush, x_, y_, n, row.data());
		x_ += n;
		left_ -= n;
		return p;
	}

	uint32_t x_ = 0, y_ = 0, left_ = 0;
};

/* murald's memory is for C: a class is constructed in it and destroyed there. */
int
open(mural_conn *conn)
{
	new (conn->state) Row;
	return 0;
}

void
close(mural_conn *conn)
{
	static_cast<Row *>(conn->state)->~Row();
}

ssize_t
feed(mural_conn *conn, mural_brush *brush, const uint8_t *data, size_t len)
{
	return ssize_t(static_cast<Row *>(conn->state)->feed(brush, data, len));
}

constexpr struct mural_plugin
table()
{
	struct mural_plugin plugin = {};

	plugin.abi = MURAL_ABI;
	plugin.size = sizeof(plugin);
	plugin.name = "rows";
	plugin.summary = "rows of pixels, in C++";
	plugin.transports = MURAL_STREAM;
	plugin.conn_size = sizeof(Row);
	plugin.open = open;
	plugin.feed = feed;
	plugin.close = close;
	return plugin;
}

} // namespace

constexpr struct mural_plugin mural_plugin = table();
