# SPDX-License-Identifier: MIT
"""The strip as it is drawn, read back from the picture: its text with tesseract, the code with zbar, and both
in the bitmap font too."""
import difflib
import io
import os
import re
import subprocess

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

from hud import ACCENT, BACKGROUND, FIGURES, INK, Page, columns, only, read, scan
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


def capitals(strip, n, colour, unit):
    """The height of the digits of a row."""
    base = strip.height / 30 * BASES[n]
    band = only(without_tile(strip).crop((0, round(base - 9 * unit), strip.width, round(base + 1))), colour)
    box = band.point([255 if v > 120 else 0 for v in range(256)]).getbbox()
    return box[3] - box[1]


# ---------------------------------------------------------------- legibility

@with_code
@with_type
@pytest.mark.parametrize("size", SIZES)
def test_who_reads_one_line_knows_where(size):
    strip, place = draw(size, PING, FLUT, url=URL, title="FrogCon 2026", **BUSY)
    assert place == (0, size[1] - strip.height)
    assert " ".join(said(strip, size, 0, INK, 4.4)) == "192.0.2.10:8080 FrogCon 2026"
    assert re.fullmatch("scan.*open", said(strip, size, 0, ACCENT, whitelist="scanorpe ")[0])
    address_only = draw(size, url=URL)[0]
    assert capitals(address_only, 0, INK, size[1] / 180) >= size[1] / 25 - 1


