# SPDX-License-Identifier: MIT
"""The operator's page in a real browser, on a desktop and on a phone: every act is shown before it is
done, does what the verb does, and is taken back by a button."""
import base64
import errno
import glob
import io
import json
import math
import os
import random
import re
import time
import urllib.request

import pytest
from PIL import Image

from boardclient import board_wall
from browser import Browser
from control import Operator, control, png
from waiting import settled, wait_for
from wall import DOTS, SOURCE, dot

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


def test_the_token_is_asked_for_once(wall, desktop):
    browser = desktop
    browser.press("#sign-out")
    assert not is_shown(browser, "#acts") and not is_shown(browser, "#freeze")
    assert browser.eval("document.activeElement.id") == "token"
    browser.ask("keys", text="wrong")
    browser.ask("press", key="Enter")
    browser.wait_text("#sign-in-said", "token is wrong")
    browser.fill("#token", "adm")
    browser.ask("press", key="Enter")
    wait_for("the acts", lambda: is_shown(browser, "#acts"))
    browser.goto(url(wall))
    wait_for("the acts again", lambda: is_shown(browser, "#acts"))
    assert not is_shown(browser, "#sign-in") and browser.eval("localStorage.length") == 0
    browser.eval("sessionStorage.setItem('murald-admin-token', 'old')")
    browser.wait_text("#sign-in-said", "token is wrong")
    assert not is_shown(browser, "#acts")
    assert browser.errors and all("401" in error or "429" in error for error in browser.errors)
    browser.errors.clear()
    sign_in(browser, wall)


def test_a_part_is_chosen_by_mouse_keys_and_text(desktop):
    browser = desktop
    assert part(browser) == "160x96+0+0"
    browser.ask("drag", **stroke(browser, (41, 26), (79, 49)))
    assert re.fullmatch(r"(38|39|40)x(23|24|25)\+(40|41)\+(25|26)", part(browser))
    browser.fill("#part", "40x24+40+24")
    grip, = points(browser, (80, 48))
    browser.ask("drag", **{"from": [grip[0] + 8, grip[1] + 8], "to": [grip[0] + 8 + 200, grip[1] + 8]})
    assert re.fullmatch(r"\d+x2[45]\+40\+24", part(browser)) and int(part(browser).split("x")[0]) > 50
    browser.fill("#part", "40x24+40+24")
    browser.eval("document.getElementById('viewport').focus()")
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowLeft", "Shift+ArrowDown"):
        browser.ask("press", key=key)
    assert part(browser) == "32x32+48+32"
    for wrong, said in (("40x24", "Write WxH+X+Y"), ("40x24+150+0", "160x96")):
        browser.fill("#part", wrong)
        browser.wait_text("#part-wrong", said)
    browser.press("#whole")
    assert part(browser) == "160x96+0+0" and browser.text("#part-wrong") == ""


def test_clear_is_shown_done_and_taken_back(wall, desktop):
    browser = desktop
    choose(browser, "40x24+30+24", "clear")
    browser.fill("#clear-colour", "#00ff00")
    browser.wait_text("#effect", "changes 960 of 960 pixels")
    browser.fill("#clear-colour", "#ff0000")
    browser.wait_text("#effect", "changes 240 of 960 pixels")
    assert shows(browser, "preview", 1, 1) == RED and seen(wall, 31, 25) == BLACK
    browser.press("#cancel")
    assert not is_shown(browser, "#panel") and not is_shown(browser, "#preview")
    choose(browser, "40x24+30+24", "clear")
    browser.fill("#clear-colour", "#00ff00")
    browser.press("#do")
    browser.wait_text("#said", "cleared 40x24+30+24 to #00ff00")
    wait_for("the wall to be green", lambda: seen(wall, 31, 25) == seen(wall, 45, 25) == GREEN)
    undo(browser, "cleared 40x24+30+24")
    wait_for("the wall as before", lambda: seen(wall, 31, 25) == BLACK and seen(wall, 45, 25) == RED)
    assert "cleared" in browser.text("#journal")


