# SPDX-License-Identifier: MIT
"""Takes the pictures of doc/pictures: a wall with something on it, as a virtual machine's screen shows it.
`make pictures` runs it, with NAMES for some of them; it needs what check-kms needs, and Debian's
fonts-dejavu-core."""
import glob
import math
import os
import sys
import tempfile

from PIL import Image, ImageDraw, ImageFont

import guests as g
from hud import scan
from waiting import settled

FONTS = "/usr/share/fonts/truetype/dejavu/"
SIZE = WIDTH, HEIGHT = 1280, 720
TALL = 720, 1280
PLUGINS = ("[plugin pixelflut]\nlisten = 0.0.0.0:1234\n"
           "[plugin http]\nlisten = 0.0.0.0:8080\ndatabase = /run/board.db\n[server]\npublic-address = 192.0.2.10\n")
EVENT = "output = kms\ntitle = FrogCon 2026\n"


def art(width, height):
    """Bands of colour, squares, a word: what people paint, in few colours so that files are small."""
    palette = ["#1a1c2c", "#5d275d", "#b13e53", "#ef7d57", "#ffcd75", "#a7f070", "#38b764", "#257179"]
    image = Image.new("RGB", (width, height), "#000000")
    draw = ImageDraw.Draw(image)
    for x in range(0, width * 2 // 5, 4):
        for y in range(0, height, 4):
            level = math.sin(x / 47) + math.sin(y / 31) + math.sin((x + 2 * y) / 90)
            edge = width * 2 // 5 - 40 + 40 * math.sin(y / 60)
            if x < edge:
                draw.rectangle((x, y, x + 3, y + 3), palette[int((level + 3) / 6.01 * len(palette))])
    for i, colour in enumerate(["#e40303", "#ff8c00", "#ffed00", "#008026", "#24408e", "#732982"]):
        draw.rectangle((width // 2, height // 2 + i * 12, width - 60, height // 2 + i * 12 + 11), colour)
    draw.text((width // 2, height // 5), "hello from row 7", "#ffffff", ImageFont.truetype(FONTS + "DejaVuSansMono.ttf", 32))
    for i in range(9):
        draw.rectangle((width // 2 + i * 66, height // 3, width // 2 + i * 66 + 20, height // 3 + 20), palette[i % 7 + 1])
    return image


def paint(wall):
    picture = art(wall.canvas.w, wall.canvas.h)
    colours = picture.load()
    wall.send(b"".join(wall.put(x, y, colours[x, y]) for y in range(picture.height) for x in range(picture.width)
                       if colours[x, y] != (0, 0, 0)))
    for i in range(3):
        wall.dot(2 + i, 2, (255, 255, 255))


def shot(wall, head=None):
    image = wall.guest.shot(head)
    return Image.frombytes("RGB", (image.w, image.h), bytes(image.rgb))


def when_ready(wall, claim, head=None):
    """The screen, when the claim is true of it and it is still, with the figures, which change once a second: so
    that they are the same in each run."""
    def look():
        image = settled(lambda: shot(wall, head), 3, limit=120)
        return claim(image) and image
    return g.wait_for("the picture", look, 120)


def has_art(image):
    """Its last colour, and the page's code."""
    return (0x73, 0x29, 0x82) in {colour for _, colour in image.getcolors(1 << 20)} and has_code(image)


def has_code(image):
    return "192.0.2.10" in (scan(image) or "")


def on_one(screen, size, canvas, display):
    screen.guest.resize(*size)
    wall = screen.wall(size="%dx%d" % canvas, hud=True, display=EVENT + display, plugins=PLUGINS)
    wall.start()
    paint(wall)
    return when_ready(wall, has_art)


def is_inviting(image):
    """There is a code above the strip."""
    return has_code(image.crop((0, 0, image.width, image.height * 5 // 6)))


def attract(screen):
    screen.guest.resize(*SIZE)
    wall = screen.wall(size="1280x600", hud=True, display=EVENT, plugins=PLUGINS, attract="20s")
    wall.start()
    paint(wall)
    when_ready(wall, has_art)
    return when_ready(wall, is_inviting)


def on_two(screen):
    screen.guest.resize(*SIZE)
    screen.guest.resize(*SIZE, head=1)
    display = EVENT + "".join("[output %s]\nconnector = Virtual-%d\nview = 1280x600+%d+0\nhud = %s\n" % output for output in (
        ("left", 1, 0, "call"), ("right", 2, 1320, "lines")))
    wall = screen.wall(size="2600x600", hud=True, display=display, plugins=PLUGINS)
    wall.start()
    wall.said("; canvas ", 2)
    paint(wall)
    both = Image.new("RGB", (2600, 720), "#2a2a2a")
    both.paste(when_ready(wall, lambda image: len(image.getcolors(1 << 20)) > 30, 1), (1320, 0))
    both.paste(when_ready(wall, has_code, 0), (0, 0))
    return both


def test_card(screen):
    screen.guest.resize(*SIZE)
    wall = screen.wall(size="1280x600", hud=True, display=EVENT, plugins=PLUGINS, dots=False)
    wall.guest.run("murald --test-card -c /run/%s.conf >/run/%s.log 2>&1 & echo $! >/run/%s.pid"
                   % (wall.name, wall.name, wall.name), check=True)
    wall.said("; canvas ")
    drawn = shot(wall).tobytes()
    return when_ready(wall, lambda image: image.tobytes() != drawn and has_code(image))


def take(boot, names):
    one, two = lambda: boot("virtio"), lambda: boot("virtio", outputs=2)
    for name, get, take_one in (
            ("strip", one, lambda s: on_one(s, SIZE, (1280, 600), "")),
            ("overlay", one, lambda s: on_one(s, SIZE, SIZE, "hud-place = overlay\n")),
            ("wifi", one, lambda s: on_one(s, SIZE, (1280, 600), "wifi = FrogCon-Paint:paintthewall\n")),
            ("attract", one, attract),
            ("portrait", one, lambda s: on_one(s, TALL, (720, 960), "")),
            ("two-projectors", two, on_two),
            ("test-card", one, test_card)):
        if names and name not in names:
            continue
        screen = get()
        yield name, take_one(screen)
        screen.clean_up()


def save(image, path):
    image.quantize(48, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
    print("%s: %d kB" % (path, os.path.getsize(path) // 1000), flush=True)


def main(folder, *names):
    kernel = g.fetch_kernel()
    fonts = [word for font in glob.glob(FONTS + "DejaVuSans*.ttf") for word in ("--file", "%s:%s" % (font, font))]
    with tempfile.TemporaryDirectory() as scratch:
        every = g.Guests(kernel, g.make_initrd(kernel, scratch + "/initrd", more=fonts))
        try:
            for name, image in take(every.get, names):
                save(image, "%s/%s.png" % (folder, name))
        finally:
            every.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
