# SPDX-License-Identifier: MIT
"""The operator's page for everybody: by keyboard, with assistive programs, in German, on a phone."""
import base64
import errno
import glob
import json
import os
import re

import pytest

from adminpage import (  # noqa: F401 (fixtures)
    RED, choose, desktop, is_shown, operator, part, seen, sign_in, stroke, undo, url, wall)
from boardclient import board_wall
from browser import Browser
from control import png
from waiting import wait_for
from wall import SOURCE


def test_the_keyboard_is_enough(operator, desktop):
    """From the wall on: choose a part, an act, do it, take it back."""
    browser = desktop
    browser.fill("#part", "16x16+0+0")
    browser.eval("document.getElementById('viewport').focus()")
    browser.ask("press", key="ArrowRight")
    reached = []

    def walk(to, key="Tab"):
        while browser.eval("document.activeElement.id") != to:
            assert len(reached) < 40, reached
            browser.ask("press", key=key)
            reached.append(browser.eval("document.activeElement.id"))
    walk(browser.eval("document.querySelector('#tabs button').id"))
    browser.ask("press", key="Enter")
    walk("act-freeze", "ArrowRight")
    browser.wait_text("#effect", "16x16+8+0")
    walk("do")
    browser.ask("press", key="Enter")
    browser.wait_text("#said", "froze 16x16+8+0")
    assert operator.done("status")["frozen"] == [{"rect": "16x16+8+0"}]
    assert browser.eval("document.activeElement.id") == "undo"
    browser.ask("press", key="Enter")
    browser.wait_text("#said", "undone")
    assert operator.done("status")["frozen"] == []
    browser.press("#act-clear")
    browser.eval("document.getElementById('viewport').focus()")
    browser.ask("press", key="Escape")
    assert not is_shown(browser, "#panel")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility(desktop, scheme):
    browser = desktop
    browser.ask("colours", scheme=scheme)
    for act in ("clear", "paint", "freeze", "protect", "restore", "undo"):
        browser.press("#act-" + act)
        assert browser.ask("axe") == []
    browser.press("#ban")
    assert browser.ask("axe") == []
    browser.ask("press", key="Escape")
    browser.press("#cancel")
    assert browser.errors == []


# What there is in each language, and whether each text of the HTML is there in German.
WORDS = """Promise.all(["en", "de"].map(name => import(`/static/admin-words-${name}.js`))).then(async ([en, de]) => {
	const kinds = words => Object.entries(words).map(([key, word]) =>
		typeof word === "object" ? [key, kinds(word)] : [key, typeof word]);
	const page = new DOMParser().parseFromString(await (await fetch("/admin/")).text(), "text/html");
	const texts = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT), missing = [];
	const need = text => text && text !== "murald" && !de.html[text] && missing.push(text);
	while (texts.nextNode())
		need(texts.currentNode.data.trim());
	page.querySelectorAll("[aria-label]").forEach(element => need(element.getAttribute("aria-label")));
	need(page.title);
	return { same: JSON.stringify(kinds(en.words)) === JSON.stringify(kinds(de.words)), missing };
})"""

# What is said of a network that is to be banned, by how many of its sources paint.
PAINTING = """Promise.all(["en", "de"].map(name => import(`/static/admin-words-${name}.js`))).then(both =>
	[["a"], ["a", "b"]].map(sources => both.map(({ words }) => words.ban_hits("N", sources))))"""


def test_in_german(wall, tmp_path):
    with Browser(tmp_path, width=1280, height=800, locale="de-DE") as browser:
        browser.goto(url(wall))
        assert browser.eval(WORDS) == {"same": True, "missing": []}
        assert browser.eval(PAINTING) == [
            ["In N a paints now.", "In N malt gerade a."], ["In N a, b paint now.", "In N malen gerade a, b."]]
        browser.wait_text("#sign-in-title", "Wer bist du?")
        sign_in(browser, wall)
        assert browser.eval("[document.documentElement.lang, document.title]") == ["de", "murald: die Seite der Leitung"]
        choose(browser, "40x24+40+24", "clear")
        browser.fill("#clear-colour", "#0000ff")
        browser.wait_text("#effect", "ändert 960 von 960 Pixeln, wie gezeigt")
        browser.press("#do")
        browser.wait_text("#undo", "Rückgängig: geleert: 40x24+40+24")
        browser.press("#undo")
        browser.wait_text("#said", "rückgängig: geleert")
        wait_for("red", lambda: seen(wall, 41, 25) == RED)
        assert browser.ask("axe") == []
        assert browser.errors == []
        browser.press("#ban")
        browser.fill("#ban-net", "127.0.0.0/8")
        browser.press("#ban-do")
        browser.wait_text("#ban-effect", "Nicht getan: du selbst bist in diesem Netz; bestätige das.")
        browser.fill("#ban-net", "niemand")
        browser.press("#ban-do")
        browser.wait_text("#ban-effect", "schreib eine Adresse oder ADRESSE/BITS")
        # none is taken for another one that is a part of it
        assert browser.eval("Promise.all(['', '-de'].map(name => import(`/static/admin-words${name}.js`))).then("
                            "([{ reason }, { reasons }]) => reasons.filter(([english, own]) => reason(english) !== own))") == []