def test_what_somebody_else_did_since_is_not_taken_back(operator, desktop):
    browser = desktop
    choose(browser, "4x4+0+0", "clear")
    browser.press("#do")
    browser.wait_text("#undo", "Undo: cleared 4x4+0+0")
    operator.done("clear", rect="1x1+9+9")
    browser.press("#undo")
    browser.wait_text("#said", "Not done: something else was done since")
    wait_for("no such button", lambda: "4x4+0+0" not in browser.text("#undo"))
    assert [error for error in browser.errors if "409" not in error] == []
    browser.errors.clear()


def test_a_moment_of_the_record_is_restored(wall, desktop):
    browser = desktop
    record = lambda: json.loads(get(wall, "history"))
    wait_for("something recorded", lambda: record()["moments"])
    before = int(time.time()) + 1
    wait_for("the next second", lambda: time.time() >= before + 0.5)
    wall.paint(dot(150, 90, GREEN))
    wait_for("the dot", lambda: seen(wall, 150, 90) == GREEN)
    wait_for("the second after", lambda: time.time() >= before + 2)
    choose(browser, "20x10+140+86", "restore")
    browser.wait_text("#effect", "changes ")
    heights = browser.eval("[...document.querySelectorAll('#bars i')].map(bar => parseFloat(bar.style.height))")
    assert len(heights) == 60 and max(heights) == 100  # how much was painted when
    browser.fill("#moment", str(before - math.ceil(record()["first"])))
    browser.wait_text("#effect", "changes 1 pixel,")
    assert shows(browser, "preview", 10, 4) == BLACK and "s ago" in browser.text("#moment-time")
    assert seen(wall, 150, 90) == GREEN
    browser.press("#do")
    browser.wait_text("#said", "restored 20x10+140+86")
    wait_for("the moment before", lambda: seen(wall, 150, 90) == BLACK)
    undo(browser, "restored 20x10+140+86")
    wait_for("the dot again", lambda: seen(wall, 150, 90) == GREEN)


def test_a_picture_is_painted(wall, desktop):
    """Dropped on the wall, or chosen; it fills the part, wherever that is drawn."""
    browser = desktop
    file = io.BytesIO()
    picture = Image.new("RGBA", (20, 10), (0, 255, 0, 255))
    picture.paste((0, 0, 0, 0), (0, 0, 10, 10))
    picture.save(file, "PNG")
    browser.fill("#part", "30x30+100+10")
    browser.eval(
        "(() => { const data = new DataTransfer(), bytes = Uint8Array.from(atob('%s'), c => c.charCodeAt(0));"
        " data.items.add(new File([bytes], 'logo.png'));"
        " document.getElementById('viewport').dispatchEvent(new DragEvent('drop',"
        " { bubbles: true, cancelable: true, dataTransfer: data })); })()"
        % base64.b64encode(file.getvalue()).decode())
    browser.wait_text("#effect", "Paint 100 pixels in 20x10+100+10, as shown")
    assert shows(browser, "preview", 15, 5) == GREEN and seen(wall, 115, 15) == BLACK
    browser.fill("#part", "40x20+100+10")
    browser.wait_text("#effect", "Paint 400 pixels in 40x20+100+10")
    browser.press("#do")
    browser.wait_text("#said", "painted 40x20+100+10, 400 pixels")
    wait_for("the picture", lambda: seen(wall, 130, 20) == GREEN)
    assert seen(wall, 110, 20) == BLACK
    undo(browser, "painted 40x20+100+10")
    wait_for("black", lambda: seen(wall, 130, 20) == BLACK)
    browser.press("#act-paint")
    browser.wait_text("#effect", "Which picture?")
    assert browser.eval("document.getElementById('do').disabled")
    browser.choose_file("#picture-file", "notes.txt", b"no picture")
    browser.wait_text("#said", "notes.txt is no picture")
    noise = io.BytesIO()
    Image.frombytes("RGB", (160, 120), random.Random(1).randbytes(160 * 120 * 3)).save(noise, "PNG")
    browser.choose_file("#picture-file", "noise.png", noise.getvalue())  # larger than the wall, and than a piece
    browser.wait_text("#effect", "in 128x96+32+0")
    browser.press("#cancel")


