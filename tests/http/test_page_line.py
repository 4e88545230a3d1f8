# SPDX-License-Identifier: MIT
"""The web page and its line: what it loads, a slow line, one that is cut, and pages from elsewhere."""
import contextlib
import functools
import http.server
import os
import threading

from boardclient import Board, board_wall
from browser import Browser
from relay import Relay
from wall import Wall, wait_for
from webpage import browser, flut, http_section, place_of, same_picture, url, wall  # noqa: F401 (fixtures)


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
