# SPDX-License-Identifier: MIT
"""What lies on the picture: a card, an invitation, words for a wall without a network, a pause, a notice."""
import pytest
from PIL import Image, ImageChops

from hud import ACCENT, BACKGROUND, INK, Page, scan
from strip import (BUSY, FLUT, PING, SCANNED, SIZES, URL, WALL, WIFI, bitmap, card, draw, draw_screen, invitation,
                   read_card, said, whole, with_code, with_type)


@with_code
@pytest.mark.parametrize("size", [*SIZES[1:], (1080, 1920)])
@pytest.mark.parametrize("place", ["overlay", "corner"])
def test_a_card_on_the_picture(size, place):
    """Opaque, with an outline, and its code is read over white."""
    strip, left_top = draw(size, PING, FLUT, url=URL, title="FrogCon 2026", place=place, **BUSY)
    screen = whole(size, strip, left_top, ground=(255, 255, 255))
    small = screen.resize((size[0] // 4, size[1] // 4), Image.BOX)
    assert SCANNED in (scan(small.resize((small.width * n, small.height * n), Image.BICUBIC)) for n in (1, 2, 3))
    edge = max(1, size[1] // 540)
    for box in ((0, 0, strip.width, edge), (strip.width - edge, 0, strip.width, strip.height)):
        assert strip.crop(box).getcolors() == [((box[2] - box[0]) * (box[3] - box[1]), (0x46, 0x50, 0x5c))]


def inside(size, *lines, **values):
    """The rows of a card, in the bitmap font."""
    card = draw(size, *lines, bitmap=1, **values)[0]
    return Page(card.crop((4, 4, card.width - 4, card.height - 4))).rows


@with_code
def test_what_a_card_says():
    values = dict(url=URL, title="FrogCon 2026", **BUSY)
    assert inside((1920, 1080), PING, FLUT, place="overlay", **values) == [
        "scan or open 192.0.2.10:8080", "$ ping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10",
        "FrogCon 2026 12.3 M pixels/s · 17 painting"]
    assert inside((1920, 1080), PING, FLUT, place="corner", **values) == [
        "scan or open", "192.0.2.10", ":8080 12.3 M px/s"]
    assert inside((1920, 1080), PING, FLUT, place="corner", **WIFI, **values) == [
        "scan or open", "192.0.2.10", ":8080 12.3 M px/s"], "two codes would cover the address"
    assert inside((1920, 1080), PING, place="corner", paused=1, **values) == [
        "Paused by the operator", "192.0.2.10", ":8080"]
    assert inside((1920, 1080), FLUT, place="corner", title="FrogCon") == [
        "FrogCon", '$ echo "PX 960 540 ff8000" | nc \\', "-N 192.0.2.10 1234"]


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720)])
def test_waiting_for_the_network(size):
    lines = ("words=net\teth0, wlan0: no address", "doctor\tmurald --doctor")
    assert inside(size, *lines, place="card", waits=1)[:2] == ["Waiting for the network", "eth0, wlan0: no address"]
    assert inside(size, *lines, place="card", waits=1, german=1)[0] == "Warten auf das Netz"


BLOCK = 'for y in {500..539}; do seq -f "PX %g $y ff8000" 900 1019; done | nc -w1 192.0.2.10 1234'