def test_where_a_picture_is_opaque_is_protected(wall, operator, desktop):
    browser = desktop
    file = io.BytesIO()
    picture = Image.new("RGBA", (8, 4), (0, 0, 255, 255))
    picture.paste((0, 0, 255, 128), (0, 0, 4, 4))
    picture.save(file, "PNG")
    choose(browser, "30x30+100+60", "protect")
    browser.choose_file("#picture-file", "logo.png", file.getvalue())
    browser.wait_text("#effect", "16 pixels in 8x4+100+60")
    browser.press("#do")
    browser.wait_text("#said", "protected 8x4+100+60")
    wall.paint(dot(102, 61, RED) + dot(106, 61, RED) + dot(109, 61, RED))
    wait_for("the last", lambda: seen(wall, 109, 61) == RED)
    assert seen(wall, 102, 61) == RED and seen(wall, 106, 61) == BLACK
    undo(browser, "protected 8x4+100+60")
    assert operator.done("protected")["protected"] == []
    wall.paint(dot(102, 61, BLACK) + dot(109, 61, BLACK))


def test_a_part_is_saved_as_a_picture(wall, desktop):
    browser = desktop
    browser.fill("#part", "50x40+30+20")
    name, data = browser.download("#grab")
    whole = Image.open(io.BytesIO(get(wall, "canvas.png"))).convert("RGB")
    assert name == "wall-50x40+30+20.png"
    saved = Image.open(io.BytesIO(data)).convert("RGB")
    assert saved.size == (50, 40) and saved.tobytes() == whole.crop((30, 20, 80, 60)).tobytes()
    browser.wait_text("#said", "Saved as " + name)


def test_the_screens(operator, desktop):
    browser = desktop
    is_blank = lambda: operator.done("status")["display"]["blank"]
    wait_for("the button", lambda: is_shown(browser, "#blank"))
    browser.press("#blank")
    browser.wait_text("#blank", "Screens are off")
    assert is_blank() and browser.eval("document.getElementById('blank').ariaPressed") == "true"
    undo(browser, "turned the screens off")
    assert not is_blank()
    browser.wait_text("#blank", "until you press again")
    operator.done("blank", switch="on")
    browser.wait_text("#blank", "Screens are off")
    browser.press("#blank")
    browser.wait_text("#said", "turned the screens on")
    assert not is_blank()


def test_what_other_operators_do_is_told(operator, desktop):
    browser = desktop
    operator.done("ban", net="203.0.113.0/24", why="<b>spam</b>")
    browser.wait_text("#operators li", "ban 203.0.113.0/24 <b>spam</b>")
    assert "root(" in browser.text("#operators li") and browser.text("#operators b") == ""
    operator.refused("unban", "unknown", net="203.0.113.9")
    browser.wait_text("#operators li", "unban 203.0.113.9 (not found)")
    operator.done("unban", net="203.0.113.0/24")
    browser.wait_text("#operators li", "unban 203.0.113.0/24")
    choose(browser, "4x4+0+0", "freeze")
    browser.press("#do")
    browser.wait_text("#operators li", "freeze 4x4+0+0")
    assert "admin" in browser.text("#operators li")
    undo(browser, "froze 4x4+0+0")


def test_whose_a_pixel_is_and_what_it_painted_goes(wall, desktop):
    browser = desktop
    with wall.tcp(source="127.0.0.5") as client:
        client.sendall(b"".join(dot(x, 80, GREEN) for x in range(10, 20)))
        wall.painted(19, 80, GREEN)
        wait_for("the page to show it", lambda: shows(browser, "picture", 15, 80) == GREEN)
        browser.fill("#part", "60x30+0+60")
        (x, y), = points(browser, (15.5, 80.5))
        browser.ask("click", x=x, y=y)
        browser.wait_text("#whose", "15, 80: #00ff00, 127.0.0.5, dots, ")
        assert part(browser) == "60x30+0+60"
        browser.press("#pixel button")
        browser.wait_text("#effect", "Undo 127.0.0.5 in 60x30+0+60: what was under 10 pixels")
        browser.press("#highlight")
        browser.press("#do")
        browser.wait_text("#said", "undid 127.0.0.5 in 60x30+0+60, 10 pixels")
        wait_for("black", lambda: seen(wall, 15, 80) == BLACK)
        undo(browser, "undid 127.0.0.5")
        wait_for("green", lambda: seen(wall, 15, 80) == GREEN)