@with_code
@pytest.mark.parametrize("size", [*SIZES, (1080, 1920)])
@pytest.mark.parametrize("url", [URL, "http://192.168.178.100:8080/", "https://wall.example.org/paint/"])
def test_the_code_is_read_from_afar(size, url):
    """Over a wall of white: nothing of the picture may be taken for the code's edge."""
    screen = whole(size, *draw(size, PING, url=url), ground=(255, 255, 255))
    wanted = url if "paint" in url else url[:-1].upper()
    wanted = wanted.replace("https://wall.example.org", "HTTPS://WALL.EXAMPLE.ORG")
    assert scan(screen) == wanted
    shrink = 4 if url == URL else 2
    if size == (640, 480):
        shrink = 2 if url == URL else 1
    small = screen.resize((size[0] // shrink, size[1] // shrink), Image.BOX)
    larger = (scan(small.resize((small.width * n, small.height * n), Image.BILINEAR)) for n in (1, 2, 3))
    assert wanted in larger


@with_code
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("url", [URL, "http://192.168.178.100:8080/"])
def test_the_code_has_a_tenth_of_the_height(size, url):
    strip, place = draw(size, url=url)
    left = next(x for x in range(strip.width) if strip.getpixel((x, 0)) == (255, 255, 255))
    tile = max(x for x in range(strip.width) if strip.getpixel((x, 0)) == (255, 255, 255)) + 1
    black = only(strip.crop((left, 0, tile, strip.height)).point([255 - v for v in range(256)] * 3), INK)
    box = black.point([255 if v > 250 else 0 for v in range(256)]).getbbox()
    assert box[2] - box[0] == box[3] - box[1] >= size[1] / 10
    assert (left + box[0]) % 4 == 0 and (place[1] + box[1]) % 4 == 0, "a quarter of the picture hits its modules"


@with_code
@pytest.mark.parametrize("size", [(640, 480), (1280, 720)])
def test_nothing_burns_in(size):
    """The strip and the invitation have four places; the code is read from afar in each."""
    def drawn(**values):
        return draw(size, PING, url=URL, title="FrogCon", **values)[0]
    first, place = draw(size, PING, url=URL, title="FrogCon")
    card = invitation(drawn(invites=1, wall="ffffff"), size)
    for orbit, (x, y) in enumerate([(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)]):
        strip = drawn(orbit=orbit)
        width, height = strip.width - x, strip.height - y
        assert strip.crop((x, y, strip.width, strip.height)).tobytes() == first.crop((0, 0, width, height)).tobytes()
        assert strip.crop((0, 0, strip.width, 1)).getcolors(2), "the tile begins at the top"
        small = whole(size, strip, place, (255, 255, 255)).resize((size[0] // 2, size[1] // 2), Image.BOX)
        assert scan(small) == SCANNED or scan(small.resize(size, Image.BILINEAR)) == SCANNED
        moved = drawn(invites=1, wall="ffffff", orbit=orbit)
        assert invitation(moved, size) == (card[0] + x, card[1] + y, card[2] + x, card[3] + y)


@with_code
def test_a_card_moves_within_its_edge():
    size = 1920, 1080
    strips = [draw(size, PING, url=URL, place="overlay", orbit=orbit)[0] for orbit in range(2)]
    inner = [strip.crop((40 + 4 * n, 40, strip.width - 40 + 4 * n, strip.height - 40)) for n, strip in enumerate(strips)]
    assert inner[0].tobytes() == inner[1].tobytes()
    edge = [strip.crop((0, 0, 2, strip.height)).tobytes() for strip in strips]
    assert edge[0] == edge[1] and strips[0].size == strips[1].size


@with_code
def test_a_larger_screen_has_larger_steps():
    strips = [draw((3840, 2160), PING, url=URL, orbit=orbit)[0] for orbit in (0, 2)]
    width, height = strips[0].width - 8, strips[0].height - 8
    assert strips[1].crop((8, 8, width + 8, height + 8)).tobytes() == strips[0].crop((0, 0, width, height)).tobytes()


# ---------------------------------------------------------------- rows

def alike(text):
    """Without what tesseract takes one for the other."""
    return text.translate(str.maketrans("lI|OoeE“”", '1110000""', " "))


@with_code
@with_type
def test_three_rows():
    size = 1920, 1080
    strip, _ = draw(size, PING, FLUT, url=URL, title="FrogCon 2026", **BUSY)
    assert said(strip, size, 1, FIGURES) == ["12.3 M pixels/s"]
    assert re.sub("[^a-z0-9]+", " ", said(strip, size, 2, FIGURES)[0]) == "17 painting 5 watching"
    for n, command in (1, "ping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10"), (2, FLUT.split("\t")[1]):
        text = said(strip, size, n, INK, 9)[0]
        assert difflib.SequenceMatcher(None, alike(text), alike(command)).ratio() > 0.9, "whole, without its comment"


@with_code
def test_the_bitmap_font_says_the_same():
    page = Page(draw((1920, 1080), PING, FLUT, bitmap=1, url=URL, title="FrogCon 2026", **BUSY)[0])
    assert page.rows == ["scan or open 192.0.2.10:8080 FrogCon 2026",
                         "$ ping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10 12.3 M pixels/s",
                         '$ echo "PX 960 540 ff8000" | nc -N 192.0.2.10 1234 17 painting · 5 watching']
    assert page.factors == {5, 3, 2}, "capitals of 50, 30 and 20 pixels"


def bitmap(size, *lines, **values):
    return Page(draw(size, *lines, bitmap=1, **values)[0]).rows


@with_code
def test_what_gives_way():
    """The title shrinks, goes to the third row with the figures, these become fewer; then the call goes, and an
    address is broken where one would break it."""
    title = {"title": "FrogCon 2026", "url": URL, **BUSY}
    assert bitmap((1280, 720), PING, FLUT, **title) == [
        "scan or open 192.0.2.10:8080 FrogCon 2026", "$ ping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10 12.3 M pixels/s",
        "17 painting · 5 watching"]
    assert bitmap((1024, 768), PING, FLUT, **title) == [
        "scan or open 192.0.2.10:8080", "$ ping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10",
        "FrogCon 2026 12.3 M pixels/s · 17 painting"]
    title["title"] = "Frogs and their Conventions 2026"
    assert bitmap((1024, 768), PING, FLUT, **title)[2] == "Frogs and their Conventions 2026 12.3 M pixels/s"
    rows = bitmap((640, 480), PING, FLUT, **title)
    assert rows[0] == "scan or open 192.0.2.10:8080"
    assert rows[2] == "Frogs and their Conventions 2026 12.3 M pixels/s · 17 painting"
    title["url"] = "http://[2001:db8:1234:5678:9abc:def0:1234:5678]:8080/"
    rows = bitmap((640, 480), PING, FLUT, **title)
    assert rows[0].startswith("[2001:db8:") and "".join(rows[:2]) == "[2001:db8:1234:5678:9abc:def0:1234:5678]:8080"


@pytest.mark.parametrize("size", [(320, 240), (640, 480), (1366, 768), (1080, 1920), (2560, 1080)])
@pytest.mark.parametrize("canvas", [(0, 0), (640, 480), (100, 100), (1920, 800)])
def test_a_command_is_whole_or_absent(size, canvas):
    rows = bitmap(size, PING, FLUT, canvas=canvas, **BUSY)
    text = " ".join(" ".join(rows).replace("\\", "").split())
    whole_ones = ["ping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10", 'echo "PX 960 540 ff8000" | nc -N 192.0.2.10 1234']
    assert text.count("$ ") == sum(one in text for one in whole_ones)
    assert "paints orange" not in text


def test_without_a_web_page():
    assert bitmap((1920, 1080), PING, FLUT, title="FrogCon 2026", total=5) == [
        "FrogCon 2026", "$ ping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10 5 pixels so far",
        '$ echo "PX 960 540 ff8000" | nc -N 192.0.2.10 1234 nobody is painting']
    assert bitmap((1920, 1080), PING, FLUT)[0] == "$ ping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10"
    assert scan(draw((1920, 1080), PING)[0]) is None


@with_code
def test_lines_take_turns():
    lines = [PING, FLUT, "words=bar\tAsk at the bar…", "chess\tssh chess@192.0.2.10\twaiting for the engine"]
    third = [bitmap((2560, 1080), *lines, url=URL, turn=turn, total=1)[2] for turn in range(5)]
    assert [row.replace(" nobody is painting", "") for row in third] == [
        "chess: waiting for the engine", '$ echo "PX 960 540 ff8000" | nc -N 192.0.2.10 1234', "Ask at the bar…",
        "$ ssh chess@192.0.2.10", "chess: waiting for the engine"], "what is new comes first"


@with_code
def test_nothing_moves_when_figures_change():
    size = 1920, 1080
    strips = [draw(size, PING, FLUT, url=URL, title="FrogCon 2026", rate=rate, total=rate, painting=painting)[0]
              for rate, painting in ((0, 0), (7, 1), (9999, 17), (88800000000, 999))]
    left = strips[0].crop((0, 0, 1240, 180)).tobytes()
    assert all(strip.crop((0, 0, 1240, 180)).tobytes() == left for strip in strips)


@with_code
def test_beside_the_picture():
    rows = bitmap((1920, 1080), PING, FLUT, canvas=(640, 480), url=URL, title="FrogCon", **BUSY)
    assert rows[:6] == ["FrogCon", "scan or open", "192.0.2.10", ":8080", "12.3 M pixels/s", "17 painting · 5 watching"]
    assert rows[6:] == ["$ ping -c1 -s 8 -p \\", "cc03c0021cff8000 \\", "192.0.2.10"]
    strip, place = draw((1920, 1080), PING, canvas=(640, 480), url=URL)
    assert place == (1440, 0) and scan(strip) == SCANNED


@with_code
def test_portrait():
    rows = bitmap((1080, 1920), PING, url=URL, title="FrogCon", **BUSY)
    assert rows == ["192.0.2.10:8080", "scan or open", "FrogCon", "12.3 M pixels/s", "17 painting · 5 watching"]


@with_code
@with_type
def test_a_new_address_is_marked():
    size = 1920, 1080
    strip, _ = draw(size, PING, url=URL, new=1)
    first_row = 0, 0, strip.width, 75
    assert said(strip, size, 0, INK, 4.4) == ["192.0.2.10:8080"]
    assert read_card(strip, card(strip, first_row)) == "new address", "dark on the colour of cards"
    assert bitmap((1080, 1920), url=URL, new=1)[1] == "new address"


WIFI = {"wifi": 'Frog;Con:paint:the "wall"'}


@with_code
@pytest.mark.parametrize("size", SIZES[1:])
def test_first_into_the_network(size):
    """Both codes are read, from a third of the picture, and a laptop's owner reads the password."""
    screen = whole(size, *draw(size, PING, FLUT, url=URL, title="FrogCon", **WIFI, **BUSY))
    small = screen.resize((size[0] // 2, size[1] // 2), Image.BOX)
    wanted = {r'WIFI:T:WPA;S:Frog\;Con;P:paint\:the \"wall\";;', SCANNED}
    assert wanted in [set((scan(small.resize((small.width * n, small.height * n), Image.BICUBIC)) or "").split("\n"))
                      for n in (1, 2, 3)]


@with_code
def test_the_network_in_words():
    def rows(size, *lines, **values):
        strip = draw(size, *lines, bitmap=1, **values)[0]
        white = [x for x in range(strip.width) if strip.getpixel((x, 0)) == (255, 255, 255)]
        return Page(strip.crop((white[-1] + 1 if white else 0, 0, strip.width, strip.height))).rows
    says = 'Wi-Fi Frog;Con · password paint:the "wall"'
    assert rows((2560, 1080), PING, FLUT, url=URL, **WIFI, total=5) == [
        "192.0.2.10:8080", says + " 5 pixels so far",
        "$ ping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10 nobody is painting"], "the steps say what to do"
    assert rows((1080, 1920), url=URL, **WIFI, total=5)[-2:] == says.split(" · ")
    assert rows((1080, 1920), url=URL, wifi="Frogs:", total=5)[-2:] == ["5 pixels so far", "Wi-Fi Frogs"]
    assert rows((1920, 1080), title="FrogCon", wifi="Frogs:", total=5)[:2] == [
        "FrogCon", "Wi-Fi Frogs 5 pixels so far"]
    assert scan(draw((1920, 1080), wifi="Frogs:")[0]) == "WIFI:T:nopass;S:Frogs;;"


@with_code
def test_in_german():
    german = dict(url=URL, german=1)
    assert bitmap((1920, 1080), PING, FLUT, **german, **BUSY) == [
        "scannen oder aufrufen 192.0.2.10:8080", "$ ping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10 12,3 M Pixel/s",
        '$ echo "PX 960 540 ff8000" | nc -N 192.0.2.10 1234 17 malen · 5 schauen zu']
    rows = bitmap((1920, 1080), PING, FLUT, **german, total=1234)
    assert rows[1].endswith("1.234 Pixel bisher") and rows[2].endswith("niemand malt")
    assert bitmap((1920, 1080), PING, **german)[1].endswith("mach den Anfang")
    rows = bitmap((1920, 1080), PING, **german, paused=1)
    assert rows[1] == "Von der Leitung angehalten: zur Zeit kann nichts gemalt werden."
    assert rows[2] == "Es geht weiter, sobald die Leitung es sagt."
    assert bitmap((1080, 1920), PING, **german, total=1, painting=1, watching=1)[-1] == "1 malt · 1 schaut zu"


@with_code
def test_halves():
    """Two screens side by side: one calls, the other says how."""
    size, dots = (1920, 1080), "dots\tnc 192.0.2.10 1235"
    call = dict(url=URL, title="FrogCon", half="call")
    rows = bitmap(size, PING, FLUT, **call, **BUSY)
    assert rows == ["scan or open", "192.0.2.10:8080 FrogCon"]
    assert scan(draw(size, PING, **call)[0]) == SCANNED
    assert bitmap(size, title="FrogCon", half="call") == ["FrogCon"]
    lines = [bitmap(size, PING, FLUT, dots, "bar\tnc 192.0.2.10 1236", url=URL, half="lines", turn=n, **BUSY)
             for n in range(3)]
    assert [row[2] for row in lines] == ["$ nc 192.0.2.10 %d 5 watching" % n for n in (1235, 1236, 1235)]
    assert lines[0][:2] == ["$ ping -c1 -s 8 -p cc03c0021cff8000 192.0.2.10 12.3 M pixels/s",
                            '$ echo "PX 960 540 ff8000" | nc -N 192.0.2.10 1234 17 painting']
    # beside the picture, too
    rows = bitmap(size, PING, canvas=(1440, 1080), **call, **BUSY)
    assert rows[0] == "FrogCon" and rows[-2:] == ["192.0.2.10", ":8080"], rows
    rows = bitmap(size, PING, canvas=(1440, 1080), url=URL, title="FrogCon", half="lines", **BUSY)
    assert rows[0] == "12.3 M pixels/s" and rows[-1].endswith("192.0.2.10") and "FrogCon" not in rows, rows
    assert bitmap(size, PING, half="lines", paused=1)[0].startswith("Paused by the operator")
    assert any(row.startswith("Paused by the operator") for row in bitmap(size, PING, paused=1, **call))


@with_code
def test_the_halves_of_a_portrait_screen():
    size, call = (1080, 1920), dict(url=URL, title="FrogCon", half="call")
    strip = draw(size, PING, **call, **BUSY)[0]
    assert scan(strip) == SCANNED
    rows = bitmap(size, PING, **call, **BUSY)
    assert rows[0] == "192.0.2.10:8080" and rows[-1].endswith("FrogCon"), rows
    assert not any("pixels" in row for row in rows), rows
    rows = bitmap(size, PING, url=URL, title="FrogCon", half="lines", **BUSY)
    assert rows[0] == "12.3 M pixels/s" and rows[1].startswith("17 painting"), rows
    assert rows[2].startswith("$ ping") and "FrogCon" not in rows, rows
    for half in "call", "lines":
        assert any("Paused" in row for row in bitmap(size, PING, paused=1, url=URL, half=half))


# ---------------------------------------------------------------- on the picture

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


def invitation(screen, size):
    """Its place: what has the colour of the edge, above the strip."""
    edge = Image.new("RGB", size, (0x46, 0x50, 0x5c))
    return ImageChops.difference(screen, edge).convert("L").point([255] + 255 * [0]).getbbox()


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


# ---------------------------------------------------------------- looks

@with_type
@pytest.mark.parametrize("title, missing", [("Größe · ΑΒΓ · Жук", ""), ("פסטיבל הצפרדעים", ""), ("مهرجان", ""),
                                            ("蛙フェス", "U+86D9"), ("กบ", "U+0E01")])
def test_titles_of_the_world(title, missing):
    """What no font has is named, with the ways out."""
    strip, _ = draw((1920, 1080), PING, title=title)
    found = [line for line in draw.said.splitlines() if "no font has" in line]
    if not missing or "fonts-droid" in title:
        assert found == []
    elif found:
        assert missing in found[0] and "display.font" in found[0] and "display.logo" in found[0]
    assert only(strip.crop((0, 0, 1920, 75)), INK).getbbox()


@with_type
def test_right_to_left_is_drawn_so():
    """The first letter is the rightmost one."""
    def ink(title):
        return only(draw((1920, 1080), title=title)[0].crop((0, 0, 1920, 80)), INK)
    both, first = ink("אל"), ink("א")
    first = first.crop(first.getbbox())
    left, top, right, bottom = both.getbbox()

    def unlike(x):
        part = both.crop((x, bottom - first.height, x + first.width, bottom))
        return ImageStat.Stat(ImageChops.difference(part, first)).mean[0]
    assert unlike(right - first.width) < 40 < unlike(left)


DEJAVU = ["/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"]
DROID = ["/usr/share/fonts-droid-fallback/truetype/DroidSansFallbackFull.ttf",
         "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"]


def as_written(letters, font, size):
    """From left to right as they are given, cut to their ink."""
    page = Image.new("L", (500 * len(letters), 800))
    face = ImageFont.truetype(font, 400, layout_engine=ImageFont.Layout.BASIC)
    ImageDraw.Draw(page).text((100, 100), letters, 255, face)
    return page.crop(page.getbbox()).resize(size, Image.BOX)


@with_type
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("title, seen, fonts", [
    ("צפרדע", "עדרפצ", DEJAVU), ("مهرجان", "\ufee5\ufe8e\ufe9f\ufeae\ufeec\ufee3", DEJAVU), ("蛙フェス祭", "蛙フェス祭", DROID)],
    ids=["Hebrew", "Arabic, joined", "CJK"])
def test_titles_in_every_size(title, seen, fonts, size):
    font = next((font for font in fonts if os.path.exists(font)), None)
    if not font:
        pytest.skip("no font has it: apt-get install fonts-droid-fallback")
    strip, _ = draw(size, title=title)
    ink = only(strip.crop((0, 0, strip.width // 2, strip.height // 2)), INK)
    ink = ink.crop(ink.getbbox())
    assert ink.height > size[1] / 180 * 5, "as large as other titles"
    ink = ink.resize((ink.width * 16 // ink.height, 16), Image.BOX)  # the edges differ

    def unlike(letters):
        return ImageStat.Stat(ImageChops.difference(ink, as_written(letters, font, ink.size))).mean[0]
    assert unlike(seen) < unlike(seen[::-1]) / 2


def test_a_title_without_a_font_is_left_out():
    assert bitmap((1920, 1080), PING, title="Жук")[0].startswith("$ ping")
    assert "fonts-dejavu-core" in draw.said and "without a title" in draw.said


def logo_at(strip, colour):
    mask = [(i % strip.width, i // strip.width) for i, pixel in enumerate(strip.getdata()) if pixel == colour]
    return (min(x for x, _ in mask), min(y for _, y in mask), max(x for x, _ in mask) + 1, max(y for _, y in mask) + 1)


@with_code
@pytest.mark.parametrize("kind, size, wanted", [("RGBA", (400, 100), (156, 39)), ("RGB", (3000, 3000), (63, 63)),
                                                ("P", (16, 16), (63, 63))])
def test_a_logo(tmp_path, kind, size, wanted):
    """10.5 units high at most and 26 wide, whatever its own size."""
    Image.new("RGBA", size, (56, 183, 100, 255)).convert(kind).save(tmp_path / "logo.png")
    strip, _ = draw((1920, 1080), PING, url=URL, title="FrogCon", logo=tmp_path / "logo.png")
    box = logo_at(strip, (56, 183, 100))
    assert (box[2] - box[0], box[3] - box[1]) == wanted and abs(box[2] - (1920 - 48)) <= 1
    assert draw.said == "" or "logo" not in draw.said


@pytest.mark.parametrize("content, why", [
    (None, "No such file"), (b"GIF89a", "is not a complete PNG"), ("folder", "is not a file"), ("wide", "8192x8192 is the limit"),
    ("cut", "is not a complete PNG")])
def test_a_logo_that_is_none(tmp_path, content, why):
    """It is said, and the strip is as without."""
    path = tmp_path / "logo.png"
    if content == "folder":
        path.mkdir()
    elif content == "wide":
        Image.new("1", (20000, 4)).save(path)
    elif content == "cut":
        Image.effect_noise((64, 64), 99).save(path)
        path.write_bytes(path.read_bytes()[:1000])
    elif content:
        path.write_bytes(content)
    strip, _ = draw((1280, 720), PING, title="FrogCon", logo=path)
    assert why in draw.said and str(path) in draw.said
    assert strip.tobytes() == draw((1280, 720), PING, title="FrogCon")[0].tobytes()


def test_a_font_that_is_none(tmp_path):
    (tmp_path / "font.ttf").write_bytes(b"no font")
    strip, _ = draw((1280, 720), PING, font=tmp_path / "font.ttf")
    assert str(tmp_path / "font.ttf") in draw.said or not scalable()
    assert strip.tobytes() == draw((1280, 720), PING)[0].tobytes()
