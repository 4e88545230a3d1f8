# SPDX-License-Identifier: MIT
"""What the web page shows of the past and of others: the slider, the film, rates, the heat map, rings."""
import base64
import io
import json
import re
import shutil
import subprocess
import time

from PIL import Image

from wall import Wall, wait_for
from webpage import (  # noqa: F401 (fixtures)
    at_rest, browser, film, flut, get, http_section, place_of, recorded, same_picture, url, wall)


def test_the_rates_move(wall, browser):
    browser.goto(url(wall))
    same_picture(browser, wall)
    client = wall.tcp("pixelflut")

    def moves():
        client.sendall(b"".join(b"PX %d 90 000001\n" % x for x in range(100)))
        return re.search(r"pixelflut [1-9]", browser.text("#legend"))
    wait_for("pixels a second", moves)
    assert browser.text("#viewers") == "1 watching"
    # by powers of ten, those first that paint most
    assert browser.text("#legend").startswith("pixelflut")
    heights = browser.eval("import('/static/main.js').then(({ graph }) => [1, 10, 1000].map(rate => graph.height_of(rate, 3)))")
    assert [round(height, 3) for height in heights] == [0, 0.333, 1]
    used = browser.eval("(() => { const g = document.getElementById('graph');"
                        "return g.getContext('2d').getImageData(0, 0, g.width, g.height)"
                        ".data.some(v => v > 0); })()")
    assert used


def test_the_history_slider(wall, browser):
    wait_for("something recorded",
             lambda: json.loads(get(wall, "history"))["moments"] > 0)
    browser.goto(url(wall))
    wait_for("the slider",
             lambda: not browser.eval("document.getElementById('look-back').hidden"))
    browser.eval("(() => { const m = document.getElementById('moment'); m.value = 0;"
                 "m.dispatchEvent(new Event('input')); })()")
    wait_for("the picture", lambda: browser.eval(
        "document.getElementById('past-picture').naturalWidth") == 160)
    browser.eval("document.getElementById('board-timelapse').click()")
    wait_for("the board's film", lambda: browser.eval(
        "(p => !p.src.includes('source=wall') && p.complete && p.naturalWidth)"
        "(document.getElementById('past-picture'))") == 20)


