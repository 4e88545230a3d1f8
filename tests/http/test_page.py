# SPDX-License-Identifier: MIT
"""The web page in a real browser: it shows the wall as it is, and a tap paints."""
import contextlib
import functools
import http.server
import io
import json
import os
import re
import subprocess
import threading
import urllib.error
import urllib.request

import pytest
from PIL import Image

from boardclient import Board, board_wall
from browser import Browser
from control import Operator, control
from wall import DOTS, Wall, wait_for

SIZE = "160x96"


def http_section(folder, more=""):
    return ("[plugin http]\nlisten = 127.0.0.1:0\ndatabase = %s/board.db\n%s\n"
            "[plugin pixelflut]\nlisten = 127.0.0.1:0\n" % (folder, more))


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


def url(wall, path=""):
    return "http://127.0.0.1:%d/%s" % (wall.port("http"), path)


def get(wall, path):
    with urllib.request.urlopen(url(wall, path), timeout=20) as answer:
        return answer.read()


def flut(wall, pixels):
    client = wall.tcp("pixelflut")
    client.sendall(b"".join(b"PX %d %d %02x%02x%02x\n" % pixel for pixel in pixels) + b"SIZE\n")
    assert client.recv(100).startswith(b"SIZE")
    client.close()


def canvas_png(wall):
    picture = Image.open(io.BytesIO(get(wall, "canvas.png"))).convert("RGB")
    return (*picture.size, picture.tobytes())


def same_picture(browser, wall):
    wait_for("the page's picture to be the wall's",
             lambda: browser.pixels() == canvas_png(wall), 15)


def place_of(browser, x, y):
    """Where the window shows a pixel of the wall."""
    return browser.eval(
        "(() => { const c = document.getElementById('picture'), b = c.getBoundingClientRect();"
        "return { x: b.left + (%d + 0.5) * b.width / c.width,"
        " y: b.top + (%d + 0.5) * b.height / c.height }; })()" % (x, y))


