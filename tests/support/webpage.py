# SPDX-License-Identifier: MIT
"""The page of a wall in a browser: where it is, and what it shows."""
import base64
import io
import json
import time
import urllib.error
import urllib.request

import pytest
from PIL import Image

from browser import Browser
from control import control
from wall import DOTS, Wall, wait_for

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


@pytest.fixture
def window(browser):
    """Opens another window; after the test, also one that failed, the next ones have the usual one again."""
    yield browser.open
    browser.open()
    browser.errors.clear()  # of pages that outlived their wall


def http_section(folder, more=""):
    """A page, and Pixelflut to paint by."""
    return ("[plugin http]\nlisten = 127.0.0.1:0\ndatabase = %s/board.db\n%s\n"
            "[plugin pixelflut]\nlisten = 127.0.0.1:0\n" % (folder, more))


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


def recorded(wall, x, y):
    """The colour there in the last moment of the record; None before the first."""
    try:
        data = get(wall, "history?at=%.3f" % time.time())
    except urllib.error.HTTPError:
        return None
    with Image.open(io.BytesIO(data)) as picture:
        return picture.convert("RGB").getpixel((x, y))


def canvas_png(wall):
    picture = Image.open(io.BytesIO(get(wall, "canvas.png"))).convert("RGB")
    return (*picture.size, picture.tobytes())


def same_picture(browser, wall):
    wait_for("the page's picture to be the wall's",
             lambda: browser.pixels() == canvas_png(wall), 60)


def place_of(browser, x, y):
    """Where the window shows a pixel of the wall."""
    return browser.page("{ view }", "view.place_of(%d + 0.5, %d + 0.5)" % (x, y))


def at_rest(browser):
    wait_for("the view to rest", lambda: browser.page("{ view }", "!view.flight && !view.moving && !view.asked && !view.calm"))


def small_targets(browser):
    return browser.eval("[...document.querySelectorAll('button, select, #palette input, #parts a')]"
                        ".filter(e => e.checkVisibility({ visibilityProperty: true }) && "
                        "(e.offsetWidth < (e.name === 'colour' ? 40 : 44) || e.offsetHeight < 44))"
                        ".map(e => e.outerHTML)")


def seen_on(browser, picture, places):
    """How many of the lone pixels are on the screen, within a pixel of their place."""
    browser.ask("screenshot", path=picture, full=False)
    with Image.open(picture) as image:
        pixels = image.convert("L")
    scale = browser.eval("devicePixelRatio")
    count = 0
    for at in browser.page("{ view }", "%s.map(([x, y]) => view.place_of(x + 0.5, y + 0.5))"
                           % json.dumps([list(place) for place in places])):
        u, v = int(at["x"] * scale), int(at["y"] * scale)
        count += max(pixels.getpixel((a, b)) for a in range(max(u - 1, 0), min(u + 2, pixels.width))
                     for b in range(max(v - 1, 0), min(v + 2, pixels.height))) >= 96
    return count


def encode(image, kind="PNG", **values):
    out = io.BytesIO()
    image.save(out, kind, **values)
    return out.getvalue()


def drop(browser, data, name="picture"):
    """As if it was dropped on the page."""
    browser.eval("(bytes => { const transfer = new DataTransfer();"
                 "transfer.items.add(new File([Uint8Array.from(atob(bytes), c => c.charCodeAt(0))], %s));"
                 "dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, cancelable: true })); })(%s)"
                 % (json.dumps(name), json.dumps(base64.b64encode(data).decode())))


def laid_says(browser, part):
    browser.wait_text("#sheet p", part)


def lay(browser, image, kind="PNG", **values):
    """It lies over the wall."""
    drop(browser, encode(image, kind, **values))
    laid_says(browser, "differ")


def film(browser, code):
    return browser.eval("(async film => { %s })(document.getElementById('film')?.film)" % code)


# What of these is not seen: outside the window, cut off, or below something else.
UNSEEN = """[...document.querySelectorAll(%s)].filter(e => e.checkVisibility()).filter(e => {
    const { left, right, top, bottom } = e.getBoundingClientRect(), x = (left + right) / 2;
    return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight || e.scrollWidth > e.clientWidth + 1 ||
        [top + 2, bottom - 2].some(y => !e.contains(document.elementFromPoint(x, y)));
}).map(e => e.outerHTML)"""


def unseen(browser, *selectors):
    return browser.eval(UNSEEN % json.dumps(", ".join(selectors)))
