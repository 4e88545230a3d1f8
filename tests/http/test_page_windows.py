# SPDX-License-Identifier: MIT
"""The web page in windows of every shape: nothing is cut off or covered, each pixel is seen, fingers are enough;
and in older browsers."""
import base64
import json
import os
import random
import re
import zlib

import pytest
from PIL import Image

import hud
from browser import Browser
from control import Operator
from wall import SOURCE, Wall, wait_for
from webpage import (  # noqa: F401 (fixtures)
    at_rest, browser, canvas_png, film, flut, http_section, lay, place_of, same_picture, seen_on, small_targets,
    unseen, url, wall, window)

WHITE = 40


def lone_pixels(width, height):
    """Places, none near another."""
    return [((2 * i % WHITE * 2 + 1) * width // (2 * WHITE) - 1 - i % 3, (2 * (i * 7 % WHITE) + 1) * height // (2 * WHITE) + i % 2)
            for i in range(WHITE)]


SCREENS = [(390, 844, 3), (844, 390, 2), (820, 1180, 1), (1440, 900, 1)]
if os.environ.get("MURALD_LONG"):
    SCREENS += [(390, 844, 2), (820, 1180, 2), (1440, 900, 2), (320, 640, 2)]


@pytest.mark.parametrize("size", ["1280x720", "1920x1080", "3840x2160"])
def test_no_lone_pixel_is_lost(tmp_path, browser, window, size):
    width, height = map(int, size.split("x"))
    if width > 1280 and not os.environ.get("MURALD_LONG"):
        pytest.skip("larger walls: MURALD_LONG=1")
    places = lone_pixels(width, height)
    assert len(set(places)) == WHITE
    with Wall(tmp_path, http_section(tmp_path), size=size) as wall:
        flut(wall, [(x, y, 255, 255, 255) for x, y in places])
        for across, down, scale in SCREENS:
            window(across, down, deviceScaleFactor=scale)
            browser.goto(url(wall))
            wait_for("the picture", lambda: browser.page("{ live }", "live.is_sharp"))
            at_rest(browser)
            assert seen_on(browser, str(tmp_path / "shot.png"), places) == WHITE, (across, down, scale)
        # moved, and a part that is painted anew
        browser.page("{ view }", "view.changed(true)")
        at_rest(browser)
        x, y = places[7]
        flut(wall, [(x, y, 0, 0, 0)])
        wait_for("it to be gone", lambda: browser.page("{ live }", "live.colour(%d, %d)" % (x, y)) == "#000000")
        at_rest(browser)
        assert seen_on(browser, str(tmp_path / "shot.png"), places) == WHITE - 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "servers", "admin/"])
def test_accessibility(wall, browser, path, scheme):
    browser.goto("about:blank")
    browser.errors.clear()  # of walls that ended under the page before
    browser.ask("colours", scheme=scheme)
    browser.goto(url(wall, path))
    if not path:
        same_picture(browser, wall)
    assert browser.ask("axe") == []
    assert browser.errors == []


