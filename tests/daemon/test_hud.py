# SPDX-License-Identifier: MIT
"""The strip as it is drawn, read back from the picture: its text with tesseract, the code with zbar, and both
in the bitmap font too."""
import difflib
import re

import pytest
from PIL import Image

from hud import ACCENT, FIGURES, INK, Page, only, scan
from strip import (BASES, BUSY, FLUT, PING, SCANNED, SIZES, URL, WIFI, bitmap, card, draw, invitation, read_card, said,
                   whole, with_code, with_type, without_tile)


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
