# SPDX-License-Identifier: MIT
"""The page in Firefox, of Debian's package: its main path.  All else is seen in Chromium (test_page.py)."""
import json

import pytest
from PIL import Image

from firefox import Firefox
from wall import Wall, wait_for
from webpage import at_rest, flut, get, lay, laid_says, place_of, seen_on, url


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Firefox(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


def test_look_and_paint(tmp_path, browser):
    """The wall, crisp; a click paints; a picture of one's own is painted by Pixelflut."""
    with Wall(tmp_path, "[plugin http]\nlisten = 127.0.0.1:0\ndatabase = %s/board.db\npixel-rate = 200ms\n"
              "[plugin pixelflut]\nlisten = 127.0.0.1:0\nwebsocket = yes\n" % tmp_path, size="1280x720") as wall:
        places = [(i * 61 % 1280, i * 97 % 720) for i in range(40)]
        flut(wall, [(x, y, 255, 255, 255) for x, y in places])
        browser.goto(url(wall))
        wait_for("the picture", lambda: browser.page("{ live }", "live.is_sharp"))
        at_rest(browser)
        assert seen_on(browser, str(tmp_path / "shot.png"), places) == len(places)
        palette = json.loads(get(wall, "page.json"))["palette"]
        browser.page("{ view }", "view.look(640, 360, 8)")
        at_rest(browser)
        browser.eval("document.querySelectorAll('#palette input')[9].click()")
        browser.ask("click", **place_of(browser, 644, 364))
        browser.wait_text("#told", "Painted at 64")
        wall.painted(644, 364, tuple(bytes.fromhex(palette[9][1:])))
        wait_for("it to be seen", lambda: browser.page("{ live }", "live.colour(644, 364)") == palette[9])
        lay(browser, Image.new("RGB", (20, 10), (10, 200, 30)))
        laid_says(browser, "200 differ")
        browser.eval("document.querySelector('#sheet .go').click()")
        laid_says(browser, "all of it is on the wall")
        wall.painted(640, 360, (10, 200, 30))
        browser.goto("about:blank")