def test_who_paints_most_may_be_banned(wall, operator, desktop):
    browser = desktop
    with wall.tcp(source="127.0.0.6") as client:
        def shown():
            client.sendall(b"".join(dot(x, 70, RED) for x in range(100, 140)))
            return "127.0.0.6dots" in browser.text("#top")
        wait_for("the source", shown)
        browser.press("#top button[aria-label='Ban 127.0.0.6']")
        browser.wait_text("#ban-effect", "127.0.0.6 paints now")
        browser.fill("#ban-net", "127.0.0.4/30")
        browser.wait_text("#ban-effect", "127.0.0.6")
        browser.fill("#ban-net", "203.0.113.0/24")
        browser.wait_text("#ban-effect", "Nobody who paints now")
        browser.fill("#ban-net", "127.0.0.6")
        browser.press("#ban-do")
        browser.wait_text("#said", "banned 127.0.0.6 for 10 min")
    assert operator.done("bans")["bans"][0]["net"] == "127.0.0.6"
    undo(browser, "banned 127.0.0.6")


@pytest.mark.parametrize("act, verb, done, opposite, opened", [
    ("freeze", "frozen", "froze", "Thaw", "thawed"),
    ("protect", "protected", "protected", "Unprotect", "unprotected")])
def test_a_part_is_closed_and_opened(operator, desktop, act, verb, done, opposite, opened):
    browser = desktop
    closed = lambda: sorted(one["rect"] for one in operator.done(
        "status" if verb == "frozen" else "protected")[verb])
    operator.done(act, rect="10x10+100+50")
    choose(browser, "20x20+95+50", act)
    browser.wait_text("#effect", "Nobody but operators paints in 20x20+95+50")
    browser.wait_text("#closed", opposite + " 10x10+100+50")
    browser.press("#do")
    browser.wait_text("#said", done + " 20x20+95+50")
    covered = closed()
    assert covered != ["10x10+100+50"]
    undo(browser, done + " 20x20+95+50")
    assert closed() == ["10x10+100+50"]  # what was closed before stays so
    browser.press("#act-" + act)
    browser.wait_text("#closed", opposite)
    browser.press("#closed button")
    browser.wait_text("#said", opened + " 10x10+100+50")
    assert closed() == []
    undo(browser, opened)
    assert closed() == ["10x10+100+50"]
    operator.done("thaw" if verb == "frozen" else "unprotect", rect="10x10+100+50")
    browser.press("#cancel")


def test_all_is_frozen_by_one_press(wall, operator, desktop):
    browser = desktop
    frozen = lambda: operator.done("status")["frozen"]
    browser.press("#freeze")
    browser.wait_text("#freeze", "Frozen")
    assert frozen() == [{"rect": "160x96+0+0"}]
    browser.wait_text("#notice", "Paused")
    wall.paint(dot(0, 95, RED))
    assert seen(wall, 0, 95) == BLACK
    browser.press("#freeze")
    browser.wait_text("#freeze", "all painting")
    assert frozen() == []
    undo(browser, "thawed the whole wall")
    browser.wait_text("#freeze", "Frozen")
    operator.done("thaw")
    browser.wait_text("#freeze", "all painting")  # also by another operator


def test_a_ban_is_asked_for_and_taken_back(operator, desktop):
    browser = desktop
    bans = lambda: operator.done("bans")["bans"]
    browser.press("#ban")
    assert browser.eval("document.activeElement.id") == "ban-net"
    browser.ask("keys", text="203.0.113.0/24")
    browser.fill("#ban-why", "advertising")
    browser.press("#ban-out")
    browser.press("#ban-do")
    browser.wait_text("#said", "banned 203.0.113.0/24 for 10 min")
    ban, = bans()
    assert ban["net"] == "203.0.113.0/24" and ban["out"] and ban["why"] == "advertising" and ban["until"]
    browser.wait_text("#bans", "203.0.113.0/24, advertising, from looking as well, until")
    undo(browser, "banned 203.0.113.0/24")
    assert bans() == []
    operator.done("ban", net="198.51.100.1", why="spam")
    browser.wait_text("#bans", "198.51.100.1, spam")
    browser.press("#bans button")
    browser.wait_text("#said", "unbanned 198.51.100.1")
    assert bans() == []
    undo(browser, "unbanned 198.51.100.1")
    assert bans()[0]["why"] == "spam" and "until" not in bans()[0]
    operator.done("ban", net="198.51.100.0/24")
    browser.wait_text("#bans", "198.51.100.0/24")
    browser.press("#bans button[aria-label='Unban 198.51.100.1']")
    browser.wait_text("#said", "unbanned 198.51.100.1, which is still banned as a part of 198.51.100.0/24")
    operator.done("unban", net="198.51.100.0/24")


