# SPDX-License-Identifier: MIT
"""Reads the HUD back from a picture (a PIL image of the HUD alone): its text, and the QR code with zbar."""
import os
import re
import subprocess
import tempfile

from hosts import need
from wall import SOURCE

BACKGROUND = (0x10, 0x14, 0x18)
WIDTH, HEIGHT, BAND = 8, 14, 8
NAMES = [chr(c) for c in range(0x20, 0x7f)] + ["\N{REPLACEMENT CHARACTER}", "·", "…", "↵"]


def read_font():
    """{the dots of a glyph, row by row: its character}, from the font's source."""
    with open(os.path.join(SOURCE, "src/hud/font.c")) as f:
        lines = [line.split() for line in re.findall(r'^\t"([.# ]+)",$', f.read(), re.M)]
    rows = HEIGHT - 1
    assert len(lines) % rows == 0 and all(len(line) == BAND for line in lines)
    font = {}
    for i, name in enumerate(NAMES):
        band = lines[i // BAND * rows:(i // BAND + 1) * rows]
        font["." * WIDTH + "".join(line[i % BAND] for line in band)] = name
    assert len(font) == len(NAMES)
    return font


FONT = read_font()


class Page:
    def __init__(self, image):
        self.image = image
        self.width, self.height = image.size
        self.margin = min(min(image.size) // 24, 12)
        raw = image.convert("RGB").tobytes()
        background = bytes(BACKGROUND)
        self.ink = [raw[i:i + 3] != background for i in range(0, len(raw), 3)]
        self.rows, self.factor = self.read()

    def dot(self, x, y, factor):
        corners = ((x, y), (x + factor - 1, y + factor - 1))
        return all(self.ink[v * self.width + u] for u, v in corners)

    def cell(self, column, top, factor):
        left = self.margin + column * WIDTH * factor
        if left + WIDTH * factor > self.width or top + HEIGHT * factor > self.height:
            return None
        return FONT.get("".join(
            ".#"[self.dot(left + x * factor, top + y * factor, factor)]
            for y in range(HEIGHT) for x in range(WIDTH)))

    def row(self, top, factor):
        """The text up to what is no glyph, such as the QR code."""
        text = ""
        while (letter := self.cell(len(text), top, factor)) is not None:
            text += letter
        return text.rstrip()

    def tops(self, factor):
        """Where the first row may begin, given the highest dot of its first glyph."""
        columns = range(self.margin, self.margin + WIDTH * factor)
        for y in range(self.height):
            if any(self.ink[y * self.width + x] for x in columns):
                return [y - n * factor for n in range(HEIGHT) if y >= n * factor]
        return []

    def read(self):
        """The rows of text, and the scale of the font; of all possible readings the longest."""
        best = [], 0
        for factor in range(1, 13):
            for top in self.tops(factor):
                if self.cell(0, top, factor) in (None, " "):
                    continue
                rows = [self.row(y, factor) for y in range(top, self.height, HEIGHT * factor)]
                if len("".join(rows)) > len("".join(best[0])):
                    best = rows, factor
        while best[0] and not best[0][-1]:
            best[0].pop()
        return best


def scan(image):
    """The text of the QR code in a picture, or None."""
    need("zbarimg", "zbar-tools")
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        image.save(file.name)
        result = subprocess.run(["zbarimg", "--quiet", "--raw", "--set", "disable",
                                 "--set", "qrcode.enable", file.name],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return result.stdout.strip() or None
