/* SPDX-License-Identifier: MIT */
/* FlaschenTaschen: each datagram is a picture (PPM, P6), whose place is in a comment
 * "#FT: x y z" of its header or in the same three numbers behind it.  Black is
 * transparent above layer 0. */
#include <string.h>

#include <mural/plugin.h>

struct text {
	const uint8_t *at, *end;
	uint32_t place[3]; /* x, y, layer */
};

/* The next number, after blanks and comments; false: there is none. */
static bool
read_number(struct text *text, uint32_t *number)
{
	const uint8_t *digits;

	while (text->at < text->end && strchr("# \t\r\n", *text->at)) {
		bool is_place = text->end - text->at > 4 && !memcmp(text->at, "#FT:", 4);
		const uint8_t *comment = text->at;

		if (*text->at++ != '#')
			continue;
		while (text->at < text->end && *text->at != '\n')
			text->at++;
		struct text inside = { comment + 4, text->at, { 0 } };
		for (int i = 0; is_place && i < 3; i++)
			(void)read_number(&inside, &text->place[i]);
	}
	*number = 0;
	for (digits = text->at; text->at < text->end && text->at - digits < 9 &&
				*text->at >= '0' && *text->at <= '9';
		text->at++)
		*number = *number * 10 + *text->at - '0';
	return text->at > digits;
}

static ssize_t
flaschen_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	struct text text = { data + 2, data + len, { 0 } };
	uint32_t width, height, most, place[3];
	const uint8_t *rgb;

	(void)conn;
	if (len < 2 || memcmp(data, "P6", 2) != 0)
		return -1;
	if (!read_number(&text, &width) || !read_number(&text, &height) ||
		!read_number(&text, &most) || most != 255 || text.at == text.end)
		return -1;
	rgb = ++text.at; /* behind the one blank that ends the header */
	if (width == 0 || height == 0 || height > (size_t)(text.end - rgb) / 3 / width)
		return -1;
	text.at += (size_t)3 * width * height;
	if (read_number(&text, &place[0]) && read_number(&text, &place[1])) {
		if (!read_number(&text, &place[2]))
			place[2] = 0;
		memcpy(text.place, place, sizeof(place));
	}
	for (uint32_t i = 0; i < width * height; i++, rgb += 3)
		if (text.place[2] == 0 || rgb[0] || rgb[1] || rgb[2])
			mural_put(brush, text.place[0] + i % width,
				text.place[1] + i / width,
				0xff000000 |
					(uint32_t)(rgb[0] << 16 | rgb[1] << 8 | rgb[2]));
	return (ssize_t)len;
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "flaschen",
	.summary = "pictures in datagrams, as FlaschenTaschen shows them",
	.transports = MURAL_DATAGRAM,
	.listen_udp = "[::]:1337",
	.feed = flaschen_feed,
};
