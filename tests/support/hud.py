# SPDX-License-Identifier: MIT
"""Reads the HUD back from a picture (a PIL image of the HUD alone): its text, in the bitmap font or with
tesseract, and the QR code with zbar."""
import os
import re
import subprocess
import tempfile

from PIL import Image, ImageChops

from hosts import need
from wall import SOURCE

BACKGROUND = (0x10, 0x14, 0x1a)
INK, ACCENT, FIGURES = (255, 255, 255), (0xff, 0xc8, 0x57), (0x9f, 0xd3, 0xff)
WIDTH, HEIGHT, BAND = 8, 14, 8
NAMES = [chr(c) for c in range(0x20, 0x7f)] + ["\N{REPLACEMENT CHARACTER}", "·", "…"]
LARGEST = 12  # factor of the font
SHARP = 48    # colours at most, of a picture without scaled type


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
BEGINNINGS = [{dots[:(j + 1) * WIDTH] for dots in FONT} for j in range(HEIGHT)]


def runs(flags, gap):
    """(first, behind the last) of the groups of true ones with at most so many false ones between."""
    groups = []
    for i, flag in enumerate(flags):
        if flag and groups and i - groups[-1][1] <= gap:
            groups[-1][1] = i + 1
        elif flag:
            groups.append([i, i + 1])
    return groups


def without_code(image):
    """The picture with the code's white tile painted over."""
    image = image.convert("RGB")
    raw, (width, height) = image.tobytes(), image.size
    white = re.compile(rb"(?:\xff\xff\xff){%d,}" % (min(width, height) // 3))
    found = []
    for y in range(height):
        match = white.search(raw, y * width * 3, (y + 1) * width * 3)
        if match:
            left = (match.start() - y * width * 3 + 2) // 3
            found.append((left, y, left + len(match.group()) // 3))
    if found:
        box = (min(f[0] for f in found), found[0][1], max(f[2] for f in found), found[-1][1] + 1)
        image.paste(BACKGROUND, box)
    return image


def inked(image):
    """In grey: black where there is the ground."""
    ground = Image.new("RGB", image.size, BACKGROUND)
    r, g, b = ImageChops.difference(image.convert("RGB"), ground).split()
    return ImageChops.lighter(ImageChops.lighter(r, g), b)


def only(image, colour, on=BACKGROUND):
    """In grey, how much there is of a colour on the ground; black what is of another colour."""
    parts = []
    for band, (ground, ink) in zip(image.convert("RGB").split(), zip(on, colour)):
        parts.append(band.point([max(0, min(255, round((v - ground) * 128 / (ink - ground)))) for v in range(256)]))
    low = ImageChops.darker(ImageChops.darker(*parts[:2]), parts[2])
    high = ImageChops.lighter(ImageChops.lighter(*parts[:2]), parts[2])
    same = ImageChops.difference(high, low).point([255 if v < 25 else 0 for v in range(256)])
    return ImageChops.darker(low.point([min(255, 2 * v) for v in range(256)]), same)


def columns(grey, gap):
    raw, width = grey.tobytes(), grey.width
    return runs([max(raw[x::width]) > 100 for x in range(width)], gap)


def lines(grey):
    raw, width = grey.tobytes(), grey.width
    return runs([max(raw[y * width:(y + 1) * width]) > 100 for y in range(grey.height)], 0)


class Page:
    """.rows: the text of each row, its words separated by a blank."""
    def __init__(self, image):
        plain = without_code(image)
        self.grey = inked(plain)
        self.width = self.grey.width
        self.colours = [only(plain, colour) for colour in (INK, ACCENT, FIGURES)]
        self.factors = set()
        bands = [band for band in lines(self.grey) if band[1] - band[0] >= 5]
        # the edges of its dots are sharp, and looking for it elsewhere takes seconds
        is_bitmap = plain.getcolors(SHARP) is not None
        self.rows = [row for row in map(self.bitmap_row, bands) if row] if is_bitmap else []
        self.is_scalable = bool(bands) and not self.rows
        if self.is_scalable:
            self.rows = [read(self.grey.crop((0, max(0, top - 2), self.width, bottom + 2))) for top, bottom in bands]

    def dot(self, x, y, factor):
        """"#" or "."; "?" where it is neither."""
        if not (0 <= x and x + factor <= self.width and self.band[0] <= y and y + factor <= self.band[1]):
            return "."
        far = factor - 1
        ink = {self.raw[v * self.width + u] > 100 for u in (x, x + far) for v in (y, y + far)}
        return "?" if len(ink) > 1 else "#" if ink.pop() else "."

    def cell(self, x, y, factor):
        dots = ""
        for j in range(HEIGHT):
            for i in range(WIDTH):
                dots += self.dot(x + i * factor, y + j * factor, factor)
            if dots not in BEGINNINGS[j]:
                return None
        return FONT[dots]

    def word(self, left, right, top, height, band_height):
        """Words of one size; their highest dot is in the row `top`."""
        for tall in height, band_height:
            for factor in range(max(1, tall // 7), max(1, -(-tall // 14)) - 1, -1):
                for pad in range(WIDTH):
                    for above in range(1, HEIGHT):
                        x, y, text = left - pad * factor, top - above * factor, ""
                        while x < right and (letter := self.cell(x, y, factor)):
                            text, x = text + letter, x + WIDTH * factor
                        if x >= right and text.strip() == text:
                            self.factors.add(factor)
                            return text
        return None

    def words(self, grey, top, left, right, gap):
        """(left, text) of each in a row whose highest dot is in the row `top`."""
        found = []
        for first, end in columns(grey.crop((left, 0, right, grey.height)), gap * grey.height):
            first, end = left + first, left + end
            part = grey.crop((first, 0, end, grey.height)).getbbox()
            text = self.word(first, end, top + part[1], part[3] - part[1], grey.height)
            if text:
                found.append((first, " ".join(text.split())))
            elif gap > 0.2:
                found += self.words(grey, top, first, end, gap - 0.05)
        return found

    def bitmap_row(self, band):
        found, self.band = [], band
        for colour in self.colours:
            self.raw = colour.tobytes()
            found += self.words(colour.crop((0, band[0], self.width, band[1])), band[0], 0, self.width, 0.55)
        return " ".join(text for _, text in sorted(found))


def read(grey, capitals=None, whitelist=None):
    """One line of text, white on black, with tesseract; `capitals`: their height in pixels, 0: find out."""
    need("tesseract", "tesseract-ocr")
    box = grey.getbbox()
    if not box:
        return ""
    part = grey.crop(box)
    scale = 36 / (capitals or part.height * 0.75)
    part = part.resize((max(1, round(part.width * scale)), max(1, round(part.height * scale))), Image.BICUBIC)
    page = Image.new("L", (part.width + 60, part.height + 60), 255)
    page.paste(ImageChops.invert(part), (30, 30))
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        page.save(file.name)
        more = ["-c", "tessedit_char_whitelist=" + whitelist] if whitelist else []
        result = subprocess.run(["tesseract", file.name, "-", "--psm", "7", *more], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"})
    return result.stdout.strip()


def scan(image):
    """The text of the QR code in a picture, or None."""
    need("zbarimg", "zbar-tools")
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        image.save(file.name)
        result = subprocess.run(["zbarimg", "--quiet", "--raw", "--set", "disable",
                                 "--set", "qrcode.enable", file.name],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return result.stdout.strip() or None