def test_the_columns_of_a_desktop(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    box = {name: browser.eval("document.getElementById('%s').getBoundingClientRect().toJSON()" % name)
           for name in ("viewport", "below", "paint", "more", "figures")}
    assert box["more"]["left"] > box["viewport"]["right"]
    assert box["figures"]["left"] > box["viewport"]["right"]
    assert abs(box["below"]["top"] - box["viewport"]["bottom"]) < 1
    assert 0 <= box["paint"]["top"] - box["below"]["bottom"] < 20
    assert box["paint"]["bottom"] == browser.eval("innerHeight")
    assert browser.eval("document.documentElement.scrollWidth") <= 1280


def pinch(phone, at, apart, then, by=(0, 0)):
    """Two fingers around a place, so far from it, and then so far, somewhere else."""
    phone.ask("pinch", fingers=[[[at["x"] + side * apart, at["y"]], [at["x"] + by[0] + side * then, at["y"] + by[1]]]
                                for side in (-1, 1)])
    at_rest(phone)
    return place_of(phone, 80, 48)


def zoom_by_two_fingers(phone):
    """What lies between them stays there; from the overview it flies to the middle of the larger one; and back."""
    fit = phone.page("{ view }", "view.z")
    z = lambda: phone.page("{ view }", "view.z / %f" % fit)
    at = pinch(phone, place_of(phone, 80, 48), 20, 80)
    assert abs(z() - 4) < 0.01 and phone.eval("document.body.className") == "painting"
    middle = phone.eval("(b => [b.x + b.width / 2, b.y + b.height / 2])(document.getElementById('viewport').getBoundingClientRect())")
    assert abs(at["x"] - middle[0]) < 3 and abs(at["y"] - middle[1]) < 3
    to = pinch(phone, at, 40, 60, (30, -20))
    assert abs(z() - 6) < 0.01 and abs(to["x"] - at["x"] - 30) < 3 and abs(to["y"] - at["y"] + 20) < 3
    pinch(phone, to, 100, 10)
    assert abs(z() - 1) < 0.01 and phone.eval("document.body.className") == "overview"
    assert phone.text("#told") == ""
    wait_for("no place in the address", lambda: phone.eval("location.hash") == "")
    wait_for("a tap to be one again", lambda: phone.page("{ view }", "performance.now() - view.ended > 250"))


def test_the_title_is_whole_where_there_is_room(wall, tmp_path):
    """How many watch goes first; not a hair of the title, for which a browser would cut letters off."""
    with Browser(tmp_path, width=390, height=844, deviceScaleFactor=3) as phone:
        phone.goto(url(wall))
        phone.wait_text("#connection-text", "watching")
        phone.eval("document.querySelector('h1').firstChild.data = 'Mural Night '")
        for width in range(330, 391, 5):
            phone.eval("document.querySelector('header').style.width = '%dpx'" % width)
            assert phone.eval("(h1 => { const range = new Range(); range.selectNodeContents(h1);"
                              "return range.getBoundingClientRect().width - h1.getBoundingClientRect().width;"
                              "})(document.querySelector('h1'))") <= 0


def test_a_phone(wall, tmp_path):
    """The first tap flies and marks, the second paints; what is left of the cooldown outlives the page."""
    with Browser(tmp_path, width=360, height=740, isMobile=True, hasTouch=True,
                 deviceScaleFactor=2) as phone:
        phone.goto(url(wall))
        same_picture(phone, wall)
        assert phone.eval("document.documentElement.scrollWidth") <= 360
        assert small_targets(phone) == []
        zoom_by_two_fingers(phone)
        phone.ask("tap", **place_of(phone, 100, 10))
        at_rest(phone)
        assert phone.page("{ view, marks }", "[marks.at.x >> 3, marks.at.y >> 3, marks.side()]") == [12, 1, 24]
        assert phone.eval("document.body.className") == "painting"
        assert "Tap the cell again" in phone.text("#told")
        assert small_targets(phone) == []
        assert phone.ask("axe") == []
        before = canvas_png(wall)
        wait_for("the time of a double tap", lambda: phone.page("{ view }", "performance.now()") > 400)
        phone.ask("tap", **place_of(phone, 84, 12))
        wait_for("the other mark", lambda: phone.page("{ marks }", "marks.at.x >> 3") == 10)
        phone.eval("document.querySelectorAll('#palette input')[13].click()")
        assert phone.text("#go") == "Paint yellow here"
        assert phone.text(".bubble").endswith(" → yellow")
        assert canvas_png(wall) == before
        phone.ask("tap", **place_of(phone, 84, 12))
        phone.wait_text("#told", "Painted")
        wall.painted(84, 12, (0xff, 0xd6, 0x35))
        # ten minutes, as if the board's rate were so
        phone.page("{ strip }", "strip.wait(600000)")
        assert re.fullmatch(r"Again in (9:\d\d|10:00)", phone.text("#go"))
        wait_for("the place in the address", lambda: "#" in phone.eval("location.href"))
        where = phone.eval("location.href")
        phone.goto("about:blank")
        phone.goto(where)
        same_picture(phone, wall)
        phone.wait_text("#go", "Again in ")
        assert phone.eval("document.title").startswith("(")
        phone.eval("(n => { n.value = 'another'; n.dispatchEvent(new Event('change')); })(document.getElementById('name'))")
        assert phone.page("{ strip }", "strip.is_waiting()")
        at_rest(phone)
        assert phone.page("{ view }", "view.z") == 3
        phone.eval("history.back()")
        wait_for("all of it", lambda: phone.eval("document.body.className") == "overview")
        assert phone.errors == []


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width, height, size", [
    (1440, 900, 16), (1440, 900, 32), (820, 1180, 32), (844, 390, 16), (844, 390, 24), (390, 844, 16), (390, 844, 32),
    (320, 480, 16)])
