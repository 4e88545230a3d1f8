# SPDX-License-Identifier: MIT
"""The main path of the web page in Debian's Firefox: the wall is seen while others paint, painted by mouse and keys,
and its film plays; and what other browsers do not do.  All else is in test_page*.py, with Chromium."""
import json
import os

import pytest

from firefox import Firefox
from wall import wait_for
from webpage import canvas_png, flut, get, recorded, url, wall  # noqa: F401 (a fixture)

pytestmark = pytest.mark.skipif(not os.environ.get("MURALD_LONG"), reason="another browser: MURALD_LONG=1")


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    with Firefox(tmp_path_factory.mktemp("firefox")) as firefox:
        yield firefox


def same_picture(firefox, wall):
    def seen():
        width, height, text = firefox.page(
            "{ live: { image } }", "image ? [image.width, image.height, Array.from(image.data)"
            ".map(n => String.fromCharCode(n)).join('')] : [0, 0, '']")
        data = text.encode("latin-1")
        return width, height, bytes(data[i] for i in range(len(data)) if i % 4 != 3)
    wait_for("the page's picture to be the wall's", lambda: seen() == canvas_png(wall), 60)


def told(firefox, part):
    wait_for("to be told " + part, lambda: part in firefox.eval("document.getElementById('told').textContent"), 60)


def test_the_wall_is_seen_and_painted(wall, firefox):
    firefox.goto(url(wall))
    same_picture(firefox, wall)
    flut(wall, [(x, 50, 255, x, 0) for x in range(160)])
    same_picture(firefox, wall)
    palette = json.loads(get(wall, "page.json"))["palette"]
    firefox.eval("document.querySelectorAll('#palette input')[9].click()")
    firefox.click(**firefox.page("{ view }", "view.place_of(83.5, 43.5)"))
    told(firefox, "Painted")
    wall.painted(80, 40, tuple(bytes.fromhex(palette[9][1:])))
    same_picture(firefox, wall)
    # and with the keyboard alone
    wait_for("the turn", lambda: not firefox.page("{ strip }", "strip.is_waiting()"), 60)
    firefox.eval("document.getElementById('viewport').focus()")
    for key in "0", "\ue012", "3":  # all of it, left, a colour
        firefox.press(key)
        wait_for("rest", lambda: firefox.page("{ view }", "!view.flight && !view.moving && !view.asked && !view.calm"), 60)
    firefox.press("\ue007")
    told(firefox, "Painted at ")
    same_picture(firefox, wall)


def test_the_film_plays(wall, firefox):
    wait_for("a record", lambda: recorded(wall, 0, 0))
    flut(wall, [(x, y, 9, 8, 7) for x in range(160) for y in range(96)])
    wait_for("a record", lambda: recorded(wall, 159, 95) == (9, 8, 7))
    firefox.goto(url(wall))
    wait_for("the button", lambda: not firefox.eval("document.getElementById('wall-timelapse').hidden"), 60)
    firefox.eval("document.getElementById('wall-timelapse').click()")
    wait_for("the film", lambda: firefox.eval("document.getElementById('film')?.film?.reel?.shown ?? -1") >= 0, 60)
    firefox.eval("document.getElementById('film').film.play(true)")
    wait_for("its end", lambda: firefox.eval(
        "(film => film.reel.shown === film.reel.moments.length - 1)(document.getElementById('film').film)"), 60)
    assert firefox.eval("(film => Array.from(film.reel.image.data.slice(0, 3)))(document.getElementById('film').film)") \
        == [9, 8, 7]


def test_a_reload_begins_anew(wall, firefox):
    """This browser alone fills in again what was in each field, of which the page would know nothing."""
    fields = {"": {"heat": "checked = true", "moment": "value = 300"}, "admin/": {"rate": "value = 7777"}}
    for path, changes in fields.items():
        firefox.goto(url(wall, path))
        for name, change in changes.items():
            before = "(e => [e.checked, e.value])(document.getElementById('%s'))" % name
            was = firefox.eval(before)
            firefox.eval("document.getElementById('%s').%s" % (name, change))
            assert firefox.eval(before) != was
            firefox.reload()
            wait_for("the page", lambda: path or firefox.page("{ strip }", "strip.inputs.length"))
            assert firefox.eval(before) == was