def test_the_film(wall, browser, tmp_path):
    """Nothing of it is loaded before it is opened; then it plays, jumps, cuts, and is saved."""
    colours = [(250, 10, 20), (10, 240, 30), (20, 30, 230)]
    for colour in colours:
        flut(wall, [(x, y, *colour) for x in range(20) for y in range(20)])
        wait_for("a record", lambda: recorded(wall, 19, 19) == colour)
        time.sleep(2)  # a long film leaves out moments that lie closer together
    browser.goto(url(wall))
    wait_for("the button", lambda: not browser.eval("document.getElementById('wall-timelapse').hidden"))
    assert not browser.eval("performance.getEntriesByType('resource').some(e => e.name.includes('film'))")
    browser.press("#wall-timelapse")
    wait_for("the film to play to its end", lambda: film(
        browser, "return film?.reel && !film.playing && film.reel.shown === film.reel.moments.length - 1"), 60)
    # each moment, in any order, is what the wall was
    n = film(browser, "return film.reel.moments.length")
    at = [film(browser, "await film.go(film.reel.moments[%d].time);"
               "return [...film.reel.image.data.slice(0, 3)]" % index) for index in range(n)]
    assert [shown for index, shown in enumerate(at) if tuple(shown) in colours
            and (index == 0 or at[index - 1] != shown)][-3:] == [list(colour) for colour in colours]
    for index in (0, n - 1, n // 2):
        assert film(browser, "await film.go(film.reel.moments[%d].time);"
                    "return [...film.reel.image.data.slice(0, 3)]" % index) == at[index]
    # arrow keys go by one
    film(browser, "await film.go(film.reel.moments[0].time); film.slider.focus()")
    browser.eval("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }))")
    wait_for("the next moment", lambda: film(browser, "return film.reel.shown") == 1)
    # a part, and the last hour
    browser.page("{ view }", "view.look(30, 30, 16)")
    assert film(browser, "film.cut('screen'); return film.box.width < film.reel.width")
    film(browser, "film.cut('whole')")
    film(browser, "return film.load(true)")
    assert film(browser, "return film.reel.shown") == 0
    # where much changed there are high bars, and a GIF is of the part that is shown
    heights = film(browser, "return film.reel.activity(20)")
    assert len(heights) == 20 and max(heights) == 1 and min(heights) == 0
    assert film(browser, "const { width, height } = film.bars, picture = film.bars.getContext('2d')"
                ".getImageData(0, 0, width, height).data; return picture.some(n => n > 0)")
    part = film(browser, "film.cut('screen'); return film.gif.href")
    gif = Image.open(io.BytesIO(get(wall, part.removeprefix(url(wall)))))
    assert gif.size == tuple(film(browser, "return [film.box.width, film.box.height]"))
    film(browser, "film.cut('whole')")
    # from its beginning to its end, into a file, even if it takes no time
    film(browser, "film.speed = 1e6; await film.record_video(); film.kept = film.recorder")
    wait_for("the video", lambda: film(browser, "return !film.recorder && film.kept.saved || 0") > 1000, 60)
    assert film(browser, "return film.reel.shown === film.reel.moments.length - 1")
    video = base64.b64decode(film(browser, "const bytes = new Uint8Array(await film.kept.blob.arrayBuffer());"
                                  "return btoa(Array.from(bytes, n => String.fromCharCode(n)).join(''))"))
    if video.startswith(b"\x1a\x45\xdf\xa3") and shutil.which("ffprobe"):
        (tmp_path / "wall.webm").write_bytes(video)
        said = json.loads(subprocess.run(["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json",
                                          str(tmp_path / "wall.webm")], check=True, capture_output=True).stdout)
        assert abs(float(said["format"]["duration"]) - film(browser, "return film.kept.lasted") / 1000) < 0.01
        assert said["streams"][0]["codec_type"] == "video"
    assert browser.ask("axe") == []
    assert film(browser, "return film.gif.href").startswith(url(wall) + "timelapse?source=wall&from=")


def test_the_last_hour(wall, browser):
    """From the server, for who has just come."""
    def hour():
        return json.loads(get(wall, "figures.json"))

    def rates():
        return {way["name"]: way["pixels_per_second"] for way in hour()["ways"]}
    client = wall.tcp("pixelflut")

    def painted():
        client.sendall(b"".join(b"PX %d 91 000001\n" % x for x in range(100)))
        return any(rates().get("pixelflut", []))
    wait_for("a step in which something was painted", painted, 60)
    assert set(rates()) == {"http", "pixelflut", "dots"}
    assert len({len(line) for line in rates().values()}) == 1
    assert hour()["step"] == 10 and abs(hour()["to"] - time.time()) < 3600
    browser.goto(url(wall))
    same_picture(browser, wall)
    wait_for("the past", lambda: any(browser.page("{ graph }", "graph.line('pixelflut').rates")))
    # the page goes on with it, step by step
    after = browser.page("{ graph }", "(line => { line.rates = Array(360).fill(7); line.sum = 0; line.n = 0;"
                         "for (let i = 0; i < 10; i++) graph.add({ plugins: [{ name: 'pixelflut', pixels_per_second: i }] });"
                         "return [line.rates.length, line.rates.at(-2), line.rates.at(-1), line.now]; })(graph.line('pixelflut'))")
    assert after == [360, 7, 4.5, 9]


def test_the_heat_map(wall, browser):
    """Over the wall, where it lies and ends, while its switch is on."""
    glow = "[...document.querySelector('.heat').getContext('2d').getImageData(%d, %d, 1, 1).data]"
    browser.goto(url(wall))
    same_picture(browser, wall)
    browser.eval("document.getElementById('heat').click()")
    wait_for("the map", lambda: browser.eval("document.querySelector('.heat')?.width") == 5)

    def is_warm():
        flut(wall, [(70, 40, 1, 2, 3)])
        return browser.eval(glow % (2, 1))[0] > 60
    wait_for("what is painted", is_warm)
    browser.page("{ view }", "view.look(80, 48, 16)")
    at_rest(browser)
    place = place_of(browser, 0, 0)
    scale = browser.page("{ view }", "view.z")
    box = browser.eval("(b => [b.x, b.y, b.width])(document.querySelector('.heat').getBoundingClientRect())")
    assert abs(box[0] + scale / 2 - place["x"]) < 1 and abs(box[1] + scale / 2 - place["y"]) < 1
    assert abs(box[2] - 160 * scale) < 1
    assert browser.ask("axe") == []
    browser.eval("document.getElementById('heat').click()")
    wait_for("it to be gone", lambda: not browser.eval("document.querySelectorAll('.heat').length"))
    assert browser.errors == []


def test_who_paints_slowly_is_seen(tmp_path, browser):
    """A ring at a lone pixel; of what the visitor's own address painted the page says so, of others nothing."""
    with Wall(tmp_path, http_section(tmp_path), size="320x240\nowners = yes") as wall:
        browser.goto(url(wall))
        same_picture(browser, wall)
        browser.page("{ ripples }", "{ ripples.seen = []; const add = ripples.add.bind(ripples);"
                     " ripples.add = (x, y, name, ms) => { ripples.seen.push([x, y, name]); add(x, y, name, 3e5); }; }")
        seen = lambda: browser.page("{ ripples }", "ripples.seen")
        with wall.tcp("pixelflut", source="127.0.0.9") as other:
            other.sendall(b"PX 100 50 ff0000\n")
            wait_for("a ring", lambda: [100.5, 50.5, "ripple"] in seen())
            other.sendall(b"".join(b"PX %d %d 00ff00\n" % (x, y) for x in range(0, 320, 9) for y in range(0, 240, 7)))
            same_picture(browser, wall)
            # not while a protocol paints fast
            block = b"".join(b"PX %d 9 %06x\n" % (x, n) for n in range(9) for x in range(9))
            stays = "ripples.is_fast && (ripples.pace = () => {}, true)"
            wait_for("it to be fast", lambda: other.sendall(block) or browser.page("{ ripples }", stays))
            before = seen()
            other.sendall(b"PX 300 200 010203\n")
            wall.painted(300, 200, (1, 2, 3))
            same_picture(browser, wall)
            assert seen() == before
            browser.page("{ ripples }", "{ delete ripples.pace; ripples.seen = []; }")
            wait_for("it to be slow", lambda: not browser.page("{ ripples }", "ripples.is_fast"))
        assert "You painted" not in browser.text("#told")
        flut(wall, [(200, 120, 0, 0, 255)])
        browser.wait_text("#told", "You painted this: 200, 120.")
        wait_for("a ring", lambda: [200.5, 120.5, "ripple"] in seen())
        assert seen().count([200.5, 120.5, "ripple mine"]) == 1
        assert [name for *_, name in seen() if "mine" in name] == ["ripple mine"]
        assert len(seen()) == 2
        # they move with the wall
        browser.page("{ view }", "view.look(200, 120, 16)")
        at_rest(browser)
        at = place_of(browser, 200, 120)
        box = browser.eval("(b => [b.x + b.width / 2, b.y + b.height / 2])(document.querySelector('.ripple.mine').getBoundingClientRect())")
        assert abs(box[0] - at["x"]) < 1 and abs(box[1] - at["y"]) < 1
        assert browser.ask("axe") == []
        browser.goto("about:blank")
    browser.errors.clear()