def test_small_windows_and_large_letters(wall, browser, window, width, height, size, language):
    """Nothing is cut off or covered, whatever its title, and the page goes down only, not to the right."""
    window(width, height)
    browser.ask("letters", size=size)
    browser.goto(url(wall, "?lang=" + language))
    same_picture(browser, wall)
    browser.wait_text("#cards", "| nc -w1")
    assert browser.eval("parseFloat(getComputedStyle(document.querySelector('#cards p')).fontSize)") == size
    for title in ("murald", "A Congress of Frogs, Newts and Toads"):
        browser.eval("document.querySelector('h1').firstChild.data = %s" % json.dumps(title + " "))
        assert browser.eval("document.documentElement.scrollWidth - innerWidth") <= 0
        assert unseen(browser, "header button", "#act button", "#zoom button") == []
    if width < 72 * size:
        browser.press("#go")
        wait_for("the strip", lambda: browser.eval("document.body.classList.contains('painting')"))
        at_rest(browser)
        assert browser.eval("document.documentElement.scrollWidth - innerWidth") <= 0
        assert unseen(browser, "header button", "#act button", "#zoom button") == []


def test_a_notice_covers_nothing(wall, browser):
    """The wall gives way to it."""
    with Operator(wall) as operator:
        operator.done("notice", text="The wall is cleared at ten. " * 8)
        browser.goto(url(wall))
        browser.wait_text("#notice", "at ten")
        at_rest(browser)
        assert unseen(browser, "#zoom button", "#act button", "#notice") == []
        operator.done("notice")
    wait_for("the notice to go", lambda: browser.text("#notice") == "")


OVERLAPS = """(() => {
    const boxes = [...document.querySelectorAll("#kiosk img, #kiosk h1, #kiosk div p, #kiosk .rate")]
        .map(e => e.getBoundingClientRect());
    return boxes.some((a, i) => a.right > innerWidth || a.bottom > innerHeight || boxes.slice(i + 1).some(b =>
        a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1));
})()"""


@pytest.mark.parametrize("size", [(390, 844), (1080, 1920), (1024, 768)])
def test_a_second_screen_of_another_shape(wall, tmp_path, size):
    """All of the strip is seen, none of it above another."""
    with Browser(tmp_path, *size) as browser:
        browser.goto(url(wall, "?kiosk"))
        browser.wait_text("#kiosk code", "| nc ")
        wait_for("the code", lambda: browser.eval("document.querySelector('#kiosk img')?.naturalWidth"))
        assert not browser.eval(OVERLAPS)


# What Safari 15.4 or Firefox 115 does not know, and the page might use.
TOO_NEW = (r"OffscreenCanvas|color-mix\(|light-dark\(|@(layer|scope|container)\b|\baria[A-Z]\w+ *[:=]|\(\?<[=!]|"
           r"\bstatic \{|\.(toSorted|toReversed|toSpliced|findLast|groupBy)\(")


def test_an_older_browser_knows_what_the_page_is_written_in():
    """A list of selectors that it does not know in full it ignores."""
    folder = os.path.join(SOURCE, "plugins", "http", "page")
    for name in sorted(os.listdir(folder)):
        if name.endswith((".js", ".css", ".html")):
            with open(os.path.join(folder, name)) as file:
                text = file.read()
            assert not re.search(TOO_NEW, text), name
            for selectors in re.findall(r"^([^\s@/][^{}]*:fullscreen[^{}]*) \{", text, re.M):
                assert all(":fullscreen" in one for one in selectors.split(",")), selectors