# What only programs are told, since the page does not ask so; and what reasons are put together with.
NOT_OF_THE_PAGE = {
    'protect needs either "rect" or "png"', "that piece begins at {}; the next one must begin at {}", '"png" is not base64',
    'undo needs a source, or nothing but the "number" that the answer to the last act had', "see the manual",
    "true or false", "a whole number", "a text", "on or off", '{} takes no "{}", only: {}', "{} takes no arguments",
    '{} needs "{}"', '"with" is not an object', 'no such verb; "verbs" lists those there are', "{}: {}"}

TEXT = r'"(?:[^"\\]|\\.)*"'


def texts_of(path):
    """The texts of a C file that have several words and are neither for the log nor for JSON, {} for each value."""
    with open(path) as f:
        source = re.sub(r"/\*.*?\*/|#[^\n]*", "", f.read(), flags=re.S)
    for statement in re.split(r";\n|[{}]\n", source):
        if not re.search(r"\blog_\w+\(|json_pack|strftime", statement):
            for pieces in re.findall(r"(?:%s\s*)+" % TEXT, statement):
                text = "".join(piece[1:-1] for piece in re.findall(TEXT, pieces)).replace('\\"', '"')
                if " " in text:
                    yield re.sub(r"%(?:\.\d+)?(?:zu|[sdu])", "{}", text).replace("{}{}", "{}")


def test_reasons_in_german():
    """Each that the wall can give to the page has German words, and each of these is one that it can give."""
    with open(SOURCE + "/plugins/http/page/admin-words-de.js") as f:
        block = f.read().split("reasons = [")[1].split("\n];")[0]
    reasons = [[json.loads(word) for word in pair] for pair in re.findall(r"\[(%s),\s+(%s)\]" % (TEXT, TEXT), block)]
    assert [pair for pair in reasons if pair[0].count("{}") != pair[1].count("{}")] == []
    known = {english for english, _ in reasons}
    assert len(known) == len(reasons) == block.count("\t[")
    said = set()
    for path in [*glob.glob(SOURCE + "/src/app/verbs-*.c"), SOURCE + "/src/app/operators-state.c",
                 SOURCE + "/src/control/call.c", SOURCE + "/src/control/values.c"]:
        said |= set(texts_of(path))
    assert len(said) > 40 and NOT_OF_THE_PAGE <= said
    # a part of one, in front, behind or after a name
    whole = {text: {text, text + "{}", "{}" + text, "{}: " + text} & known for text in said - NOT_OF_THE_PAGE}
    assert [text for text in whole if not whole[text]] == []
    assert known - set().union(*whole.values()) == {os.strerror(error) for error in (
        errno.EADDRINUSE, errno.EIO, errno.ENOSPC, errno.ENOENT, errno.EACCES, errno.EROFS)}


def test_the_config_says_in_which_language(tmp_path):
    with board_wall(tmp_path, more="language = de") as wall, Browser(tmp_path, locale="en-GB") as browser:
        browser.goto(url(wall))
        browser.wait_text("#sign-in-title", "Wer bist du?")
        browser.goto(url(wall) + "?lang=en")
        browser.wait_text("#sign-in-title", "Who are you?")


def test_a_phone(wall, operator, tmp_path):
    with Browser(tmp_path, width=390, height=844, isMobile=True, hasTouch=True,
                 deviceScaleFactor=2) as phone:
        sign_in(phone, wall)
        assert phone.eval("document.documentElement.scrollWidth") <= 390
        small = phone.eval(
            "[...document.querySelectorAll('button, input:not([type=radio]), select, #grips i')]"
            ".filter(e => e.offsetParent && (e.offsetWidth < 44 || e.offsetHeight < 44)).map(e => e.outerHTML)")
        assert small == []
        phone.fill("#part", "20x12+138+2")  # at the edge, beyond which its corners can be held
        assert phone.eval("document.documentElement.scrollWidth") <= 390
        choose(phone, "40x24+40+24", "clear", "tap")
        phone.fill("#clear-colour", "#0000ff")
        phone.press("#do", "tap")
        phone.wait_text("#said", "cleared 40x24+40+24")
        wait_for("blue", lambda: seen(wall, 41, 25) == (0, 0, 255))
        undo(phone, "cleared", "tap")
        wait_for("red", lambda: seen(wall, 41, 25) == RED)
        phone.press("#act-paint", "tap")
        phone.choose_file("#picture-file", "blue.png", base64.b64decode(png(8, 8, (0, 0, 255, 255))))
        phone.wait_text("#effect", "Paint 64 pixels in 8x8+40+24")
        phone.press("#do", "tap")
        phone.wait_text("#said", "painted 8x8+40+24")
        wait_for("blue", lambda: seen(wall, 41, 25) == (0, 0, 255))
        undo(phone, "painted", "tap")
        phone.press("#freeze", "tap")
        phone.wait_text("#freeze", "Frozen")
        assert operator.done("status")["frozen"] == [{"rect": "160x96+0+0"}]
        phone.press("#freeze", "tap")
        phone.wait_text("#freeze", "all painting")
        assert phone.ask("axe") == []
        # last: Chromium takes no tap that comes too soon after it
        phone.ask("swipe", **stroke(phone, (10, 10), (60, 60)))
        assert re.fullmatch(r"(4[89]|5[0-2])x(4[89]|5[0-2])\+(9|10|11)\+(9|10|11)", part(phone))
        assert phone.errors == []
