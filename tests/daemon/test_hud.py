# SPDX-License-Identifier: MIT
"""The text and the QR code of the HUD as drawn, read back from the picture."""
import io
import os
import re
import subprocess

import pytest
from PIL import Image

from hud import Page, scan
from wall import BUILD

URL = "http://192.168.178.100:8080/"
LINES = [
    ("icmp", "ping -c1 -s 8 -p cc00280019ff8c00 192.168.178.100", 12),
    ("pixelflut", 'echo "PX 40 25 ff8c00" | nc -w1 192.168.178.100 1234', 1234567),
    ("ipv6", "ping -c1 2a06:a003:d040:1028:019:ff:8c:00 # "
             "2a06:a003:d040:SXXX:YYY:RR:GG:BB: paints #ff8c00 at 40,25", 0),
    ("p2", "muralctl paint IMAGE p2://USER:OTP@192.168.178.100:7062", 98765),
    ("http", "http://192.168.178.100:8080/", 999),
    ("lobby", "ping -c1 -s 8 -p cc00280019ff8c00 192.168.178.100", 10000),
    ("garden", 'echo "PX 40 25 ff8c00" | nc -w1 192.168.178.100 1235', 12345678901),
    ("roof", "", 1),
]

with_code = pytest.mark.skipif(not os.environ.get("qr", "?"), reason="built without QR codes: "
                               "apt-get install libqrencode-dev, and configure again")


def draw(size, lines, url=URL, canvas=(0, 0)):
    words = [str(n) for n in (*size, *canvas)] + [url]
    for line in lines:
        words += [str(word) for word in line]
    ppm = subprocess.run([os.path.join(BUILD, "tests", "unit", "hud", "draw-hud"), *words], check=True,
                         stdout=subprocess.PIPE).stdout
    return Image.open(io.BytesIO(ppm))


@with_code
def test_three_plugins_at_720p():
    page = Page(draw((1280, 720), LINES[:3]))
    assert page.factor == 2  # capitals of 20 pixels
    assert page.rows == [
        "icmp      ping -c1 -s 8 -p cc00280019ff8c00 192.168.178.100      12/s",
        'pixelflut echo "PX 40 25 ff8c00" | nc -w1 192.168.178.100 1234 1.2M/s',
        "ipv6      ping -c1 2a06:a003:d040:1028:019:ff:8c:00 #             0/s",
        "            2a06:a003:d040:SXXX:YYY:RR:GG:BB: paints #ff8c00",
        "            at 40,25",
        "web       " + URL,
    ]


def test_what_plugins_say_of_their_state():
    chess = ("chess", "ssh chess@192.168.178.100\twaiting for the engine since 12:03", 0)
    roof = ("roof", "\tclosed until the rain stops", 1)
    lines = [LINES[0], chess, roof]
    page = Page(draw((1280, 720), lines, url=""))
    assert [re.sub(r" +", " ", row) for row in page.rows] == [
        "icmp ping -c1 -s 8 -p cc00280019ff8c00 192.168.178.100 12/s",
        "chess ssh chess@192.168.178.100 0/s",
        " waiting for the engine since 12:03",
        "roof closed until the rain stops 1/s"]
    assert page.rows[2].index("waiting") == page.rows[1].index("ssh")
    column = Page(draw((1280, 720), lines, url="", canvas=(640, 720)))
    text = " ".join(row.strip() for row in column.rows)
    assert "ssh chess@192.168.178.100 waiting for the engine since 12:03" in re.sub(r"\s+", " ", text)
    assert "" not in column.rows, "no row is lost where a state follows its command"


@with_code
def test_five_plugins_at_1080p():
    page = Page(draw((1920, 1080), LINES[:5]))
    assert page.factor == 3
    assert page.rows == [
        "icmp      ping -c1 -s 8 -p cc00280019ff8c00 192.168.178.100      12/s",
        'pixelflut echo "PX 40 25 ff8c00" | nc -w1 192.168.178.100 1234 1.2M/s',
        "ipv6      ping -c1 2a06:a003:d040:1028:019:ff:8c:00               0/s",
        "p2        muralctl paint IMAGE                                  98k/s",
        "            p2://USER:OTP@192.168.178.100:7062",
        "http      http://192.168.178.100:8080/                          999/s",
    ]


