# SPDX-License-Identifier: MIT
"""The strip as tests/unit/hud/draw-hud draws it, and where things are in it."""
import io
import os
import subprocess

import pytest
from PIL import Image, ImageChops

from hud import ACCENT, BACKGROUND, Page, columns, only, read
from sanitizer import SANITIZED
from wall import BUILD

URL = "http://192.0.2.10:8080/"
SCANNED = "HTTP://192.0.2.10:8080"
PING = "icmp\tping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10 # paints orange at 960,540"
FLUT = 'pixelflut\techo "PX 960 540 ff8000" | nc -N 192.0.2.10 1234'
BUSY = {"rate": 12345678, "total": 48200000000, "painting": 17, "watching": 5}
SIZES = [(640, 480), (1024, 768), (1280, 720), (1920, 1080), (3840, 2160)]
if SANITIZED:  # reading takes far longer than drawing
    SIZES = [SIZES[0], SIZES[3]]
BASES = 10.6, 18.5, 25.5

with_code = pytest.mark.skipif(not os.environ.get("qr", "?"), reason="built without QR codes: "
                               "apt-get install libqrencode-dev, and configure again")
DRAW = os.path.join(BUILD, "tests", "unit", "hud", "draw-hud")


def draw(size, *lines, canvas=(0, 0), **values):
    """The strip, and its place on the screen."""
    words = [str(n) for n in (*size, *canvas)]
    words += ["%s=%s" % item for item in values.items()]
    words += [line if "=" in line.split("\t")[0] else "line=" + line for line in lines]
    run = subprocess.run([DRAW, *words], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    draw.said = run.stderr.decode()
    place = tuple(int(n) for n in run.stdout.split(b"\n")[1].split()[1:])
    return Image.open(io.BytesIO(run.stdout)).convert("RGB"), place


def scalable():
    draw((320, 240))
    return "bitmap font" not in draw.said


with_type = pytest.mark.skipif(not scalable(), reason="no scalable type: apt-get install libfreetype-dev "
                               "libfribidi-dev fonts-dejavu-core, and configure again")


def whole(size, strip, place, ground=(0, 0, 0)):
    """The screen, with the strip where it belongs."""
    screen = Image.new("RGB", size, ground)
    screen.paste(strip, place)
    return screen


def said(strip, size, n, colour, gap=99, whitelist=None):
    """The pieces of that colour in a row, between which there are so many units."""
    unit, strip = size[1] / 180, without_tile(strip)
    base = strip.height / 30 * BASES[n]
    band = only(strip.crop((0, round(base - 9 * unit), strip.width, round(base + 2.4 * unit))), colour)
    return [read(band.crop((left, 0, right, band.height)), None, whitelist) for left, right in columns(band, gap * unit)
            if right - left > unit]


def without_tile(strip):
    """The white tile is as high as the strip."""
    strip = strip.copy()
    top = strip.crop((0, 0, strip.width, 1)).tobytes()
    white = [x for x in range(strip.width) if top[3 * x:3 * x + 3] == b"\xff\xff\xff"]
    if white:
        strip.paste(BACKGROUND, (0, 0, white[-1] + 1, strip.height))
    return strip


def bitmap(size, *lines, **values):
    return Page(draw(size, *lines, bitmap=1, **values)[0]).rows


WIFI = {"wifi": 'Frog;Con:paint:the "wall"'}


def invitation(screen, size):
    """Its place: what has the colour of the edge, above the strip."""
    edge = Image.new("RGB", size, (0x46, 0x50, 0x5c))
    return ImageChops.difference(screen, edge).convert("L").point([255] + 255 * [0]).getbbox()


WALL = (0x30, 0x50, 0x70)


def draw_screen(size, *lines, **values):
    return draw(size, *lines, canvas=size, wall="%02x%02x%02x" % WALL, **values)[0]


def card(screen, within):
    """The place of what is amber there."""
    box = ImageChops.difference(screen.crop(within), Image.new("RGB", (within[2] - within[0], within[3] - within[1]),
                                                               ACCENT)).convert("L").point([255] + 255 * [0]).getbbox()
    return box and (box[0] + within[0], box[1] + within[1], box[2] + within[0], box[3] + within[1])


def read_card(screen, box, top=0, bottom=1):
    """The dark letters on it, or on a part of its height."""
    height, edge = box[3] - box[1], 4
    part = screen.crop((box[0] + edge, box[1] + edge + round(top * height), box[2] - edge,
                        box[1] - edge + round(bottom * height)))
    return read(only(part, BACKGROUND, ACCENT), None)