def test_a_ban_of_yourself_is_doubted(operator, desktop):
    browser = desktop
    browser.press("#ban")
    browser.fill("#ban-net", "127.0.0.0/8")
    browser.press("#ban-do")
    browser.wait_text("#ban-effect", "you are in that network")
    assert browser.text("#ban-do") == "Ban all the same" and operator.done("bans")["bans"] == []
    browser.ask("press", key="Escape")
    assert not is_shown(browser, "#ban-dialog")
    browser.press("#ban")
    browser.fill("#ban-net", "nobody")
    browser.press("#ban-do")
    browser.wait_text("#ban-effect", "Not done")
    browser.press("#ban-cancel")
    assert [error for error in browser.errors if "409" not in error and "400" not in error] == []
    browser.errors.clear()


def test_a_notice(operator, desktop):
    browser = desktop
    notice = lambda: operator.done("status")["notice"]
    operator.done("notice", text="The bar is open")
    browser.wait_text("#notice", "The bar is open")
    browser.fill("#say-text", "At 23:00 the wall is photographed")
    browser.press("#say-form button")
    browser.wait_text("#said", "showed")
    assert notice()["text"] == "At 23:00 the wall is photographed" and notice()["until"]
    browser.wait_text("#notice", "At 23:00 the wall is photographed (notice shown until")
    undo(browser, "showed")
    assert notice()["text"] == "The bar is open" and "until" not in notice()
    browser.press("#say-nothing")
    browser.wait_text("#said", "took the notice away")
    assert notice() is None


def test_a_way_to_paint_is_closed_and_opened(wall, operator, desktop):
    browser = desktop
    is_open = lambda name: {way["name"]: way["open"] for way in operator.done("status")["plugins"]}[name]
    close = "#ways button[aria-label='Close dots']"
    wait_for("the ways", lambda: browser.eval("document.getElementById('ways').textContent") == "dots: open Close")
    browser.press(close)
    browser.wait_text("#said", "closed dots")
    wait_for("no dots", lambda: not is_open("dots"))
    browser.wait_text("#ways", "dots: closed")
    undo(browser, "closed dots")
    assert is_open("dots")
    browser.press(close)
    browser.press("#ways button[aria-label='Open dots']")
    browser.wait_text("#said", "opened dots")
    wall.paint(dot(1, 1, GREEN))


def test_files(wall, desktop):
    browser = desktop
    browser.press("#snapshot")
    browser.wait_text("#more-said", "Written to %s." % wall.snapshot)
    browser.press("#reload")
    browser.wait_text("#more-said", "In force: 0 opened")
    more = "\n[plugin dots two]\nlisten = unix:/absent/dots\n[server]\nworkers = 3\n"
    with open(wall.config, "a") as f:
        f.write(more)
    browser.press("#reload")
    browser.wait_text("#more-said", "1 failed. two: waiting: cannot listen on unix:/absent/dots: its")
    browser.wait_text("#more-said", ". With the next start: server.workers.")
    wall.edit_config(more, "")
    browser.press("#reload")
    browser.wait_text("#more-said", "In force: 0 opened, 0 closed, 0 failed.")


def test_the_board(wall, desktop):
    browser = desktop
    browser.wait_text("#now", "700 ms")
    browser.fill("#rate", "250")
    browser.press("#rate-form button")
    browser.wait_text("#now", "250 ms")
    assert browser.text("#result") == "Done."
    browser.press("#disable")
    browser.wait_text("#now", "is off")
    browser.press("#enable")
    browser.wait_text("#now", "is on")


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