@with_code
def test_beside_the_picture():
    image = draw((1920, 1080), LINES[:2], canvas=(640, 480))
    page = Page(image)
    assert image.size == (480, 1080) and page.factor == 3
    assert page.rows == [
        "icmp           12/s",
        " ping -c1 -s 8 -p",
        "   cc00280019ff8c00",
        "   192.168.178.100",
        "pixelflut    1.2M/s",
        ' echo "PX 40 25',
        '   ff8c00" | nc -w1',
        "   192.168.178.100",
        "   1234",
    ]
    assert scan(image) == URL


@with_code
def test_a_broken_word_has_an_arrow():
    page = Page(draw((1920, 1080), LINES[2:3], canvas=(640, 480)))
    assert page.rows == [
        "ipv6            0/s",
        " ping -c1",
        "   2a06:a003:d040:↵",
        "   1028:019:ff:8c:↵",
        "   00 #",
        "   2a06:a003:d040:↵",
        "   SXXX:YYY:RR:GG:↵",
        "   BB: paints",
        "   #ff8c00 at 40,25",
        "web",
        " http://192.168.↵",
        "   178.100:8080/",
    ]


def sizes():
    for screen in (320, 240), (640, 480), (1280, 1024), (1366, 768), (1080, 1920), (2560, 1080):
        for canvas in (0, 0), (640, 480), (100, 100), (1920, 800):
            yield screen, canvas


def squeezed(text):
    return re.sub(r"[\s↵]", "", text)


@with_code
def test_a_comment_as_an_argument_is_left_out_too():
    name, command, rate = LINES[2]
    lines = [*LINES[:2], (name, command.replace(" # ", "; : '") + "'", rate), *LINES[3:5]]
    assert Page(draw((320, 240), lines)).rows == Page(draw((320, 240), LINES[:5])).rows


@pytest.mark.parametrize("screen,canvas", sizes())
@pytest.mark.parametrize("n", (5, 8))
def test_a_command_is_whole_or_absent(screen, canvas, n):
    page = Page(draw(screen, LINES[:n], canvas=canvas))
    rows = [re.sub(r"(^|\s+)[\d.]+[kMG]?( px)?/s$", "", row) for row in page.rows]
    said = squeezed("".join(rows))
    named = 0
    for name, command, _ in LINES[:n]:
        heads = [row for row in rows if row.split()[:1] == [name]]
        named += len(heads)
        if heads:
            assert squeezed(name + command.split(" # ")[0]) in said
    assert named > 0
    if min(screen) >= (480 if n <= 5 else 720):
        assert named == n


@with_code
@pytest.mark.parametrize("screen,canvas", sizes())
@pytest.mark.parametrize("url", (URL, "http://[2001:db8:1234:5678:abcd:ef01:2345:6789]:8080/"))
def test_the_code_is_readable(screen, canvas, url):
    image = draw(screen, LINES[:4], url, canvas)
    if screen != (320, 240):
        assert scan(image) == url
    elif scan(image) is None and len(url) < 30:
        assert squeezed("web" + url) in squeezed("".join(Page(image).rows))


def test_without_a_code_the_address_comes_first():
    """On a screen too small for the code, or in a build without QR codes."""
    if os.environ.get("qr", "?"):
        image = draw((320, 240), [], "http://10.0.0.1/" + 60 * "x")
    else:
        image = draw((1280, 720), LINES[:2], "http://10.0.0.1/")
    assert scan(image) is None
    assert squeezed("".join(Page(image).rows)).startswith("webhttp://10.0.0.1/")


def test_without_a_web_page_there_is_no_code():
    image = draw((1280, 720), LINES[:4], "")
    assert scan(image) is None
    assert not any("web" in row for row in Page(image).rows)


def test_rates_are_short():
    rates = {0: "0", 999: "999", 1000: "1.0k", 9999: "9.9k", 10000: "10k", 999999: "999k",
               1000000: "1.0M", 123456789: "123M", 2 ** 64 - 1: "18E"}
    for pixels, words in rates.items():
        for size, unit in (((1280, 720), "/s"), ((3840, 800), " px/s")):
            row = Page(draw(size, [("a", "b", pixels)], "")).rows[0]
            assert row.split(None, 2)[2] in (words + "/s", words + " px/s"), row
            assert unit in row