def test_an_older_browser(wall, browser, window):
    """One that cannot inflate by itself sees the wall, its film, and a picture of its own."""
    window()
    browser.ask("before", code="delete globalThis.DecompressionStream; delete globalThis.OffscreenCanvas")
    browser.goto(url(wall))
    same_picture(browser, wall)
    flut(wall, [(x, y, x * y & 255, x ^ y, x * 7 & 255) for x in range(160) for y in range(20, 40)])
    same_picture(browser, wall)
    lay(browser, Image.new("RGB", (300, 200), (9, 200, 100)))
    browser.press("#sheet .bar button:last-child")
    wait_for("the button", lambda: not browser.eval("document.getElementById('wall-timelapse').hidden"))
    browser.press("#wall-timelapse")
    wait_for("the film", lambda: film(browser, "return film?.reel?.shown > 0"), 60)
    assert browser.errors == []


@pytest.mark.parametrize("level, strategy", [(0, zlib.Z_DEFAULT_STRATEGY), (1, zlib.Z_DEFAULT_STRATEGY),
                                             (9, zlib.Z_DEFAULT_STRATEGY), (6, zlib.Z_HUFFMAN_ONLY), (6, zlib.Z_RLE),
                                             (6, zlib.Z_FIXED)])
def test_what_inflates_in_an_older_browser(wall, browser, level, strategy):
    browser.goto(url(wall))
    inflate = ("import('/static/inflate.js').then(({ inflate }) => btoa(Array.from(inflate(Uint8Array.from(atob('%s'),"
               "c => c.charCodeAt(0)), %d), n => String.fromCharCode(n)).join(''))).catch(error => error.name)")
    noise = random.Random(level).randbytes(2000)
    for data in b"", b"x", noise, b"abcabd" * 9000, bytes(range(256)) * 90 + noise + b"\0" * 70000 + noise:
        deflating = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS, 8, strategy)
        stream = deflating.compress(data) + deflating.flush()
        whole, begin = (base64.b64encode(part).decode() for part in (stream, stream[:max(3, len(stream) // 3)]))
        assert base64.b64decode(browser.eval(inflate % (whole, len(data)))) == data
        assert browser.eval(inflate % (begin, len(data))) == "RangeError"


def test_a_second_screen(wall, browser, window, tmp_path):
    """?kiosk: the wall, how to join, and the rate; nothing of it can be touched."""
    window(1440, 900)
    browser.goto(url(wall, "?kiosk"))
    same_picture(browser, wall)
    wait_for("the code", lambda: browser.eval("document.querySelector('#kiosk img')?.naturalWidth"))
    browser.wait_text("#kiosk", "or type")
    assert url(wall)[:-1] in browser.text("#kiosk")
    assert "| nc " in browser.text("#kiosk code")
    # a browser that cannot stay awake says so for a while, however often it was looked away from
    browser.eval("(() => { const { setTimeout } = window; window.acts = [];"
                 "Object.defineProperty(navigator, 'wakeLock', { value: undefined });"
                 "window.setTimeout = act => acts.push(act);"
                 "for (const turn of [1, 2]) document.dispatchEvent(new Event('visibilitychange'));"
                 "window.setTimeout = setTimeout; })()")
    assert "sleep off" in browser.text("#kiosk")
    assert unseen(browser, "#kiosk p", "#kiosk h1") == [] and not browser.eval(OVERLAPS)
    browser.eval("for (const act of acts) act()")
    assert "| nc " in browser.text("#kiosk code")
    at_rest(browser)
    picture = str(tmp_path / "kiosk.png")
    browser.ask("screenshot", path=picture, full=False)
    with Image.open(picture) as image:
        assert hud.scan(image) == url(wall)[:-1]
    before = canvas_png(wall)
    browser.ask("click", x=720, y=300)
    for key in ("Enter", "Enter", "f", "+"):
        browser.ask("press", key=key)
    assert browser.page("{ view, marks }", "view.fitted && !marks.at")
    assert small_targets(browser) == []
    assert browser.ask("axe") == []
    assert canvas_png(wall) == before
    client = wall.tcp("pixelflut")

    def moves():
        client.sendall(b"".join(b"PX %d 90 000001\n" % x for x in range(100)))
        return browser.text("#kiosk strong") != "0"
    wait_for("pixels a second", moves)
    assert browser.errors == []
    # what it says when the line is lost can be read
    colours = browser.eval("(() => { const { color, backgroundColor } = getComputedStyle("
                           "document.querySelector('#cover p')); return [color, backgroundColor]; })()")
    assert colours[0] != colours[1]
