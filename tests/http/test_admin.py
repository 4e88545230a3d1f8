# SPDX-License-Identifier: MIT
"""The operator's page in a real browser: every act is shown before it is done, does what the verb does, and is
taken back by a button."""
import base64
import io
import json
import math
import random
import re
import time

import pytest
from PIL import Image

from adminpage import (  # noqa: F401 (fixtures)
    BLACK, GREEN, RED, choose, desktop, get, is_shown, operator, part, points, seen, shows, sign_in, stroke, undo,
    url, wall)
from waiting import wait_for
from wall import dot


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
