# SPDX-License-Identifier: MIT
"""The web page in a real browser: it shows the wall as it is, and a tap paints."""
import base64
import contextlib
import functools
import http.server
import io
import json
import os
import random
import re
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
import zlib

import pytest
from PIL import Image

import hud
from boardclient import Board, board_wall
from browser import Browser
from control import Operator, control
from relay import Relay
from wall import DOTS, SOURCE, Wall, wait_for
from webpage import (at_rest, canvas_png, flut, get, http_section, lay, place_of, recorded, same_picture, seen_on,
                     small_targets, url)

SIZE = "160x96"


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    core = "[record]\nfile = %s/record\ninterval = 100ms\n" % folder + control(folder)
    with Wall(folder, http_section(folder, "pixel-rate = 1500ms") + DOTS, size=SIZE,
              core=core) as wall:
        flut(wall, [(x, y, x, y * 2, x ^ y) for y in range(96) for x in range(160)])
        yield wall


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@contextlib.contextmanager
def served(folder):
    """A web server of somebody else's for the files of a folder; its URL."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield "http://127.0.0.1:%d/" % server.server_port
        finally:
            server.shutdown()
            thread.join()


def ready(browser):
    wait_for("the turn to paint", lambda: not browser.page("{ strip }", "strip.is_waiting()"))


def test_the_page_shows_the_wall_while_others_paint(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    flut(wall, [(x, 50, 255, x, 0) for x in range(160)])
    wall.tcp("dots").sendall(bytes([7, 0, 9, 0, 1, 2, 3, 255]))
    wall.painted(7, 9, (1, 2, 3))
    same_picture(browser, wall)
    assert browser.errors == []


def test_a_click_paints_and_the_cooldown_is_shown(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    palette = json.loads(get(wall, "page.json"))["palette"]
    browser.eval("document.querySelectorAll('#palette input')[9].click()")
    assert browser.text("#go") == "Choose a place"
    browser.ask("click", **place_of(browser, 83, 43))
    browser.wait_text("#told", "Painted")
    colour = tuple(bytes.fromhex(palette[9][1:]))
    wall.painted(80, 40, colour)
    wall.painted(87, 47, colour)
    browser.wait_text("#author", "visitor-")
    browser.wait_text("#position", "83, 43 %s" % palette[9])
    browser.wait_text("#told", "may paint again")
    assert browser.text("#go") == "Paint blue here"
    assert browser.eval("document.title").startswith("Paint! ")
    browser.ask("click", **place_of(browser, 3, 3))
    browser.wait_text("#told", "Painted")
    browser.eval("import('/static/main.js').then(({ strip }) => strip.cooldown.begin(0))")
    browser.ask("click", **place_of(browser, 3, 3))
    browser.wait_text("#told", "Too fast")
    browser.errors.clear()  # the browser's own word for that answer
    ready(browser)
    same_picture(browser, wall)


def test_the_keyboard_is_enough(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    browser.eval("document.getElementById('viewport').focus()")
    for key in ("0", "ArrowLeft", "ArrowUp", "+", "+", "-"):
        browser.ask("press", key=key)
        at_rest(browser)
    browser.wait_text("#position", "72, 40 ")
    browser.wait_text("#say", "72, 40: ")
    browser.ask("press", key="4")
    ready(browser)
    browser.ask("press", key="Enter")
    browser.wait_text("#told", "Painted at 72, 40")
    wall.painted(72, 40, (0, 0, 0))
    browser.ask("press", key="]")
    assert browser.page("{ strip }", "strip.colour") == "#9c6926"
    for key in ("e", "g"):
        browser.ask("press", key=key)
    assert browser.page("{ strip }", "strip.colour") == "#000000"
    assert browser.eval("document.querySelector('.grid').hidden") is False
    for key in ("g", "Escape"):
        browser.ask("press", key=key)
    at_rest(browser)
    assert browser.page("{ view, marks }", "view.fitted && !marks.at")
    ready(browser)
    same_picture(browser, wall)


def test_zoom_and_pan_keep_the_point_in_place(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    scale = "{ view }", "view.z"
    before, fit = place_of(browser, 20, 30), browser.page(*scale)
    browser.ask("wheel", **before, by=-400)
    assert browser.page(*scale) == fit  # the page scrolls, until the wall is clicked
    browser.page("{ view }", "{ view.awake = true; }")
    browser.ask("wheel", **before, by=-400)
    at_rest(browser)
    after = place_of(browser, 20, 30)
    assert abs(before["x"] - after["x"]) < 2 and abs(before["y"] - after["y"]) < 2
    browser.ask("drag", **{"from": [before["x"], before["y"]],
                           "to": [before["x"] + 50, before["y"] + 20]})
    at_rest(browser)
    moved = place_of(browser, 20, 30)
    assert moved["x"] - after["x"] > 40 and moved["y"] - after["y"] > 15
    assert browser.page(*scale) > fit * 1.2
    # the wall does not leave the window
    for far in -9000, 9000:
        browser.page("{ view }", "view.pan({ x: %d, y: %d })" % (far, far))
        near = browser.page("{ view }", "[view.left / view.width, view.top / view.height,"
                            " (view.left + 160 * view.z) / view.width, (view.top + 96 * view.z) / view.height]")
        assert max(near[:2]) < 0.5 and min(near[2:]) > 0.5, near
    assert browser.text("#told") == ""


def test_a_trackpads_pinch_in_safari(wall, browser):
    """It sends how large the page would be since the pinch began."""
    browser.goto(url(wall))
    same_picture(browser, wall)
    before, fit = place_of(browser, 20, 30), browser.page("{ view }", "view.z")
    for name, scale in ("gesturestart", 1), ("gesturechange", 1.5), ("gesturechange", 3), ("gestureend", 3):
        assert browser.eval("document.getElementById('viewport').dispatchEvent(Object.assign(new Event('%s',"
                            "{ cancelable: true }), { scale: %f, clientX: %f, clientY: %f }))"
                            % (name, scale, before["x"], before["y"])) == (name == "gestureend")
    at_rest(browser)
    after = place_of(browser, 20, 30)
    assert abs(browser.page("{ view }", "view.z") / fit - 3) < 0.01
    assert abs(before["x"] - after["x"]) < 2 and abs(before["y"] - after["y"]) < 2


@contextlib.contextmanager
def flooded(wall):
    """A thread paints the same 160x96 pixels again and again."""
    over = threading.Event()
    pictures = [b"".join(b"PX %d %d %02x%02x%02x\n" % (x, y, n * 40, x, (x * y * n) & 255)
                         for y in range(96) for x in range(160)) for n in range(5)]

    def flood():
        with wall.tcp("pixelflut") as client:
            while not over.wait(0.02):  # its pace
                client.sendall(pictures[0])
                pictures.append(pictures.pop(0))
    painter = threading.Thread(target=flood)
    painter.start()
    try:
        yield
    finally:
        over.set()
        painter.join()


def test_it_is_exact_again_while_others_paint(tmp_path, browser):
    """A move ends although the picture changes all the time; and what is drawn in slices is what is drawn at once."""
    canvas = "crypto.subtle.digest('SHA-1', render.context.getImageData(0, 0, render.canvas.width, render.canvas.height).data)" \
        ".then(sum => [...new Uint8Array(sum)].join())"
    with Wall(tmp_path, http_section(tmp_path), size="1000x300") as wall:
        browser.goto(url(wall))
        same_picture(browser, wall)
        with flooded(wall):
            browser.page("{ view }", "view.changed(true)")
            wait_for("rest", lambda: browser.page("{ view }", "!view.moving"))
        same_picture(browser, wall)
        at_rest(browser)
        assert browser.page("{ render }", "render.dirty.length") == 0
        slices = browser.page("{ render }", canvas)
        browser.page("{ view }", "view.redraw()")
        at_rest(browser)
        assert browser.page("{ render }", canvas) == slices
        # where all of it changes before all of it was pooled, its last rows have their turn
        last = browser.page("{ render }", "(() => { const all = { left: 0, top: 0, right: 1000, bottom: 300 }; let last = 0;"
                            "for (let n = 0; n < 100; n++) { render.changed(all); last = Math.max(last, render.next_piece().bottom); }"
                            "render.changed(all); return last; })()")
        assert last == 300
        browser.goto("about:blank")
    browser.errors.clear()


def test_the_address_has_the_place(wall, browser):
    browser.goto(url(wall) + "#20,30,12")
    wait_for("what is seen", lambda: browser.page("{ live }", "live.is_sharp"))
    middle = "{ view }", "[Math.round(view.middle().x), Math.round(view.middle().y), view.z]"
    wait_for("the place", lambda: browser.page(*middle)[2] == 12)
    browser.eval("void (location.hash = '#90,50,16')")
    wait_for("the other", lambda: browser.page(*middle) == [90, 50, 16])
    browser.page("{ view }", "view.step(true)")
    at_rest(browser)
    wait_for("the address", lambda: browser.eval("location.hash") == "#90,50,24")
    browser.page("{ view }", "view.fit()")
    wait_for("no place", lambda: browser.eval("location.hash") == "")
    for nonsense in ("#1,2", "#-1,2,3", "#1,2,0", "#99999,99999,999", "#a,b,c", "#1,2,3,4"):
        browser.eval("void (location.hash = %r)" % nonsense)
        browser.page("{ view }", "Number.isFinite(view.left + view.top + view.z)")
    browser.page("{ view }", "view.fit()")
    assert browser.errors == []


def test_a_place_is_shared_and_the_wall_fills_the_screen(wall, browser):
    browser.goto(url(wall) + "#20,30,12")
    same_picture(browser, wall)
    browser.press("#share")
    browser.wait_text("#told", "Link copied.")
    assert browser.ask("clipboard") == url(wall) + "#20,30,12"
    browser.press("#full")
    wait_for("full screen", lambda: browser.eval("document.fullscreenElement === document.documentElement"))
    assert browser.eval("[...document.querySelectorAll('header, #more')].some(e => e.checkVisibility())") is False
    at_rest(browser)
    assert browser.eval("['viewport', 'paint'].every(id => document.getElementById(id).offsetWidth > innerWidth - 30)")
    assert browser.eval("document.getElementById('viewport').getBoundingClientRect().top") == 0
    browser.eval("document.getElementById('viewport').focus()")
    browser.ask("press", key="f")
    wait_for("the window", lambda: browser.eval("document.fullscreenElement === null"))
    assert browser.errors == []


def test_tabs_wait_together(wall, browser):
    """Who painted in one waits in the other, too."""
    browser.goto(url(wall))
    same_picture(browser, wall)
    ready(browser)
    browser.eval("new Promise(done => { const other = Object.assign(document.createElement('iframe'), { src: '/', onload: done });"
                 "document.body.append(other); })")
    browser.ask("eval", frame=1, code="import('/static/main.js').then(({ strip }) => strip.wait(600000))")
    browser.wait_text("#go", "Again in ")
    assert browser.eval("document.title").startswith("(")
    browser.eval("localStorage.clear()")


def test_without_scripts_there_is_the_picture(wall, browser):
    browser.ask("open", viewport={"width": 1280, "height": 800}, javaScriptEnabled=False)
    browser.goto(url(wall))
    wait_for("the wall", lambda: browser.eval("document.querySelector('noscript img').naturalWidth") == 160)
    assert "Reload this page" in browser.text("noscript p")
    browser.ask("open", viewport={"width": 1280, "height": 800})


def test_each_plugin_has_a_command_that_paints_the_pixel_that_was_tapped(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    browser.ask("click", **place_of(browser, 120, 70))
    browser.wait_text("#ways-where", "120, 70")
    commands = browser.eval("[...document.querySelectorAll('.card')].map(card =>"
                            " [card.querySelector('h3').textContent,"
                            "  ...[...card.querySelectorAll('code')].map(c => c.textContent)])")
    ways = {name: texts for name, *texts in commands}
    assert set(ways) == {"http", "pixelflut", "dots"}
    assert len(ways["http"]) == 2
    for name in ("pixelflut", "dots"):
        wanted = tuple(bytes.fromhex(re.search(r"#(\w+)", palette_colour(wall)).group(1)))
        flut(wall, [(120, 70, 0, 0, 1)])
        subprocess.run(["bash", "-c", ways[name][0]], check=True, timeout=30)
        wall.painted(120, 70, wanted)


def palette_colour(wall):
    return json.loads(get(wall, "page.json"))["palette"][-1]


def test_the_page_asks_for_a_system(wall, browser):
    browser.goto(url(wall))
    browser.wait_text("#cards", "| nc -w1")
    browser.eval("(e => { e.value = 'windows'; e.dispatchEvent(new Event('change')) })"
                 "(document.getElementById('ways-system'))")
    browser.wait_text("#cards", "Net.Sockets.TcpClient", 20)


def test_the_rates_move(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    client = wall.tcp("pixelflut")

    def moves():
        client.sendall(b"".join(b"PX %d 90 000001\n" % x for x in range(100)))
        return re.search(r"pixelflut [1-9]", browser.text("#legend"))
    wait_for("pixels a second", moves)
    assert browser.text("#viewers") == "1 watching"
    # by powers of ten, those first that paint most
    assert browser.text("#legend").startswith("pixelflut")
    heights = browser.eval("import('/static/main.js').then(({ graph }) => [1, 10, 1000].map(rate => graph.height_of(rate, 3)))")
    assert [round(height, 3) for height in heights] == [0, 0.333, 1]
    used = browser.eval("(() => { const g = document.getElementById('graph');"
                        "return g.getContext('2d').getImageData(0, 0, g.width, g.height)"
                        ".data.some(v => v > 0); })()")
    assert used


def test_the_operators_notice(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    with Operator(wall) as operator:
        operator.done("notice", text="At 23:00 <b>we</b> photograph the wall")
        browser.wait_text("#notice", "At 23:00 <b>we</b> photograph the wall")
        operator.done("freeze")
        browser.wait_text("#notice", "Paused")
        assert browser.ask("axe") == []
        operator.done("notice", text="Soon", for_="1h")
        operator.done("thaw")
        wait_for("the other", lambda: re.fullmatch(r"Soon \(notice shown until \d\d:\d\d\)", browser.text("#notice")))
        operator.done("notice")
        wait_for("none", lambda: browser.eval("document.getElementById('notice').clientHeight") == 0)


# ---- each pixel is seen

WHITE = 40


def lone_pixels(width, height):
    """Places, none near another."""
    return [((2 * i % WHITE * 2 + 1) * width // (2 * WHITE) - 1 - i % 3, (2 * (i * 7 % WHITE) + 1) * height // (2 * WHITE) + i % 2)
            for i in range(WHITE)]


SCREENS = [(390, 844, 3), (844, 390, 2), (820, 1180, 1), (1440, 900, 1)]
if os.environ.get("MURALD_LONG"):
    SCREENS += [(390, 844, 2), (820, 1180, 2), (1440, 900, 2), (320, 640, 2)]


@pytest.mark.parametrize("size", ["1280x720", "1920x1080", "3840x2160"])
def test_no_lone_pixel_is_lost(tmp_path, browser, size):
    width, height = map(int, size.split("x"))
    if width > 1280 and not os.environ.get("MURALD_LONG"):
        pytest.skip("larger walls: MURALD_LONG=1")
    places = lone_pixels(width, height)
    assert len(set(places)) == WHITE
    with Wall(tmp_path, http_section(tmp_path), size=size) as wall:
        flut(wall, [(x, y, 255, 255, 255) for x, y in places])
        for across, down, scale in SCREENS:
            browser.ask("open", viewport={"width": across, "height": down}, deviceScaleFactor=scale)
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
    browser.ask("open", viewport={"width": 1280, "height": 800})
    browser.errors.clear()  # of the wall that ended


def test_the_history_slider(wall, browser):
    wait_for("something recorded",
             lambda: json.loads(get(wall, "history"))["moments"] > 0)
    browser.goto(url(wall))
    wait_for("the slider",
             lambda: not browser.eval("document.getElementById('look-back').hidden"))
    browser.eval("(() => { const m = document.getElementById('moment'); m.value = 0;"
                 "m.dispatchEvent(new Event('input')); })()")
    wait_for("the picture", lambda: browser.eval(
        "document.getElementById('past-picture').naturalWidth") == 160)
    browser.eval("document.getElementById('board-timelapse').click()")
    wait_for("the board's film", lambda: browser.eval(
        "(p => !p.src.includes('source=wall') && p.complete && p.naturalWidth)"
        "(document.getElementById('past-picture'))") == 20)


def film(browser, code):
    return browser.eval("(async film => { %s })(document.getElementById('film')?.film)" % code)


def test_the_film(wall, browser, tmp_path):
    """Nothing of it is loaded before it is opened; then it plays, jumps, cuts, and is saved."""
    colours = [(250, 10, 20), (10, 240, 30), (20, 30, 230)]
    for colour in colours:
        flut(wall, [(x, y, *colour) for x in range(20) for y in range(20)])
        wait_for("a record", lambda: recorded(wall, 19, 19) == colour)
        time.sleep(2)  # a long film leaves out moments that lie closer together
    browser.goto(url(wall))
    wait_for("the button", lambda: not browser.eval("document.getElementById('wall-timelapse').hidden"))
    assert not browser.eval("performance.getEntriesByType('resource').some(e => e.name.includes('film'))")
    browser.press("#wall-timelapse")
    wait_for("the film to play to its end", lambda: film(
        browser, "return film?.reel && !film.playing && film.reel.shown === film.reel.moments.length - 1"), 60)
    # each moment, in any order, is what the wall was
    n = film(browser, "return film.reel.moments.length")
    at = [film(browser, "await film.go(film.reel.moments[%d].time);"
               "return [...film.reel.image.data.slice(0, 3)]" % index) for index in range(n)]
    assert [shown for index, shown in enumerate(at) if tuple(shown) in colours
            and (index == 0 or at[index - 1] != shown)][-3:] == [list(colour) for colour in colours]
    for index in (0, n - 1, n // 2):
        assert film(browser, "await film.go(film.reel.moments[%d].time);"
                    "return [...film.reel.image.data.slice(0, 3)]" % index) == at[index]
    # arrow keys go by one
    film(browser, "await film.go(film.reel.moments[0].time); film.slider.focus()")
    browser.eval("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }))")
    wait_for("the next moment", lambda: film(browser, "return film.reel.shown") == 1)
    # a part, and the last hour
    browser.page("{ view }", "view.look(30, 30, 16)")
    assert film(browser, "film.cut('screen'); return film.box.width < film.reel.width")
    film(browser, "film.cut('whole')")
    film(browser, "return film.load(true)")
    assert film(browser, "return film.reel.shown") == 0
    # where much changed there are high bars, and a GIF is of the part that is shown
    heights = film(browser, "return film.reel.activity(20)")
    assert len(heights) == 20 and max(heights) == 1 and min(heights) == 0
    assert film(browser, "const { width, height } = film.bars, picture = film.bars.getContext('2d')"
                ".getImageData(0, 0, width, height).data; return picture.some(n => n > 0)")
    part = film(browser, "film.cut('screen'); return film.gif.href")
    gif = Image.open(io.BytesIO(get(wall, part.removeprefix(url(wall)))))
    assert gif.size == tuple(film(browser, "return [film.box.width, film.box.height]"))
    film(browser, "film.cut('whole')")
    # from its beginning to its end, into a file
    film(browser, "await film.record_video(); film.kept = film.recorder")
    wait_for("the video", lambda: film(browser, "return !film.recorder && film.kept.saved || 0") > 1000, 60)
    assert film(browser, "return film.reel.shown === film.reel.moments.length - 1")
    video = base64.b64decode(film(browser, "const bytes = new Uint8Array(await film.kept.blob.arrayBuffer());"
                                  "return btoa(Array.from(bytes, n => String.fromCharCode(n)).join(''))"))
    if video.startswith(b"\x1a\x45\xdf\xa3") and shutil.which("ffprobe"):
        (tmp_path / "wall.webm").write_bytes(video)
        said = json.loads(subprocess.run(["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json",
                                          str(tmp_path / "wall.webm")], check=True, capture_output=True).stdout)
        assert abs(float(said["format"]["duration"]) - film(browser, "return film.kept.lasted") / 1000) < 0.01
        assert said["streams"][0]["codec_type"] == "video"
    assert browser.ask("axe") == []
    assert film(browser, "return film.gif.href").startswith(url(wall) + "timelapse?source=wall&from=")


def test_a_place_viewer_in_a_browser(wall, browser):
    """As the pages of Place: IPv6 do: each message an image, drawn over the others."""
    flut(wall, [(x, 0, 7, 8, 9) for x in range(50)])
    browser.goto(url(wall, "api/"))
    browser.eval("""(() => {
        const socket = window.place = new WebSocket(`ws://${location.host}/ws`), canvas = document.createElement("canvas");
        socket.drawing = Promise.resolve();
        socket.pixel = (x, y) => [...canvas.getContext("2d").getImageData(x, y, 1, 1).data.slice(0, 3)].join();
        socket.onmessage = ({ data }) => {
            if (typeof data === "string")
                return;
            socket.drawing = socket.drawing.then(() => createImageBitmap(data)).then(picture => {
                if (!socket.n++)
                    Object.assign(canvas, { width: picture.width, height: picture.height });
                canvas.getContext("2d").drawImage(picture, 0, 0);
            });
        };
        socket.n = 0;
    })()""")
    wait_for("the picture", lambda: browser.eval("place.n > 0 && place.pixel(49, 0)") == "7,8,9")
    flut(wall, [(x, 1, 1, 2, 3) for x in range(50)])
    wait_for("what changed", lambda: browser.eval("place.pixel(49, 1)") == "1,2,3")
    assert browser.eval("place.pixel(49, 0)") == "7,8,9"
    assert browser.eval("place.extensions").startswith("permessage-deflate")
    browser.eval("place.close()")


def reloaded(browser):
    """By itself, because the wall is another one; while it is at that, nothing can be asked."""
    try:
        return browser.eval("performance.getEntriesByType('navigation')[0].type") == "reload"
    except AssertionError:
        return False


def test_the_page_survives_a_dead_server(tmp_path, browser):
    wall = Wall(tmp_path, http_section(tmp_path), size="64x48")
    wall.start()
    wall.wait_ready()
    port = wall.port("http")
    browser.goto(url(wall))
    same_picture(browser, wall)
    wall.stop()
    browser.wait_text("#connection", "connection lost")
    browser.wait_text("#cover", "What you see is from")
    again = Wall(tmp_path, http_section(tmp_path).replace("127.0.0.1:0", "127.0.0.1:%d" % port, 1),
                 size="80x50")
    os.unlink(again.snapshot)
    with again:
        flut(again, [(79, 49, 9, 8, 7)])
        wait_for("the page of the other wall", lambda: reloaded(browser))
        browser.wait_text("#connection", "live", 25)
        same_picture(browser, again)
    browser.errors.clear()  # from the failed connections


def test_the_truth_about_the_line(wall, browser):
    """Silence is no connection, and what comes late is old; both end by themselves."""
    with Relay(wall.port("http")) as relay:
        browser.goto("http://127.0.0.1:%d/" % relay.port)
        same_picture(browser, wall)
        browser.wait_text("#connection", "live · ")
        relay.delay = 4
        browser.wait_text("#connection", "picture is", 40)
        assert browser.eval("document.getElementById('cover').hidden")
        relay.delay = 0
        browser.wait_text("#connection", "live · ", 40)
        relay.delay = None
        browser.wait_text("#connection", "connection lost", 40)
        browser.wait_text("#cover", "No connection for")
        browser.ask("click", **place_of(browser, 140, 90))
        browser.wait_text("#told", "cannot be reached")
        assert browser.ask("axe") == []
        relay.delay = 0
        browser.wait_text("#connection", "live · ", 40)
        assert browser.eval("document.getElementById('cover').hidden")
        flut(wall, [(x, 11, 9, x, 9) for x in range(160)])
        same_picture(browser, wall)
        browser.goto("about:blank")
    browser.errors.clear()


def test_without_click_there_is_nothing_to_tap(tmp_path, browser):
    with Wall(tmp_path, http_section(tmp_path, "click = no")) as wall:
        browser.goto(url(wall))
        same_picture(browser, wall)
        assert browser.eval("document.getElementById('paint').hidden")


def test_the_page_asks_for_a_secret(tmp_path, browser):
    secrets = tmp_path / "secrets"
    secrets.write_text("open sesame\n")
    with Wall(tmp_path, http_section(tmp_path, "secrets = %s" % secrets)) as wall:
        browser.goto(url(wall))
        same_picture(browser, wall)
        assert not browser.eval("document.getElementById('secret-label').hidden")
        browser.ask("click", **place_of(browser, 5, 5))
        browser.wait_text("#told", "Secret")
        browser.eval("(() => { const s = document.getElementById('secret');"
                     "s.value = 'open sesame'; s.dispatchEvent(new Event('change')); })()")
        browser.ask("click", **place_of(browser, 5, 5))
        browser.wait_text("#told", "Painted")
        browser.eval("localStorage.clear()")
    browser.errors.clear()


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


# What of these is not seen: outside the window, cut off, or below something else.
UNSEEN = """[...document.querySelectorAll(%s)].filter(e => e.checkVisibility()).filter(e => {
    const { left, right, top, bottom } = e.getBoundingClientRect(), x = (left + right) / 2;
    return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight || e.scrollWidth > e.clientWidth + 1 ||
        [top + 2, bottom - 2].some(y => !e.contains(document.elementFromPoint(x, y)));
}).map(e => e.outerHTML)"""


def unseen(browser, *selectors):
    return browser.eval(UNSEEN % json.dumps(", ".join(selectors)))


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width, height, size", [
    (1440, 900, 16), (1440, 900, 32), (820, 1180, 32), (844, 390, 16), (844, 390, 24), (390, 844, 16), (390, 844, 32),
    (320, 480, 16)])
def test_small_windows_and_large_letters(wall, browser, width, height, size, language):
    """Nothing is cut off or covered, whatever its title, and the page goes down only, not to the right."""
    browser.ask("open", viewport={"width": width, "height": height})
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
    browser.ask("open", viewport={"width": 1280, "height": 800})
    browser.goto(url(wall, "?lang=en"))


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


def test_what_an_operator_has_closed_is_not_said_to_be_painted(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    ready(browser)
    with Operator(wall) as operator:
        operator.done("protect", rect="16x16+80+40")
        browser.page("{ view }", "view.step(true)")
        at_rest(browser)
        browser.ask("click", **place_of(browser, 85, 45))
        at_rest(browser)
        browser.press("#go")
        browser.wait_text("#told", "the operator has closed this place")
        operator.done("unprotect", rect="16x16+80+40")
        ready(browser)
        operator.done("ban", net="127.0.0.1", really=True)
        browser.press("#go")
        browser.wait_text("#told", "your network may not paint")
        operator.done("unban", net="127.0.0.1")
    ready(browser)
    browser.press("#go")
    browser.wait_text("#told", "Painted at")
    ready(browser)


def test_german(wall, browser):
    browser.goto(url(wall, "?lang=de"))
    same_picture(browser, wall)
    assert browser.eval("document.documentElement.lang") == "de"
    assert browser.eval("document.title") == "murald: bemal diese Wand"
    browser.wait_text("#connection", "1 sieht zu")
    browser.wait_text("#cards", "Eine Zeile Text")
    assert browser.text("#go") == "Stelle wählen"
    assert browser.text("#language") == "English"
    assert browser.eval("document.querySelector('#palette input').getAttribute('aria-label')") == "Weiß"
    browser.goto(url(wall, "?lang=en"))
    browser.wait_text("#connection", "watching")


def test_who_paints_in_each_language(tmp_path, browser):
    """The page of /servers; the visitor's language, else the wall's."""
    with board_wall(tmp_path, "language = de\n", rate="0ms", core="[display]\ntitle = A & B\n") as wall, \
            Board(wall) as board:
        for n in range(2):
            token = board.register("visitor-%d" % n, "web page")
            for i in range(600):
                board.paint(token, 0, 0, i % 2)
        for path, lang, head, guests, nav in (
                ("servers", "de", "wer das Brett bemalt", "und 2 Gäste dieser Seite: 1.200 Pixel", "Die Wand"),
                ("servers?lang=en", "en", "who paints the board", "and 2 guests of this page: 1,200 pixels", "The wall"),
                ("servers", "en", "who paints the board", "and 2 guests of this page: 1,200 pixels", "The wall")):
            browser.goto(url(wall, path))
            browser.wait_text("main p", guests)
            assert browser.text("h1") == "A & B " + head and browser.text("nav a") == nav
            assert browser.eval("document.title") == head
            assert browser.eval("document.documentElement.lang") == lang
        assert browser.ask("axe") == []


def test_each_word_is_there_in_each_language(wall, browser):
    browser.goto(url(wall))
    words = browser.eval("Promise.all(['en', 'de'].map(name => import(`/static/words-${name}.js`)))"
                         ".then(all => all.map(each => each.words))")
    fields = lambda text: sorted(re.findall(r"\{\w+\}", str(text)))
    assert {key: fields(text) for key, text in words[0].items()} == {key: fields(text) for key, text in words[1].items()}
    assert browser.eval("import('/static/words.js').then(({ watching }) => [1, 2].map(watching))") == ["1 watching", "2 watching"]
    used = browser.eval("[...document.querySelectorAll('[data-t], [data-l]')].map(e => e.dataset.t || e.dataset.l)")
    folder = os.path.join(SOURCE, "plugins/http/page")
    for name in os.listdir(folder):
        if name.endswith(".js"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                used += re.findall(r"\bt\(\"(\w+)\"", file.read())
    assert [key for key in used if key not in words[0]] == []


def test_what_is_loaded_is_small(wall, browser):
    """On the wire: all that comes before the first picture, and then the rest of the page."""
    with Relay(wall.port("http")) as relay:
        browser.goto("http://127.0.0.1:%d/" % relay.port)
        same_picture(browser, wall)
        browser.wait_text("#cards", "| nc -w1")
        names = [path for path, _ in relay.sent]
        assert len(names) == len(set(names)) and names[0] == "/", names
        files = [(path, size) for path, size in relay.sent if path == "/" or path.startswith("/static/")]
        before = files[:[path for path, _ in files].index("/static/main.js")]
        browser.goto("about:blank")
    browser.errors.clear()
    assert names.index("/live?bands") < names.index("/static/main.js")
    assert {path for path, _ in before} <= {"/", "/static/core.js", "/static/icon.svg"}
    assert sum(size for _, size in before) <= 20000, before
    assert sum(size for _, size in files) <= 33000, files


def test_the_first_picture_on_a_slow_line(wall, browser):
    """Of 1 Mbit/s and 300 ms: two answers, the picture's connection beside the second, and few bytes."""
    with Relay(wall.port("http")) as relay:
        relay.rate, relay.latency = 125000, 0.3
        browser.goto("http://127.0.0.1:%d/" % relay.port)
        same_picture(browser, wall)
        wanted = [path for path, _ in relay.sent]
        until = wanted.index("/static/main.js")
        assert sorted(set(wanted[:until]) - {"/static/icon.svg", "/page.json"}) == ["/", "/live?bands", "/static/core.js"]
        print("first picture after %d ms" % browser.eval("performance.getEntriesByName('first picture')[0].startTime"))
        # four round trips with those that open the connections, and the rest of 1.5 s
        files = sum(size for path, size in relay.sent if path in ("/", "/static/core.js"))
        assert files + 14000 <= (1.5 - 4 * relay.latency) * relay.rate, files
        browser.goto("about:blank")
    browser.errors.clear()


