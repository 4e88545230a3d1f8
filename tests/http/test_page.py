# SPDX-License-Identifier: MIT
"""The web page in a real browser: it shows the wall as it is, and a tap paints."""
import contextlib
import json
import re
import subprocess

from control import Operator
from waiting import meanwhile
from wall import Wall, wait_for
from webpage import (  # noqa: F401 (fixtures)
    at_rest, browser, flut, get, http_section, place_of, same_picture, url, wall, window)


def ready(browser):
    wait_for("the turn to paint", lambda: not browser.page("{ strip }", "strip.is_waiting()"))


def test_the_page_shows_the_wall_while_others_paint(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    flut(wall, [(x, 50, 255, x, 0) for x in range(160)])
    wall.tcp("dots").sendall(bytes([7, 0, 9, 0, 1, 2, 3, 255]))
    wall.painted(7, 9, (1, 2, 3))
    same_picture(browser, wall)
    assert browser.errors == []


def test_a_click_paints_and_the_cooldown_is_shown(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    palette = json.loads(get(wall, "page.json"))["palette"]
    browser.eval("document.querySelectorAll('#palette input')[9].click()")
    assert browser.text("#go") == "Choose a place"
    browser.ask("click", **place_of(browser, 83, 43))
    browser.wait_text("#told", "Painted")
    colour = tuple(bytes.fromhex(palette[9][1:]))
    wall.painted(80, 40, colour)
    wall.painted(87, 47, colour)
    browser.wait_text("#author", "visitor-")
    browser.wait_text("#position", "83, 43 %s" % palette[9])
    browser.wait_text("#told", "may paint again")
    assert browser.text("#go") == "Paint blue here"
    assert browser.eval("document.title").startswith("Paint! ")
    browser.ask("click", **place_of(browser, 3, 3))
    browser.wait_text("#told", "Painted")
    browser.eval("import('/static/main.js').then(({ strip }) => strip.cooldown.begin(0))")
    browser.ask("click", **place_of(browser, 3, 3))
    browser.wait_text("#told", "Too fast")
    browser.errors.clear()  # the browser's own word for that answer
    ready(browser)
    same_picture(browser, wall)


def test_the_keyboard_is_enough(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    browser.eval("document.getElementById('viewport').focus()")
    for key in ("0", "ArrowLeft", "ArrowUp", "+", "+", "-"):
        browser.ask("press", key=key)
        at_rest(browser)
    browser.wait_text("#position", "72, 40 ")
    browser.wait_text("#say", "72, 40: ")
    browser.ask("press", key="4")
    ready(browser)
    browser.ask("press", key="Enter")
    browser.wait_text("#told", "Painted at 72, 40")
    wall.painted(72, 40, (0, 0, 0))
    browser.ask("press", key="]")
    assert browser.page("{ strip }", "strip.colour") == "#9c6926"
    for key in ("e", "g"):
        browser.ask("press", key=key)
    assert browser.page("{ strip }", "strip.colour") == "#000000"
    assert browser.eval("document.querySelector('.grid').hidden") is False
    for key in ("g", "Escape"):
        browser.ask("press", key=key)
    at_rest(browser)
    assert browser.page("{ view, marks }", "view.fitted && !marks.at")
    ready(browser)
    same_picture(browser, wall)


def test_zoom_and_pan_keep_the_point_in_place(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    scale = "{ view }", "view.z"
    before, fit = place_of(browser, 20, 30), browser.page(*scale)
    browser.ask("wheel", **before, by=-400)
    assert browser.page(*scale) == fit  # the page scrolls, until the wall is clicked
    browser.page("{ view }", "{ view.awake = true; }")
    browser.ask("wheel", **before, by=-400)
    at_rest(browser)
    after = place_of(browser, 20, 30)
    assert abs(before["x"] - after["x"]) < 2 and abs(before["y"] - after["y"]) < 2
    browser.ask("drag", **{"from": [before["x"], before["y"]],
                           "to": [before["x"] + 50, before["y"] + 20]})
    at_rest(browser)
    moved = place_of(browser, 20, 30)
    assert moved["x"] - after["x"] > 40 and moved["y"] - after["y"] > 15
    assert browser.page(*scale) > fit * 1.2
    # the wall does not leave the window
    for far in -9000, 9000:
        browser.page("{ view }", "view.pan({ x: %d, y: %d })" % (far, far))
        near = browser.page("{ view }", "[view.left / view.width, view.top / view.height,"
                            " (view.left + 160 * view.z) / view.width, (view.top + 96 * view.z) / view.height]")
        assert max(near[:2]) < 0.5 and min(near[2:]) > 0.5, near
    assert browser.text("#told") == ""


def test_a_trackpads_pinch_in_safari(wall, browser):
    """It sends how large the page would be since the pinch began."""
    browser.goto(url(wall))
    same_picture(browser, wall)
    before, fit = place_of(browser, 20, 30), browser.page("{ view }", "view.z")
    for name, scale in ("gesturestart", 1), ("gesturechange", 1.5), ("gesturechange", 3), ("gestureend", 3):
        assert browser.eval("document.getElementById('viewport').dispatchEvent(Object.assign(new Event('%s',"
                            "{ cancelable: true }), { scale: %f, clientX: %f, clientY: %f }))"
                            % (name, scale, before["x"], before["y"])) == (name == "gestureend")
    at_rest(browser)
    after = place_of(browser, 20, 30)
    assert abs(browser.page("{ view }", "view.z") / fit - 3) < 0.01
    assert abs(before["x"] - after["x"]) < 2 and abs(before["y"] - after["y"]) < 2


@contextlib.contextmanager
def flooded(wall):
    """A thread paints the same 160x96 pixels again and again."""
    pictures = [b"".join(b"PX %d %d %02x%02x%02x\n" % (x, y, n * 40, x, (x * y * n) & 255)
                         for y in range(96) for x in range(160)) for n in range(5)]

    def flood(over):
        with wall.tcp("pixelflut") as client:
            while not over.wait(0.02):  # its pace
                client.sendall(pictures[0])
                pictures.append(pictures.pop(0))
    with meanwhile(flood):
        yield


def test_it_is_exact_again_while_others_paint(tmp_path, browser):
    """A move ends although the picture changes all the time; and what is drawn in slices is what is drawn at once."""
    canvas = "crypto.subtle.digest('SHA-1', render.context.getImageData(0, 0, render.canvas.width, render.canvas.height).data)" \
        ".then(sum => [...new Uint8Array(sum)].join())"
    with Wall(tmp_path, http_section(tmp_path), size="1000x300") as wall:
        browser.goto(url(wall))
        same_picture(browser, wall)
        with flooded(wall):
            browser.page("{ view }", "view.changed(true)")
            wait_for("rest", lambda: browser.page("{ view }", "!view.moving"))
        same_picture(browser, wall)
        at_rest(browser)
        assert browser.page("{ render }", "render.dirty.length") == 0
        slices = browser.page("{ render }", canvas)
        browser.page("{ view }", "view.redraw()")
        at_rest(browser)
        assert browser.page("{ render }", canvas) == slices
        # where all of it changes before all of it was pooled, its last rows have their turn
        last = browser.page("{ render }", "(() => { const all = { left: 0, top: 0, right: 1000, bottom: 300 }; let last = 0;"
                            "for (let n = 0; n < 100; n++) { render.changed(all); last = Math.max(last, render.next_piece().bottom); }"
                            "render.changed(all); return last; })()")
        assert last == 300
        browser.goto("about:blank")
    browser.errors.clear()


def test_the_address_has_the_place(wall, browser):
    browser.goto(url(wall) + "#20,30,12")
    wait_for("what is seen", lambda: browser.page("{ live }", "live.is_sharp"))
    middle = "{ view }", "[Math.round(view.middle().x), Math.round(view.middle().y), view.z]"
    wait_for("the place", lambda: browser.page(*middle)[2] == 12)
    browser.eval("void (location.hash = '#90,50,16')")
    wait_for("the other", lambda: browser.page(*middle) == [90, 50, 16])
    browser.page("{ view }", "view.step(true)")
    at_rest(browser)
    wait_for("the address", lambda: browser.eval("location.hash") == "#90,50,24")
    browser.page("{ view }", "view.fit()")
    wait_for("no place", lambda: browser.eval("location.hash") == "")
    for nonsense in ("#1,2", "#-1,2,3", "#1,2,0", "#99999,99999,999", "#a,b,c", "#1,2,3,4"):
        browser.eval("void (location.hash = %r)" % nonsense)
        browser.page("{ view }", "Number.isFinite(view.left + view.top + view.z)")
    browser.page("{ view }", "view.fit()")
    assert browser.errors == []


def test_a_place_is_shared_and_the_wall_fills_the_screen(wall, browser):
    browser.goto(url(wall) + "#20,30,12")
    same_picture(browser, wall)
    browser.press("#share")
    browser.wait_text("#told", "Link copied.")
    assert browser.ask("clipboard") == url(wall) + "#20,30,12"
    browser.press("#full")
    wait_for("full screen", lambda: browser.eval("document.fullscreenElement === document.documentElement"))
    assert browser.eval("[...document.querySelectorAll('header, #more')].some(e => e.checkVisibility())") is False
    at_rest(browser)
    assert browser.eval("['viewport', 'paint'].every(id => document.getElementById(id).offsetWidth > innerWidth - 30)")
    assert browser.eval("document.getElementById('viewport').getBoundingClientRect().top") == 0
    browser.eval("document.getElementById('viewport').focus()")
    browser.ask("press", key="f")
    wait_for("the window", lambda: browser.eval("document.fullscreenElement === null"))
    assert browser.errors == []


def test_tabs_wait_together(wall, browser):
    """Who painted in one waits in the other, too."""
    browser.goto(url(wall))
    same_picture(browser, wall)
    ready(browser)
    browser.eval("new Promise(done => { const other = Object.assign(document.createElement('iframe'), { src: '/', onload: done });"
                 "document.body.append(other); })")
    browser.ask("eval", frame=1, code="import('/static/main.js').then(({ strip }) => strip.wait(600000))")
    browser.wait_text("#go", "Again in ")
    assert browser.eval("document.title").startswith("(")
    browser.eval("localStorage.clear()")


def test_without_scripts_there_is_the_picture(wall, browser, window):
    window(javaScriptEnabled=False)
    browser.goto(url(wall))
    wait_for("the wall", lambda: browser.eval("document.querySelector('noscript img').naturalWidth") == 160)
    assert "Reload this page" in browser.text("noscript p")


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


def test_the_page_asks_for_a_system(wall, browser):
    browser.goto(url(wall))
    browser.wait_text("#cards", "| nc -w1")
    browser.eval("(e => { e.value = 'windows'; e.dispatchEvent(new Event('change')) })"
                 "(document.getElementById('ways-system'))")
    browser.wait_text("#cards", "Net.Sockets.TcpClient", 20)


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
        browser.wait_text("#told", "Secret")
        browser.eval("(() => { const s = document.getElementById('secret');"
                     "s.value = 'open sesame'; s.dispatchEvent(new Event('change')); })()")
        browser.ask("click", **place_of(browser, 5, 5))
        browser.wait_text("#told", "Painted")
        browser.eval("localStorage.clear()")
    browser.errors.clear()


def test_what_an_operator_has_closed_is_not_said_to_be_painted(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    ready(browser)
    with Operator(wall) as operator:
        operator.done("protect", rect="16x16+80+40")
        browser.page("{ view }", "view.step(true)")
        at_rest(browser)
        browser.ask("click", **place_of(browser, 85, 45))
        at_rest(browser)
        browser.press("#go")
        browser.wait_text("#told", "the operator has closed this place")
        operator.done("unprotect", rect="16x16+80+40")
        ready(browser)
        operator.done("ban", net="127.0.0.1", really=True)
        browser.press("#go")
        browser.wait_text("#told", "your network may not paint")
        operator.done("unban", net="127.0.0.1")
    ready(browser)
    browser.press("#go")
    browser.wait_text("#told", "Painted at")
    ready(browser)
