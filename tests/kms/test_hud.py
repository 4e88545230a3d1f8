# SPDX-License-Identifier: MIT
"""The HUD on the screen: its text, its place, and how often it is drawn."""
import time

import pytest
from PIL import Image

import guests as g
import hud
from test_outputs import TWO, two_heads

# A canvas of 320x153 leaves this of a screen of 1280x800 to the HUD.
WIDE, PICTURE, BELOW = "320x153", (0, 0, 1280, 612), (0, 612, 1280, 188)


def as_seen(wall, shot):
    """The screen as people see it."""
    image = g.turned(shot, (360 - wall.rotate) % 360)
    return g.mirrored(image) if wall.mirror else image


def pil(image):
    return Image.frombytes("RGB", (image.w, image.h), bytes(image.rgb))


def says(wall, box, text, head=None, seconds=g.PATIENCE):
    """Waits until the HUD in that box has the text; its picture."""
    def claim():
        strip = as_seen(wall, wall.guest.shot(head)).crop(*box)
        if not pil(strip).getcolors(2000):
            return False  # the canvas is still there, and its noise takes long to read
        return any(text in row for row in hud.Page(pil(strip)).rows) and strip
    return g.wait_for("%r on the HUD" % text, claim, seconds)


def picture_is(wall, box, head=None):
    """Waits until the rest of the screen is right."""
    want = g.on_screen(wall.canvas, *box[2:], wall.scale)
    g.wait_for("the picture", lambda: as_seen(wall, wall.guest.shot(head)).crop(*box).diff(want) is None)


SAID = "painting"  # in whatever form