@with_code
@pytest.mark.parametrize("size", [*SIZES, (1080, 1920)])
def test_an_invitation_is_read_from_far_away(size):
    """Over white, a sixth of the picture is enough; at 640x480 a quarter."""
    screen = draw(size, FLUT, wall="ffffff", invites=1, url=URL, block=BLOCK)[0]
    left, top, right, bottom = invitation(screen, size)
    assert left > 0 and right < size[0] and abs(left + right - size[0]) < 3
    middle = screen.crop((left, top, right, bottom))
    assert scan(middle) == SCANNED
    shrink = 4 if min(size) < 500 else 6
    small = middle.resize((middle.width // shrink, middle.height // shrink), Image.BOX)
    assert SCANNED in (scan(small.resize((small.width * n, small.height * n), Image.BICUBIC)) for n in (1, 2, 3))


def invited(*lines, size=(1920, 1080), **values):
    """What it says, in the bitmap font; right of the code, and below that."""
    screen = draw(size, *lines, wall="000000", invites=1, bitmap=1, **values)[0]
    box = invitation(screen, size)
    inside = screen.crop((box[0] + 4, box[1] + 4, box[2] - 4, box[3] - 4))
    return Page(inside).rows


@with_code
def test_what_an_invitation_says():
    block = {"block": BLOCK, "block-width": 120, "block-height": 40}
    command = ["or type, for a block of 120x40 pixels",
               '$ for y in {500..539}; do seq -f "PX %g $y ff8000" 900 1019; done |', "> nc -w1 192.0.2.10 1234"]
    assert invited(PING, FLUT, url=URL, title="FrogCon 2026", total=48200000000, **block) == [
        "FrogCon 2026", "Nobody is painting. Your turn: scan or open", "192.0.2.10:8080", "48.2 G pixels so far", *command]
    assert invited(PING, url=URL, new=1)[0] == "Nobody is painting. Your turn: new address"
    assert invited(PING, url=URL)[-1] == "be the first", "nobody is asked to paint one pixel"
    assert invited(PING, **block) == ["Nobody is painting. Your turn:", *command]
    assert invited(PING) == ["Nobody is painting. Your turn:", "$ ping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10"]
    assert invited(PING, url=URL, size=(1080, 1920), title="FrogCon", **block) == [
        "FrogCon", "Nobody is painting. Your turn: scan or open", "192.0.2.10:8080"]
    assert invited(PING, url=URL, german=1, **block)[0] == "Niemand malt. Jetzt du: scannen oder aufrufen"


@with_code
@pytest.mark.parametrize("size", [(1920, 1080), (1024, 768), (1080, 1920)])
def test_a_film_has_the_figures_beside_it(size):
    screen = draw(size, PING, wall="000000", invites=1, bitmap=1, url=URL, title="FrogCon 2026", total=48200000000,
                  **{"film-width": 336, "film-height": 189, "film-since": "18:02"})[0]
    left, top, right, bottom = ImageChops.difference(screen, Image.new("RGB", size, (255, 0, 255))).convert("L").point(
        [255] + 255 * [0]).getbbox()
    assert abs((right - left) / (bottom - top) - 16 / 9) < 0.03
    assert bottom - top >= min(size) / 8
    beside = screen.crop((right + 4, top, invitation(screen, size)[2] - 4, bottom))
    assert Page(beside).rows == ["in fast motion", "since 18:02", "48.2 G pixels so far"]


@with_code
@with_type
@pytest.mark.parametrize("size", SIZES[::2])
def test_paused(size):
    """Rows and picture say it, and no command is shown."""
    strip, place = draw(size, PING, FLUT, url=URL, title="FrogCon", paused=1, **BUSY)
    assert said(strip, size, 1, ACCENT) == ["Paused by the operator: nothing can be painted now."]
    assert said(strip, size, 2, INK)[0].endswith("as soon as the operator says so.")
    screen = draw_screen(size, PING, url=URL, paused=1)
    box = card(screen, (0, 0, size[0], place[1]))
    assert box[0] in range(size[0] // 40, size[0] // 40 + 8) and box[1] in range(size[1] // 40, size[1] // 40 + 8)
    sign = round(1.7 * size[1] / 25)
    assert read_card(screen, (box[0] + sign, *box[1:])) == "Paused"


def test_paused_in_the_bitmap_font():
    """Without page, in portrait and beside the picture."""
    paused = ["Paused by the operator", "nothing can be painted"]
    assert bitmap((1920, 1080), PING, paused=1, title="FrogCon") == [
        "FrogCon", ": ".join(paused) + " now.", "It goes on as soon as the operator says so."]
    assert bitmap((1080, 1920), PING, paused=1, **BUSY)[-2:] == paused
    assert bitmap((1920, 1080), PING, canvas=(640, 480), paused=1, **BUSY)[-2:] == paused


@with_type
def test_a_frozen_part_is_outlined():
    """Dark, white, dark, and the badge inside."""
    size = 1920, 1080
    screen = draw(size, PING, canvas=(960, 450), wall="305070", frozen="100,50,400,250")[0]
    assert screen.getpixel((199, 300)) == WALL == screen.getpixel((800, 300)) == screen.getpixel((208, 300))
    side = [screen.crop((200, y, 208, y + 1)).tobytes() for y in range(108, 492)]
    dark, white = bytes(BACKGROUND), b"\xff\xff\xff"
    assert set(side) == {8 * dark, 2 * dark + 4 * white + 2 * dark}
    box = card(screen, (200, 100, 800, 500))
    assert box[0] > 208 and box[1] > 108 and box[2] < 792
    assert read_card(screen, (box[0] + 73, *box[1:])) == "Paused"
    assert card(draw(size, canvas=(960, 450), wall="305070", frozen="100,50,110,60")[0], (0, 0, 1920, 900)) is None


@with_type
@pytest.mark.parametrize("size, strip", [((640, 480), {}), ((3840, 2160), {}), ((1920, 1080), {"no-strip": 1}),
                                         ((1080, 1920), {"no-strip": 1})])
def test_a_notice(size, strip):
    screen = draw_screen(size, PING, notice="Doors close at 23:00", **strip)
    box = card(screen, (0, 0, size[0], size[1] // 2))
    assert abs(box[0] + box[2] - size[0]) <= 2 and box[2] - box[0] <= 0.8 * size[0]
    rows = [(0, 0.5), (0.5, 1)] if size[0] < size[1] else [(0, 1)]
    assert " ".join(read_card(screen, box, *row) for row in rows) == "Doors close at 23:00"


@with_type
def test_a_notice_of_two_lines():
    size = 1920, 1080
    text = "Food is served in hall 2. The wall goes on at 20:30."
    screen = draw_screen(size, PING, notice=text)
    box = card(screen, (0, 0, 1920, 540))
    assert [read_card(screen, box, 0, 0.5), read_card(screen, box, 0.5, 1)] == [text[:25], text[26:]]
    screen = draw_screen(size, PING, notice="word " * 45 + "end")
    box = card(screen, (0, 0, 1920, 540))
    assert box[2] - box[0] <= 0.8 * 1920
    assert "end" not in read_card(screen, box, 0.5, 1), "cut, with an ellipsis"
