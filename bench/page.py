# SPDX-License-Identifier: MIT
"""The page chapter of make bench: frames a second that the web page draws in Chromium, without a GPU, at rest and while
five million pixels a second are painted, and whether its heap stays as it is.  PAGE_SECONDS=600 looks at that for ten
minutes."""
import contextlib
import os
import pathlib
import shutil
import tempfile
import time

from viewers import Painter, dots, plasma

SECONDS = float(os.environ.get("PAGE_SECONDS", "20"))
FPS_LEAST = 50

# Bytes by which the heap may grow after its first seconds.
GROWTH_MOST = 1 << 20

COUNT = """new Promise(resolve => {
    const begin = performance.now();
    let n = 0;
    const tick = now => now - begin < %d ? (n++, requestAnimationFrame(tick)) : resolve(n / (now - begin) * 1000);
    requestAnimationFrame(tick);
})"""


def frames(browser, seconds):
    return browser.eval(COUNT % (seconds * 1000))


def heap(browser, seconds):
    """Bytes of the heap and of what its buffers hold, after rubbish is collected, at the beginning and the end."""
    time.sleep(5)  # until everything is loaded and was drawn
    begin = browser.ask("heap")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(min(60, max(0, end - time.monotonic())))  # what is measured
        last = browser.ask("heap")
        print("  %-24s %6.2f MB, and %6.2f MB of buffers" % (
            "heap after %d s" % (seconds - max(0, end - time.monotonic())), last["used"] / 1e6, last["buffers"] / 1e6))
    growth = sum(last.values()) - sum(begin.values())
    return {"name": "heap grows in %d s" % seconds, "unit": "bytes", "murald": growth, "begin": begin, "end": last,
            "ok": growth <= GROWTH_MOST}


def measure(seconds):
    from browser import Browser
    from wall import Wall
    seconds, rows = max(3.0, float(seconds)), []
    with tempfile.TemporaryDirectory() as folder, Wall(
            folder, "[plugin pixelflut]\nlisten = 127.0.0.1:0\n[plugin http]\nlisten = 127.0.0.1:0\n"
            "database = %s/board.db\n" % folder, size="1280x720") as wall:
        for name, painting in (("at rest", None), ("5 M px/s", lambda: plasma(5000000, 200, 4))):
            with Browser(pathlib.Path(folder)) as browser, contextlib.ExitStack() as stack:
                if painting:
                    stack.enter_context(Painter(wall.port("pixelflut"), *painting()))
                browser.goto("http://127.0.0.1:%d/" % wall.port("http"))
                fps = frames(browser, seconds)
                rows.append({"name": "frames, " + name, "unit": "a second", "murald": fps, "ok": fps >= FPS_LEAST})
                print("  %-24s %5.1f a second%s" % (rows[-1]["name"], fps,
                                                   "" if rows[-1]["ok"] else "   MISSED: %d" % FPS_LEAST))
        with Browser(pathlib.Path(folder)) as browser, Painter(wall.port("pixelflut"), *dots(10000)):
            browser.goto("http://127.0.0.1:%d/" % wall.port("http"))
            rows.append(heap(browser, SECONDS))
            print("  %-24s %6.0f KB%s" % (rows[-1]["name"], rows[-1]["murald"] / 1e3,
                                          "" if rows[-1]["ok"] else "   MISSED: 1 MB"))
    return rows


def obstacle(plugin):
    if not os.path.exists(plugin):
        return "built without http: see what configure said"
    return None if shutil.which("chromium") else "chromium is missing: apt-get install chromium"