def test_the_words_of_the_event(tmp_path, browser):
    """Title, rules and language are the config's; the title also after a reload."""
    more = "rules = Nothing \"rude\" & <b>no</b> adverts.\nlanguage = de"
    with Wall(tmp_path, http_section(tmp_path, more), size=SIZE,
              core="[display]\ntitle = Mural <Night> & Söhne\n[server]\npublic-url = http://wall.example/\n") as wall:
        first = get(wall, "")
        assert b'property="og:image" content="http://wall.example/canvas.png"' in first  # others fetch it
        for part in (b"<title>Mural &lt;Night&gt; &amp; S\xc3\xb6hne: paint", b'content="Mural &lt;Night&gt; &amp; S', b"{{"):
            assert (part in first) == (part != b"{{")
        browser.eval("localStorage.removeItem('murald-language')") if browser.eval("location.href") != "about:blank" else None
        browser.goto(url(wall))
        browser.wait_text("#connection", "1 sieht zu")
        assert browser.text("h1").startswith("Mural <Night> & Söhne")
        assert browser.text("#rules") .strip().endswith("Nothing \"rude\" & <b>no</b> adverts.")
        assert browser.text("#rules h2") == "Regeln"
        assert browser.ask("axe") == []
        wall.edit_config("Mural <Night>", "Mural Morning")
        wall.reload()
        assert b"<title>Mural Morning &amp; S" in get(wall, "")
        assert json.loads(get(wall, "page.json"))["title"] == "Mural Morning & Söhne"
        # what a phone calls it whose owner puts it on the home screen
        assert b'<link rel="manifest" href="/wall.webmanifest">' in get(wall, "")
        manifest = json.loads(get(wall, "wall.webmanifest"))
        assert manifest["name"] == manifest["short_name"] == "Mural Morning & Söhne"
        assert get(wall, manifest["icons"][0]["src"][1:])
        browser.goto("about:blank")
    browser.errors.clear()


