# SPDX-License-Identifier: MIT
"""The words of the web page: the event's own, an operator's, and those of each language."""
import json
import os
import re
import urllib.error
import urllib.request

import pytest
from PIL import Image

from boardclient import Board, board_wall
from control import Operator
from wall import SOURCE, Wall, wait_for
from webpage import (  # noqa: F401 (fixtures)
    SIZE, browser, get, http_section, lay, same_picture, url, wall, window)


def test_the_operators_notice(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    with Operator(wall) as operator:
        operator.done("notice", text="At 23:00 <b>we</b> photograph the wall")
        browser.wait_text("#notice", "At 23:00 <b>we</b> photograph the wall")
        operator.done("freeze")
        browser.wait_text("#notice", "Paused")
        assert browser.ask("axe") == []
        lay(browser, Image.new("RGB", (30, 20), (9, 200, 100)))
        assert browser.eval("document.getElementById('sheet').getBoundingClientRect().top >="
                            "document.getElementById('notice').getBoundingClientRect().bottom")
        browser.press("#sheet .bar button:last-child")
        operator.done("notice", text="Soon", for_="1h")
        operator.done("thaw")
        wait_for("the other", lambda: re.fullmatch(r"Soon \(notice shown until \d\d:\d\d\)", browser.text("#notice")))
        operator.done("notice")
        wait_for("none", lambda: browser.eval("document.getElementById('notice').clientHeight") == 0)


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


def test_people_get_a_page_where_there_is_nothing(wall, browser, window):
    browser.goto(url(wall, "nothing/here"))
    assert "Not on this wall" in browser.text("h1")
    wait_for("the wall", lambda: browser.eval("document.querySelector('img').naturalWidth") == 160)
    assert browser.ask("axe") == []
    assert browser.eval("document.querySelector('a').pathname") == "/"
    # a wall that is larger than the window does not go over its edge
    window(120, 200)
    browser.goto(url(wall, "nothing/here"))
    wait_for("the wall", lambda: browser.eval("document.querySelector('img').naturalWidth") == 160)
    assert browser.eval("document.querySelector('img').getBoundingClientRect().right") <= 120
    for path in ("nothing", "static/nothing.js"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(wall, path)
        assert json.loads(refused.value.read()) == {"error": "404 Not Found", "success": False}
