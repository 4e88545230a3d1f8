# SPDX-License-Identifier: MIT
"""A visitor's own picture on the page: it is refused in words, or laid over the wall and painted."""
import json
import os
import re
import struct
import zlib

import pytest
from PIL import Image

from browser import Browser
from p2client import totp
from wall import SOURCE, Wall, wait_for
from webpage import (  # noqa: F401 (a fixture)
    browser, canvas_png, drop, encode, flut, get, laid_says, lay, place_of, same_picture, small_targets, url)

SIZE = "160x96"
SECRET = "JBSWY3DPEHPK3PXP"


def sections(folder, more="", websocket="yes"):
    return ("[plugin http]\nlisten = 127.0.0.1:0\ndatabase = %s/board.db\n%s\n"
            "[plugin pixelflut]\nlisten = 127.0.0.1:0\nwebsocket = %s\n" % (folder, more, websocket))


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    folder = tmp_path_factory.mktemp("picture")
    with Wall(folder, sections(folder, "pixel-rate = 20ms"), size=SIZE) as wall:
        yield wall


def gradient(width, height):
    image = Image.new("RGB", (width, height))
    image.putdata([(x * 255 // width, y * 255 // height, 128) for y in range(height) for x in range(width)])
    return image


def huge_png():
    """30,000 by 30,000, a small file."""
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(bytes(90001 * 30))) + chunk(b"IEND", b""))


def sheet(browser, code):
    return browser.eval("(async sheet => { %s })(document.getElementById('sheet').sheet)" % code)


def laid(browser, name):
    return sheet(browser, "return sheet.laid?.%s" % name)


def painted(wall):
    return next(int(line.split()[-1]) for line in get(wall, "metrics").decode().splitlines()
                if line.startswith("murald_pixels_total{") and '"pixelflut"' in line)


def opened(browser, wall, path=""):
    browser.goto(url(wall, path))
    same_picture(browser, wall)
    assert not browser.eval("performance.getEntriesByType('resource').some(e => e.name.includes('picture'))")


PICTURE = gradient(40, 30)
ANIMATED = dict(save_all=True, append_images=[gradient(40, 31).crop((0, 1, 40, 31))])
REFUSED = {
    "text": (b"no picture at all", "no picture"),
    "empty": (b"", "no picture"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
    "huge": (huge_png(), "at most 64 million"),
    "png cut": (encode(PICTURE)[:-20], "its end is missing"),
    "jpeg cut": (encode(PICTURE, "JPEG")[:-9], "its end is missing"),
    "gif cut": (encode(PICTURE, "GIF")[:-9], "its end is missing"),
    "webp cut": (encode(PICTURE, "WEBP")[:-9], "its end is missing"),
    "png spoilt": (encode(PICTURE).replace(b"IDAT", b"IDAX"), "damaged"),
    "gif animated": (encode(PICTURE, "GIF", **ANIMATED), "animated"),
    "png animated": (encode(PICTURE, "PNG", **ANIMATED), "animated"),
    "webp animated": (encode(PICTURE, "WEBP", **ANIMATED), "animated"),
    "long": (b"\x89PNG" + bytes(21 << 20), "at most 20 MB"),
}


def test_what_is_refused_is_so_in_words(wall, browser):
    opened(browser, wall)
    for name, (data, word) in REFUSED.items():
        drop(browser, data, name)
        laid_says(browser, word)
        assert laid(browser, "columns") is None
    assert browser.ask("axe") == []
    browser.eval("document.querySelector('#sheet .bar button:last-child').click()")
    assert browser.eval("document.body.className") == "overview"
    assert browser.errors == []


def test_a_picture_is_painted_by_pixelflut(wall, browser):
    """Each pixel with its colour, where it was moved to; what is right already is not sent."""
    opened(browser, wall)
    for kind in ("JPEG", "GIF", "WEBP", "PNG"):
        lay(browser, PICTURE, kind)
        assert (laid(browser, "columns"), laid(browser, "rows")) == (40, 30)
    sheet(browser, "sheet.laid.put({ x: 50, y: 40 }); sheet.redo()")
    laid_says(browser, "1,200 differ")
    assert browser.ask("axe") == []
    before = painted(wall)
    browser.press("#sheet .go")
    laid_says(browser, "all of it is on the wall")
    for x, y in ((0, 0), (39, 29), (17, 3)):
        wall.painted(30 + x, 25 + y, PICTURE.getpixel((x, y)))
    assert painted(wall) - before == 1200
    same_picture(browser, wall)
    # again: there is nothing to do, but for what somebody painted over
    flut(wall, [(35, 30, 1, 2, 3)])
    same_picture(browser, wall)
    browser.press("#sheet .go")
    wall.painted(35, 30, PICTURE.getpixel((5, 5)))
    laid_says(browser, "all of it is on the wall")
    assert painted(wall) - before == 1202
    assert browser.errors == []


@pytest.mark.parametrize("origin", ["center", "8, 5"])
def test_a_picture_is_painted_by_p2(tmp_path, browser, origin):
    """Where anybody may log in, in p2's colours; other instances are not offered."""
    (tmp_path / "users").write_text("ann = static:1234\n")
    others = ("[plugin p2]\nlisten =\nwebsocket = 127.0.0.1:0\nauth = none\norigin = %s\nput-rate = 4000\n"
              "region = 160x90\noffset = 0,6\n"
              "[plugin p2 closed]\nlisten =\nwebsocket = 127.0.0.1:0\nusers = %s/users\n" % (origin, tmp_path))
    with Wall(tmp_path, sections(tmp_path, websocket="no") + others, size=SIZE) as wall:
        assert [(one["name"], one["login"]) for one in json.loads(get(wall, "page.json"))["p2"]] == \
            [("p2", False), ("closed", True)]
        opened(browser, wall)
        lay(browser, PICTURE, "PNG")
        sheet(browser, "sheet.laid.put({ x: 50, y: 40 }); sheet.redo()")
        laid_says(browser, "1,200 differ")
        browser.press("#sheet .go")
        laid_says(browser, "all of it is on the wall")
        for x, y in ((0, 0), (39, 29), (17, 3)):
            wall.painted(30 + x, 25 + y, tuple(c & 0xf8 | c >> 5 for c in PICTURE.getpixel((x, y))))
        same_picture(browser, wall)
        browser.goto("about:blank")
    browser.errors.clear()


def test_p2_asks_for_a_name_and_a_one_time_password(tmp_path, browser):
    """Where users have them: what is missing or wrong is told in words, and what is right paints."""
    (tmp_path / "users").write_text("ann = static:1234\nänni = totp:%s\n" % SECRET)
    p2 = "[plugin p2]\nlisten =\nwebsocket = 127.0.0.1:0\nusers = %s/users\n" % tmp_path
    with Wall(tmp_path, sections(tmp_path, websocket="no") + p2, size=SIZE) as wall:
        opened(browser, wall)
        lay(browser, PICTURE, "PNG")
        # the board needs none, and comes first
        assert sheet(browser, "return sheet.ways.map(([, text]) => text)") == ["board, 1 a second", "p², with a login"]
        visible = "[...document.querySelectorAll('#sheet input[type=text]')].filter(e => e.checkVisibility()).length"
        assert browser.eval(visible) == 0
        browser.eval("(e => { e.value = 1; e.dispatchEvent(new Event('change')); })([...document.querySelectorAll('#sheet select')].at(-1))")
        assert browser.eval(visible) == 2
        assert browser.ask("axe") == []
        sheet(browser, "sheet.laid.put({ x: 50, y: 40 }); sheet.redo()")
        wait_for("it to be there", lambda: sheet(browser, "return !sheet.asked"))

        def log_in(name, code):
            for field, text in ("name", name), ("code", code):
                sheet(browser, "sheet.%s.value = ''; sheet.%s.focus()" % (field, field))
                browser.ask("keys", text=text)
            sheet(browser, "sheet.tell('')")
            browser.ask("press", key="Enter")
        for name, code in ("", ""), ("ann", ""), ("ann", "12a4"), ("", "1234"):
            log_in(name, code)
            laid_says(browser, "is missing, or your one-time password")
        before = canvas_png(wall)
        for name, code in ("ann", "1235"), ("bob", "1234"):
            log_in(name, code)
            laid_says(browser, "Name or one-time password is wrong")
            assert browser.text("#sheet .go") == "Paint it"
        assert canvas_png(wall) == before
        log_in("ann", "1234")
        laid_says(browser, "all of it is on the wall")
        for x, y in ((0, 0), (39, 29), (17, 3)):
            wall.painted(30 + x, 25 + y, tuple(c & 0xf8 | c >> 5 for c in PICTURE.getpixel((x, y))))
        # a code that works once
        flut(wall, [(35, 30, 1, 2, 3)])
        same_picture(browser, wall)
        code = totp(SECRET)
        log_in("änni", code)
        laid_says(browser, "all of it is on the wall")
        wall.painted(35, 30, tuple(c & 0xf8 | c >> 5 for c in PICTURE.getpixel((5, 5))))
        log_in("änni", code)
        laid_says(browser, "take the next one")
        assert browser.eval("document.activeElement.value") == code
        # a second screen has no use for an address that is no command
        browser.goto(url(wall, "?kiosk"))
        browser.wait_text("#kiosk code", "| nc ")
        browser.goto("about:blank")
    browser.errors.clear()


def test_a_login_that_is_refused_late_is_told(wall, browser):
    """By a wall that takes longer than the page waits for that; and what did not open is closed."""
    opened(browser, wall)
    assert browser.eval("""(async () => {
        const [{ P2 }, { Job }] = await Promise.all(['ways', 'job'].map(name => import(`/static/picture-${name}.js`)));
        const own = WebSocket, sockets = [];
        window.WebSocket = class {
            static OPEN = 1;
            constructor() { Object.assign(this, { readyState: 1, bufferedAmount: 0 }); sockets.push(this); setTimeout(() => this.onopen()); }
            send() {}
            close() { this.is_closed = true; }
        };
        const way = new P2({ port: 1, left: 0, top: 0, width: 9, height: 9, origin: 'top-left', rate: 0, burst: 1, login: true });
        await way.open();
        Object.assign(way.socket, { readyState: 3 }).onclose({ code: 1008 });
        const said = await way.send([[0, 0, 0]]).catch(error => error.message);
        const opens = way.open();
        while (!way.socket.onmessage)
            await new Promise(done => setTimeout(done));
        way.socket.onmessage({ data: new Blob(["a pixel"]) });
        await opens;
        Object.assign(way.socket, { readyState: 3 }).onclose({ code: 1008 });
        const later = await way.send([[0, 0, 0]]).catch(error => error.message);
        way.authenticate = () => { throw new Error('no'); };
        const not_open = await new Job(way, {}, () => {}).run().catch(error => error.message);
        window.WebSocket = own;
        return [said, later, not_open, sockets.at(-1).is_closed];
    })()""") == ["login", "lost", "no", True]  # "lost": beyond what a source may send


def test_a_picture_is_chosen_in_the_dialog_and_pasted(wall, browser):
    for way in (lambda png: browser.choose_in_dialog("#drop", "a.png", png), browser.paste):
        opened(browser, wall)
        way(encode(PICTURE))
        laid_says(browser, "differ")
        assert (laid(browser, "columns"), laid(browser, "rows")) == (40, 30)
        assert sheet(browser, "return [...sheet.source.getContext('2d').getImageData(17, 3, 1, 1).data]") \
            == [*PICTURE.getpixel((17, 3)), 255]
    # the same file again, and one that is none
    for name, data, said in ("a.png", encode(PICTURE), "differ"), ("a.png", b"no picture at all", "no picture"):
        browser.press("#sheet .bar button:last-child")
        browser.choose_in_dialog("#drop", name, data)
        laid_says(browser, said)
    assert browser.errors == []


def test_it_lies_over_the_wall_and_moves(wall, tmp_path):
    """By a mouse, two fingers, a tap and keys; a tap paints nothing meanwhile."""
    with Browser(tmp_path, width=390, height=844, isMobile=True, hasTouch=True, deviceScaleFactor=2) as phone:
        opened(phone, wall)
        before = canvas_png(wall)
        lay(phone, PICTURE)
        where = lambda: [laid(phone, name) for name in ("column", "row", "columns")]
        assert where() == [60, 33, 40]
        assert small_targets(phone) == []
        # Safari on a telephone makes the page larger when one is chosen that has smaller letters, and leaves it so
        assert phone.eval("[...document.querySelectorAll('#sheet input, #sheet select')]"
                          ".filter(e => parseFloat(getComputedStyle(e).fontSize) < 16).map(e => e.outerHTML)") == []
        phone.ask("tap", **place_of(phone, 57, 40))
        wait_for("it to come", lambda: where() == [37, 25, 40])
        phone.eval("document.querySelector('.laid').focus()")
        for key in ("ArrowLeft", "Shift+ArrowDown", "[", "Shift+]"):
            phone.ask("press", key=key)
        assert where() == [32, 32, 49]
        z = phone.page("{ view }", "view.z")
        at = place_of(phone, 60, 45)
        phone.ask("swipe", **{"from": [at["x"], at["y"]], "to": [at["x"] + 10 * z, at["y"] - 5 * z]})
        wait_for("it to be moved", lambda: where() == [42, 27, 49])
        # two fingers: twice as far apart, and to the left
        at = place_of(phone, 60, 40)
        phone.ask("pinch", fingers=[[[at["x"] - 5 * z, at["y"]], [at["x"] - 20 * z, at["y"]]],
                                    [[at["x"] + 5 * z, at["y"]], [at["x"], at["y"]]]])
        wait_for("it to be twice as large", lambda: where()[2] == 98)
        assert abs(sheet(phone, "return sheet.laid.middle().x") - 56.5) <= 1
        sheet(phone, "sheet.laid.scale(49); sheet.laid.put({ x: 66.5, y: 45.5 }); sheet.redo()")
        assert where() == [42, 27, 49]
        corner = phone.eval("(b => [b.x + 22, b.y + 22])(document.querySelector('.grip').getBoundingClientRect())")
        phone.ask("swipe", **{"from": corner, "to": [corner[0] - 9 * z, corner[1]]})
        wait_for("it to be scaled", lambda: where() == [42, 27, 40])
        assert phone.eval("document.documentElement.scrollWidth") <= 390
        assert canvas_png(wall) == before
        phone.eval("history.back()")
        wait_for("the end of it", lambda: phone.eval("document.body.className") == "overview")
        assert phone.errors == []


def test_a_picture_is_painted_on_the_board(tmp_path, browser):
    """Where there is no Pixelflut for browsers: a cell a turn in the palette's colours, with a pause."""
    with Wall(tmp_path, sections(tmp_path, "pixel-rate = 20ms", "no"), size=SIZE) as wall:
        assert json.loads(get(wall, "page.json"))["pixelflut"] == []
        opened(browser, wall)
        lay(browser, gradient(640, 480))
        assert (laid(browser, "columns"), laid(browser, "rows"), laid(browser, "grid")["cell"]) == (5, 4, 8)
        assert sheet(browser, "return sheet.ways.map(([, text]) => text)") == ["board, 50 a second"]
        goal = sheet(browser, "return [...sheet.cells.index]")
        assert len(set(goal)) > 3
        sheet(browser, "sheet.laid.put({ x: 20, y: 16 }); sheet.redo()")
        laid_says(browser, "20 differ")
        browser.press("#sheet .go")
        wait_for("some of it", lambda: sheet(browser, "return sheet.job?.done ?? 20") > 2)
        sheet(browser, "if (sheet.job && !sheet.job.is_paused) sheet.press()")
        if sheet(browser, "return Boolean(sheet.job)"):  # else it was fast
            laid_says(browser, "Paused")
            browser.press("#sheet .go")
        laid_says(browser, "all of it is on the wall")
        palette = json.loads(get(wall, "page.json"))["palette"]
        for i, index in enumerate(goal):
            wall.painted(i % 5 * 8 + 3, i // 5 * 8 + 3, tuple(bytes.fromhex(palette[index][1:])))
        browser.goto("about:blank")
    browser.errors.clear()


def test_all_below_the_picture_is_followed(tmp_path, browser):
    """Also what the window does not show."""
    with Wall(tmp_path, sections(tmp_path), size="64x2400") as wall:
        opened(browser, wall)
        lay(browser, gradient(20, 400))
        browser.page("{ view }", "view.look(32, 1200, 24)")
        sheet(browser, "sheet.laid.scale(60)")
        assert browser.page("{ live }", "live.rows") == [600, 1800]
        browser.goto("about:blank")


def test_without_pixelflut_where_the_page_may_not_reach_it(tmp_path, browser):
    """By an IPv6 address, which the page's policy cannot name."""
    with Wall(tmp_path, sections(tmp_path, "pixel-rate = 20ms").replace("127.0.0.1", "[::]"), size=SIZE) as wall:
        browser.goto("http://[::1]:%d/" % wall.port("http"))
        same_picture(browser, wall)
        lay(browser, PICTURE)
        assert sheet(browser, "return sheet.ways.map(([, text]) => text)") == ["board, 50 a second"]
        browser.goto("about:blank")


def test_the_wall_goes_away_meanwhile(wall, browser):
    opened(browser, wall)
    lay(browser, PICTURE)
    sheet(browser, "sheet.way.address = 'ws://127.0.0.1:1/'")
    browser.press("#sheet .go")
    laid_says(browser, "does not answer")
    assert browser.text("#sheet .go") == "Paint it"
    browser.errors.clear()  # the browser's own word for it


@pytest.mark.skipif(not os.environ.get("MURALD_LONG"), reason="half a minute: MURALD_LONG=1 make check")
def test_a_wall_that_slows_its_sources_down(tmp_path, browser):
    """It answers late, again and again."""
    with Wall(tmp_path, sections(tmp_path), size=SIZE, core="pixels-per-source = 400") as wall:
        opened(browser, wall)
        lay(browser, gradient(120, 90))
        sheet(browser, "sheet.laid.scale(120)")
        laid_says(browser, "10,800 differ")
        browser.press("#sheet .go")
        said = lambda: browser.text("#sheet p")
        wait_for("the end", lambda: "on the wall" in said() or "answer" in said(), 300)
        assert "all of it is on the wall" in said()
        browser.goto("about:blank")


def test_each_word_is_there_in_each_language(wall, browser):
    opened(browser, wall, "?lang=de")
    drop(browser, huge_png())
    laid_says(browser, "höchstens 64 Millionen")
    browser.eval("localStorage.removeItem('murald-language')")
    with open(os.path.join(SOURCE, "plugins/http/page/picture-words.js"), encoding="utf-8") as file:
        english, german = file.read().split("\n\tde: {")
    fields = lambda text: {key: sorted(re.findall(r"\{\w+\}", words)) for key, words in re.findall(r"^\t\t(\w+): \"(.*)\",$", text, re.M)}
    assert fields(english) == fields(german)