def test_the_page_shows_the_wall_while_others_paint(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    flut(wall, [(x, 50, 255, x, 0) for x in range(160)])
    wall.tcp("dots").sendall(bytes([7, 0, 9, 0, 1, 2, 3, 255]))
    wall.painted(7, 9, (1, 2, 3))
    same_picture(browser, wall)
    assert browser.errors == []


def test_a_tap_paints_and_the_cooldown_is_shown(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    palette = json.loads(get(wall, "page.json"))["palette"]
    browser.eval("document.querySelectorAll('#palette input')[9].click()")
    browser.ask("click", **place_of(browser, 83, 43))
    browser.wait_text("#paint-status", "Painted")
    colour = tuple(bytes.fromhex(palette[9][1:]))
    wall.painted(80, 40, colour)
    wall.painted(87, 47, colour)
    browser.wait_text("#author", "visitor-")
    assert re.match(r"83, 43 %s" % palette[9], browser.text("#position"))
    assert browser.eval("document.getElementById('cooldown').value") < 1
    browser.ask("click", **place_of(browser, 3, 3))
    browser.wait_text("#paint-status", "Too fast")
    wait_for("the cooldown's end",
             lambda: browser.eval("document.getElementById('cooldown').value") == 1, 5)
    same_picture(browser, wall)


def test_the_keyboard_is_enough(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    browser.eval("document.getElementById('viewport').focus()")
    for key in ("ArrowLeft", "ArrowUp", "+", "+", "-", "0"):
        browser.ask("press", key=key)
    at = re.match(r"(\d+), (\d+) ", browser.text("#position"))
    assert at.groups() == ("72", "40")
    wait_for("the cooldown's end", lambda: browser.ask("press", key="Enter") or
             "Painted" in wait_for("a status", lambda: browser.text("#paint-status")))
    same_picture(browser, wall)


def test_zoom_and_pan_keep_pixels_crisp_and_the_point_in_place(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    before = place_of(browser, 20, 30)
    browser.ask("wheel", **before, by=-400)
    after = place_of(browser, 20, 30)
    assert abs(before["x"] - after["x"]) < 12 and abs(before["y"] - after["y"]) < 12
    scale = browser.eval("document.getElementById('picture').getBoundingClientRect().width / 160")
    browser.ask("drag", **{"from": [before["x"], before["y"]],
                           "to": [before["x"] + 50, before["y"] + 20]})
    moved = place_of(browser, 20, 30)
    assert abs(moved["x"] - after["x"] - 50) < 2 and abs(moved["y"] - after["y"] - 20) < 2
    assert scale > 2
    assert browser.eval(
        "getComputedStyle(document.getElementById('picture')).imageRendering") == "pixelated"
    assert browser.text("#paint-status") == "Tap a place on the wall."


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


def test_the_commands_for_the_board_work(wall):
    ways = json.loads(get(wall, "invite?x=30&y=20&color=00a368"))["ways"]
    register, update = next(way["commands"] for way in ways if way["module"] == "http")
    run = lambda command: json.loads(subprocess.run(
        ["bash", "-c", command], check=True, timeout=10, capture_output=True).stdout)
    token = run(register)["id"]
    assert run(update.replace('"ID"', '"%s"' % token))["success"]
    wall.painted(30, 20, (0x00, 0xa3, 0x68))


def test_the_commands_of_other_systems(wall):
    """Python's for the board runs in any shell; PowerShell's can only be read here."""
    ways = lambda system: {way["name"]: way["commands"] for way in json.loads(
        get(wall, "invite?x=50&y=20&color=00a368&system=" + system))["ways"]}
    run = lambda command: subprocess.run(["dash", "-c", command], timeout=20, capture_output=True, check=False).stdout
    register, update = ways("python")["http"]
    token = json.loads(run(register))["id"]
    # whoever painted a moment ago waits, also with a new token
    wait_for("the turn to paint", lambda: b'"success"' in run(update.replace("'ID'", "'%s'" % token)))
    wall.painted(50, 20, (0x00, 0xa3, 0x68))
    assert all(text.startswith("Invoke-RestMethod -Method Put ") for text in ways("windows")["http"])
    assert ways("linux") == ways("bsd") == ways("")
    assert "TcpClient '127.0.0.1'" in ways("windows")["pixelflut"][0]


def test_the_page_asks_for_a_system(wall, browser):
    browser.goto(url(wall))
    browser.wait_text("#cards", "| nc -w1")
    browser.eval("(e => { e.value = 'windows'; e.dispatchEvent(new Event('change')) })"
                 "(document.getElementById('ways-system'))")
    browser.wait_text("#cards", "Net.Sockets.TcpClient", 20)


def test_a_host_header_never_reaches_a_shell(wall):
    request = urllib.request.Request(url(wall, "invite"), headers={"Host": "$(reboot);`id`"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read().decode()
    assert "reboot" not in text and "`id`" not in text
    assert "nc -w1 HOST" in text


def test_the_rates_move(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    client = wall.tcp("pixelflut")

    def moves():
        client.sendall(b"".join(b"PX %d 90 000001\n" % x for x in range(100)))
        return re.search(r"pixelflut [1-9]", browser.text("#legend"))
    wait_for("pixels a second", moves)
    assert browser.text("#viewers") == "1"
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
        wait_for("the other", lambda: re.fullmatch(r"Soon \(until \d\d:\d\d\)", browser.text("#notice")))
        operator.done("notice")
        wait_for("none", lambda: browser.eval("document.getElementById('notice').clientHeight") == 0)


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
    browser.eval("document.getElementById('wall-timelapse').click()")
    wait_for("the film", lambda: browser.eval(
        "(p => p.src.includes('source=wall') && p.complete && p.naturalWidth)"
        "(document.getElementById('past-picture'))") == 160)
    browser.eval("document.getElementById('board-timelapse').click()")
    wait_for("the board's film", lambda: browser.eval(
        "(p => !p.src.includes('source=wall') && p.complete && p.naturalWidth)"
        "(document.getElementById('past-picture'))") == 20)


def test_the_page_survives_a_dead_server(tmp_path, browser):
    wall = Wall(tmp_path, http_section(tmp_path), size="64x48")
    wall.start()
    wall.wait_ready()
    port = wall.port("http")
    browser.goto(url(wall))
    same_picture(browser, wall)
    wall.stop()
    browser.wait_text("#connection", "connection lost")
    again = Wall(tmp_path, http_section(tmp_path).replace("127.0.0.1:0", "127.0.0.1:%d" % port, 1),
                 size="80x50")
    os.unlink(again.snapshot)
    with again:
        flut(again, [(79, 49, 9, 8, 7)])
        browser.wait_text("#connection", "80×50", 25)
        same_picture(browser, again)
    browser.errors.clear()  # from the failed connections


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
        browser.wait_text("#paint-status", "Secret")
        browser.eval("(() => { const s = document.getElementById('secret');"
                     "s.value = 'open sesame'; s.dispatchEvent(new Event('change')); })()")
        browser.ask("click", **place_of(browser, 5, 5))
        browser.wait_text("#paint-status", "Painted")
        browser.eval("localStorage.clear()")
    browser.errors.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "servers", "admin/"])
def test_accessibility(wall, browser, path, scheme):
    browser.ask("colours", scheme=scheme)
    browser.goto(url(wall, path))
    if not path:
        same_picture(browser, wall)
    assert browser.ask("axe") == []
    assert browser.errors == []


def test_the_columns_of_a_desktop_have_no_gaps(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    box = {name: browser.eval("document.getElementById('%s').getBoundingClientRect().toJSON()" % name)
           for name in ("wall", "paint", "figures", "ways")}
    assert box["figures"]["left"] > box["wall"]["right"]
    assert abs(box["wall"]["bottom"] - box["figures"]["bottom"]) < 1
    assert 0 < box["figures"]["top"] - box["paint"]["bottom"] < 20
    assert 0 < box["ways"]["top"] - box["wall"]["bottom"] < 20


def test_a_phone(wall, tmp_path):
    with Browser(tmp_path, width=360, height=740, isMobile=True, hasTouch=True,
                 deviceScaleFactor=2) as phone:
        phone.goto(url(wall))
        same_picture(phone, wall)
        assert phone.eval("document.documentElement.scrollWidth") <= 360
        phone.ask("tap", **place_of(phone, 100, 10))
        phone.wait_text("#paint-status", "Painted")
        small = phone.eval("[...document.querySelectorAll('button, #palette input')]"
                           ".filter(e => e.offsetParent && (e.offsetWidth < 44 || e.offsetHeight < 44))"
                           ".map(e => e.outerHTML)")
        assert small == []
        assert phone.errors == []


@pytest.mark.parametrize("path", ["static/../murald.conf", "static/", "static/nothing.js",
                                  "static/%2e%2e/page.c", "static/main.js%00.html", "servers/",
                                  "%00", "static/main.js/"])
def test_other_files_do_not_exist(wall, path):
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(wall, path)
    assert refused.value.code == 404


def test_files_are_cached_until_they_change(wall):
    with urllib.request.urlopen(url(wall, "static/main.js")) as answer:
        tag = answer.headers["ETag"]
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    with pytest.raises(urllib.error.HTTPError) as same:
        urllib.request.urlopen(urllib.request.Request(
            url(wall, "static/main.js"), headers={"If-None-Match": tag}))
    assert same.value.code == 304


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