def test_without_words_of_an_event(wall, browser):
    assert b"<title>murald: paint this wall</title>" in get(wall, "")
    with urllib.request.urlopen(url(wall, "wall.webmanifest")) as answer:
        assert answer.headers["Content-Type"] == "application/manifest+json"
        assert json.load(answer)["name"] == "murald: paint this wall"
    browser.goto(url(wall))
    browser.wait_text("#connection", "watching")
    assert browser.eval("document.getElementById('rules').hidden")


def test_people_get_a_page_where_there_is_nothing(wall, browser):
    browser.goto(url(wall, "nothing/here"))
    assert "Not on this wall" in browser.text("h1")
    wait_for("the wall", lambda: browser.eval("document.querySelector('img').naturalWidth") == 160)
    assert browser.ask("axe") == []
    assert browser.eval("document.querySelector('a').pathname") == "/"
    # a wall that is larger than the window does not go over its edge
    browser.ask("open", viewport={"width": 120, "height": 200})
    browser.goto(url(wall, "nothing/here"))
    wait_for("the wall", lambda: browser.eval("document.querySelector('img').naturalWidth") == 160)
    assert browser.eval("document.querySelector('img').getBoundingClientRect().right") <= 120
    browser.ask("open", viewport={"width": 1280, "height": 800})
    browser.errors.clear()  # the browser's own word for that answer
    for path in ("nothing", "static/nothing.js"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(wall, path)
        assert json.loads(refused.value.read()) == {"error": "404 Not Found", "success": False}


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


def test_an_older_browser(wall, browser):
    """One that cannot inflate by itself sees the wall, its film, and a picture of its own."""
    browser.ask("open", viewport={"width": 1280, "height": 800})
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
    browser.ask("open", viewport={"width": 1280, "height": 800})


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


def test_a_second_screen(wall, browser, tmp_path):
    """?kiosk: the wall, how to join, and the rate; nothing of it can be touched."""
    browser.ask("open", viewport={"width": 1440, "height": 900})
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
    browser.ask("open", viewport={"width": 1280, "height": 800})


def test_the_last_hour(wall, browser):
    """From the server, for who has just come."""
    def hour():
        return json.loads(get(wall, "figures.json"))

    def rates():
        return {way["name"]: way["pixels_per_second"] for way in hour()["ways"]}
    client = wall.tcp("pixelflut")

    def painted():
        client.sendall(b"".join(b"PX %d 91 000001\n" % x for x in range(100)))
        return any(rates().get("pixelflut", []))
    wait_for("a step in which something was painted", painted, 60)
    assert set(rates()) == {"http", "pixelflut", "dots"}
    assert len({len(line) for line in rates().values()}) == 1
    assert hour()["step"] == 10 and abs(hour()["to"] - time.time()) < 3600
    browser.goto(url(wall))
    same_picture(browser, wall)
    wait_for("the past", lambda: any(browser.page("{ graph }", "graph.line('pixelflut').rates")))
    # the page goes on with it, step by step
    after = browser.page("{ graph }", "(line => { line.rates = Array(360).fill(7); line.sum = 0; line.n = 0;"
                         "for (let i = 0; i < 10; i++) graph.add({ plugins: [{ name: 'pixelflut', pixels_per_second: i }] });"
                         "return [line.rates.length, line.rates.at(-2), line.rates.at(-1), line.now]; })(graph.line('pixelflut'))")
    assert after == [360, 7, 4.5, 9]


def test_the_heat_map(wall, browser):
    """Over the wall, where it lies and ends, while its switch is on."""
    glow = "[...document.querySelector('.heat').getContext('2d').getImageData(%d, %d, 1, 1).data]"
    browser.goto(url(wall))
    same_picture(browser, wall)
    browser.eval("document.getElementById('heat').click()")
    wait_for("the map", lambda: browser.eval("document.querySelector('.heat')?.width") == 5)

    def is_warm():
        flut(wall, [(70, 40, 1, 2, 3)])
        return browser.eval(glow % (2, 1))[0] > 60
    wait_for("what is painted", is_warm)
    browser.page("{ view }", "view.look(80, 48, 16)")
    at_rest(browser)
    place = place_of(browser, 0, 0)
    scale = browser.page("{ view }", "view.z")
    box = browser.eval("(b => [b.x, b.y, b.width])(document.querySelector('.heat').getBoundingClientRect())")
    assert abs(box[0] + scale / 2 - place["x"]) < 1 and abs(box[1] + scale / 2 - place["y"]) < 1
    assert abs(box[2] - 160 * scale) < 1
    assert browser.ask("axe") == []
    browser.eval("document.getElementById('heat').click()")
    wait_for("it to be gone", lambda: not browser.eval("document.querySelectorAll('.heat').length"))
    assert browser.errors == []


def test_who_paints_slowly_is_seen(tmp_path, browser):
    """A ring at a lone pixel; of what the visitor's own address painted the page says so, of others nothing."""
    with Wall(tmp_path, http_section(tmp_path), size="320x240\nowners = yes") as wall:
        browser.goto(url(wall))
        same_picture(browser, wall)
        browser.page("{ ripples }", "{ ripples.seen = []; const add = ripples.add.bind(ripples);"
                     " ripples.add = (x, y, name, ms) => { ripples.seen.push([x, y, name]); add(x, y, name, 3e5); }; }")
        seen = lambda: browser.page("{ ripples }", "ripples.seen")
        with wall.tcp("pixelflut", source="127.0.0.9") as other:
            other.sendall(b"PX 100 50 ff0000\n")
            wait_for("a ring", lambda: [100.5, 50.5, "ripple"] in seen())
            other.sendall(b"".join(b"PX %d %d 00ff00\n" % (x, y) for x in range(0, 320, 9) for y in range(0, 240, 7)))
            same_picture(browser, wall)
            # not while a protocol paints fast
            block = b"".join(b"PX %d 9 %06x\n" % (x, n) for n in range(9) for x in range(9))
            stays = "ripples.is_fast && (ripples.pace = () => {}, true)"
            wait_for("it to be fast", lambda: other.sendall(block) or browser.page("{ ripples }", stays))
            before = seen()
            other.sendall(b"PX 300 200 010203\n")
            wall.painted(300, 200, (1, 2, 3))
            same_picture(browser, wall)
            assert seen() == before
            browser.page("{ ripples }", "{ delete ripples.pace; ripples.seen = []; }")
            wait_for("it to be slow", lambda: not browser.page("{ ripples }", "ripples.is_fast"))
        assert "You painted" not in browser.text("#told")
        flut(wall, [(200, 120, 0, 0, 255)])
        browser.wait_text("#told", "You painted this: 200, 120.")
        wait_for("a ring", lambda: [200.5, 120.5, "ripple"] in seen())
        assert seen().count([200.5, 120.5, "ripple mine"]) == 1
        assert [name for *_, name in seen() if "mine" in name] == ["ripple mine"]
        assert len(seen()) == 2
        # they move with the wall
        browser.page("{ view }", "view.look(200, 120, 16)")
        at_rest(browser)
        at = place_of(browser, 200, 120)
        box = browser.eval("(b => [b.x + b.width / 2, b.y + b.height / 2])(document.querySelector('.ripple.mine').getBoundingClientRect())")
        assert abs(box[0] - at["x"]) < 1 and abs(box[1] - at["y"]) < 1
        assert browser.ask("axe") == []
        browser.goto("about:blank")
    browser.errors.clear()


# ---- pages of others

GUEST = """<!DOCTYPE html><title>guest</title><link rel="icon" href="data:,">
<script src="%s"></script>
<script>
const seen = [], log = [];
const socket = io("ws://%s");
socket.on("connect", () => log.push("connect"));
socket.on("disconnect", reason => log.push(reason));
socket.on("pixel update", update => seen.push([update.row, update.col, update.color]));
socket.emit("hello", "early", () => log.push("acknowledged"));
</script>
"""


def test_the_socketio_client_that_is_served(tmp_path):
    """A page from elsewhere, as the class's: it loads the client and is told of cells, also after a restart."""
    with board_wall(tmp_path, rate="0ms") as wall, Browser(tmp_path) as browser:
        wall.edit_config("127.0.0.1:0", "127.0.0.1:%d" % wall.port("http"))
        (tmp_path / "guest.html").write_text(
            GUEST % (url(wall, "socket.io/socket.io.js"), "127.0.0.1:%d" % wall.port("http")))

        def told(row, col, color):
            with Board(wall) as board:
                token = board.register()

                def seen():
                    board.paint(token, row, col, color)
                    return [row, col, color] in browser.eval("seen")
                wait_for("the cell", seen, 30)

        with served(tmp_path) as page:
            browser.goto(page + "guest.html")
            told(1, 2, 3)
            wait_for("the acknowledgement", lambda: "acknowledged" in browser.eval("log"))
            assert wall.stop() == 0
            wait_for("the end", lambda: "transport close" in browser.eval("log"), 20)
            wall.start().wait_ready()
            told(2, 3, 4)
            browser.eval("socket.disconnect(), 0")
            assert browser.eval("log").count("connect") == 2
        assert browser.eval("log")[-1] == "io client disconnect"
        # the refused connections while it was stopped are the browser's own complaint
        assert all("ERR_CONNECTION_REFUSED" in error for error in browser.errors), browser.errors
        assert wall.stop() == 0
