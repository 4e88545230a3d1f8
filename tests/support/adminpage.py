# SPDX-License-Identifier: MIT
"""The operator's page in a browser: its wall, signing in, and what a hand does there."""
import io
import json
import urllib.request

import pytest
from PIL import Image

from boardclient import board_wall
from browser import Browser
from control import Operator, control
from waiting import settled, wait_for
from wall import DOTS, dot

RED, GREEN, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 0)


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    folder = tmp_path_factory.mktemp("admin")
    core = control(folder) + "[canvas]\nowners = yes\n[record]\nfile = %s/record\ninterval = 100ms\n" % folder
    core += "[display]\noutput = kms\ndevice = /dev/dri/absent\n"  # a wall that waits for its screen
    with board_wall(folder, others=DOTS, core=core, size="160x96", background="#000000") as wall:
        wall.paint(b"".join(dot(x, y, RED) for x in range(40, 80) for y in range(24, 48)))
        yield wall


@pytest.fixture(scope="module")
def operator(wall):
    with Operator(wall) as operator:
        yield operator


@pytest.fixture(scope="module")
def desktop(wall, tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("desktop"), width=1280, height=800) as browser:
        sign_in(browser, wall)
        yield browser


def url(wall):
    return "http://127.0.0.1:%d/admin/" % wall.port("http")


def get(wall, path):
    with urllib.request.urlopen(url(wall).replace("admin/", path), timeout=20) as answer:
        return answer.read()


def seen(wall, x, y):
    """A pixel as viewers see it."""
    return Image.open(io.BytesIO(get(wall, "canvas.png"))).convert("RGB").getpixel((x, y))


def sign_in(browser, wall):
    browser.goto(url(wall))
    browser.wait_text("#connection", "live")
    browser.fill("#token", "adm")
    browser.press("#token-form button")
    wait_for("the acts", lambda: is_shown(browser, "#acts"))


def is_shown(browser, selector):
    return browser.eval("!!document.querySelector(%s)?.offsetParent" % json.dumps(selector))


def choose(browser, part, act, how="click"):
    browser.fill("#part", part)
    browser.press("#act-" + act, how)


def points(browser, *corners):
    """Where the window shows corners between pixels of the wall, once nothing on the page moves any more."""
    left, top, width, height = settled(lambda: browser.eval(
        "(() => { const p = document.getElementById('viewport'); p.scrollIntoView({ block: 'center' });"
        " const b = p.getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()"))
    return [[left + x * width / 160, top + y * height / 96] for x, y in corners]


def stroke(browser, *corners):
    """From one to the other, for drag and swipe."""
    return dict(zip(("from", "to"), points(browser, *corners)))


def part(browser):
    return browser.eval("document.getElementById('part').value")


def undo(browser, what, how="click"):
    browser.wait_text("#undo", "Undo: " + what)
    browser.press("#undo", how)
    browser.wait_text("#said", "undone: " + what)


def shows(browser, canvas, x, y):
    """A pixel of a canvas of the page."""
    return tuple(browser.eval(
        "[...document.getElementById('%s').getContext('2d').getImageData(%d, %d, 1, 1).data].slice(0, 3)"
        % (canvas, x, y)))