@pytest.mark.parametrize("rotate, mirror", [(0, False), (0, True), (180, False), (90, True), (270, False)])
def test_strip_below(boot, rotate, mirror):
    """A canvas of the size that the display gives it is shown pixel by pixel."""
    width, height = (800, 1280) if rotate % 180 else (1280, 800)
    strip = -(-height // (4 if width < height else 6))  # what hud_place() takes when it may choose
    wall = boot("virtio").wall(size="%dx%d" % (width, height - strip), hud=True, rotate=rotate, mirror=mirror)
    wall.guest.run("sed -i '/^size/d' /run/%s.conf" % wall.name, check=True)
    wall.start()
    assert "canvas: %dx%d\n" % (width, height - strip) in wall.log()
    wall.noise(1, (width - 200, height - strip - 100, 200, 100))
    wall.dot(0, 0, (255, 0, 0))
    picture_is(wall, (0, 0, width, height - strip))
    says(wall, (0, height - strip, width, strip), SAID)


def test_strip_beside(boot):
    """A narrow canvas leaves room beside it."""
    wall = boot("virtio").wall(size="80x100", hud=True).start()
    wall.noise()
    picture_is(wall, (0, 0, 640, 800))
    says(wall, (640, 0, 640, 800), SAID)


def test_rates_and_frames(boot):
    """Pixels a second are shown; when nobody paints nothing is drawn."""
    screen = boot("virtio")
    wall = screen.wall(size=WIDE, hud=True).start()
    wall.noise()
    picture_is(wall, PICTURE)
    says(wall, BELOW, "so far")
    g.wait_for("sleep, when nobody is counted any more", lambda: wall.slept(3))
    still = says(wall, BELOW, "nobody is painting")
    screen.count_flips()
    assert wall.slept(3), "a thread woke up"
    assert screen.flips() == 0
    wall.dot(1, 1, (255, 0, 255))
    time.sleep(0.3)  # the first one begins the second that is counted
    wall.dot(2, 1, (255, 0, 255))
    g.wait_for("another rate", lambda: screen.guest.shot().crop(*BELOW).diff(still))
    g.wait_for("sleep again", lambda: wall.slept(3))
    # the rate and who paints, the end of the one and of the other, and the pixels with their ripples
    # where the machine is slow, fewer frames have more of it in each
    assert 2 <= screen.flips() <= 8 + 2 * 17
    says(wall, BELOW, "nobody is painting")
    picture_is(wall, PICTURE)


@pytest.mark.parametrize("method", ["atomic", "dirtyfb"])
def test_on_the_picture_while_nobody_paints(boot, method):
    """The canvas takes all of the screen. The card goes with the first pixel, and what is below it is there."""
    display = "output = kms\nhud-place = idle"
    screen = boot("virtio")
    wall = screen.wall(size="1280x800", hud=True, display=display, env="MURALD_KMS=" + method)
    wall.guest.run("sed -i '/^size/d' /run/%s.conf" % wall.name, check=True)
    wall.start()
    assert "canvas: 1280x800\n" in wall.log()
    card = (36, 648, 940, 126)
    says(wall, card, "nobody is painting")
    wall.reload(attract="8s")  # a look takes some seconds on a busy machine
    says(wall, (130, 200, 1020, 100), "Nobody is painting. Your turn:")  # a part without its edges
    if method == "atomic":
        screen.count_flips()
        assert wall.slept(3) and screen.flips() == 0, "it stands still"

    def gone():
        wall.dot(640, 320, (255, 0, 0))  # below it
        return len(pil(screen.guest.shot().crop(0, 0, 1280, 640)).getcolors()) == 2
    g.wait_for("the invitation to end with the first pixel", gone)
    wall.reload(attract="0")
    wall.dot(3, 4, (255, 128, 0))
    wall.noise(1, (20, 630, 100, 100))
    wall.seen()
    if method == "atomic":
        says(wall, card, "nobody is painting", seconds=120)  # it comes back after 20, of a guest that may be slow
        wall.reload(display=display.replace("idle", "corner"))
        says(wall, (800, 648, 443, 126), SAID)
        wall.reload(hud=False)
        wall.seen()


@pytest.mark.parametrize("method", ["legacy", "dirtyfb"])
def test_other_methods(boot, method):
    wall = boot("virtio").wall(size=WIDE, hud=True, env="MURALD_KMS=" + method).start()
    wall.noise()
    picture_is(wall, PICTURE)
    says(wall, BELOW, SAID)


def test_on_and_off_on_two_heads(boot):
    screen = two_heads(boot)
    wall = screen.wall(size=WIDE, display=TWO, hud=True).start()
    wall.said("; canvas ", 2)
    wall.noise()
    sizes = [(1280, 800), (1024, 768)]
    for _ in range(2):
        for head, (width, height) in enumerate(sizes):
            picture = -(-width * 153 // 320)
            says(wall, (0, picture, width, height - picture), SAID, head)
            picture_is(wall, (0, 0, width, picture), head)
        wall.reload(hud=False)
        for head, size in enumerate(sizes):
            wall.seen(*size, head=head)
        wall.reload(hud=True)


def test_code(boot):
    """The QR code of the web page is read from the picture of the screen."""
    wall = boot("virtio").wall(size=WIDE, hud=True, rotate=90, mirror=True,
                               plugins="[plugin http]\nlisten = 0.0.0.0:8080\ndatabase = /run/board.db\n").start()
    g.wait_for("the code", lambda: hud.scan(pil(as_seen(wall, wall.guest.shot()))) == "HTTP://10.0.2.15:8080")


def test_a_film_plays_until_the_first_pixel(boot):
    """From the recording, in its window alone; then the wall is there as it was."""
    screen = boot("virtio")
    wall = screen.wall(size=WIDE, hud=True, plugins="[record]\nfile = /run/wall.rec\ninterval = 100ms\n")
    began = time.monotonic()
    wall.start()

    def fill(colour):
        wall.send(b"".join(wall.put(x, y, colour) for y in range(153) for x in range(320)))
        picture_is(wall, PICTURE)
    fill((0, 0, 200))
    time.sleep(time.monotonic() - began)  # it is half of the film then: a busy machine shows little of it
    fill((200, 0, 0))
    wall.reload(attract="8s")  # a look takes some seconds on a busy machine
    recorded = "stat -c %s /run/wall.rec"
    # a part of the card, which is in the middle: beside what is left of the wall, above the strip
    card = (260, 100, 760, 420)
    seen = set()

    def played():
        colours = {colour for _, colour in pil(screen.guest.shot().crop(*card)).getcolors(5000) or ()}
        seen.update(colours & {(0, 0, 200), (100, 0, 100), (200, 0, 0)})
        return (16, 20, 26) in colours and {(0, 0, 200), (200, 0, 0)} <= seen
    g.wait_for("both colours in the film", played, 120)
    size = screen.guest.run(recorded)[1]  # both pictures, as it plays them
    says(wall, (410, 290, 600, 145), "in fast motion")  # right of its window
    assert screen.guest.run(recorded)[1] == size, "what is on the screen alone is not recorded"
    wall.dot(1, 1, (255, 255, 255))
    picture_is(wall, PICTURE)


def test_a_ripple_closes_in_on_a_pixel(boot):
    """And leaves nothing behind."""
    screen = boot("virtio")
    wall = screen.wall(size=WIDE, hud=True).start()
    picture_is(wall, PICTURE)
    step = [0]

    def ring():
        step[0] += 1
        wall.dot(160, 76, (255, step[0] % 256, 0))
        around = pil(screen.guest.shot().crop(640 - 66, 304 - 66, 132, 132))
        ink = around.convert("L").point([0] * 255 + [255])
        return all(ink.crop(part).getbbox() for part in ((0, 0, 66, 66), (66, 66, 132, 132)))
    g.wait_for("a white ring around the pixel", ring, 120)
    picture_is(wall, PICTURE)
