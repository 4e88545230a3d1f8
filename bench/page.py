# SPDX-License-Identifier: MIT
"""The page chapter of make bench: frames a second that the web page draws in Chromium, without a GPU, at rest and while
five million pixels a second are painted, beside those of an empty page meanwhile, which is the most there can be; and
whether its heap stays as it is.  PAGE_SECONDS=600 looks at that for ten minutes."""
import contextlib
import os
import pathlib
import shutil
import statistics
import tempfile
import time

from viewers import Painter, dots, plasma

SECONDS = float(os.environ.get("PAGE_SECONDS", "20"))
# Of 60 frames; so many of those of an empty page, which a busy machine has fewer of, too.
FPS_GOAL = 58 / 60
ROUNDS = 3

# Bytes by which the heap may grow after its first seconds.
GROWTH_MOST = 1 << 20

# Frames a second, and how many tasks of more than 50 ms there were.
COUNT = """new Promise(resolve => {
    let n = 0, begin = 0, tasks = 0;
    const observer = new PerformanceObserver(list => { tasks += list.getEntries().length; });
    observer.observe({ type: "longtask" });
    const tick = now => {
        begin ||= now;
        if (now - begin < %d)
            requestAnimationFrame(tick);
        else
            setTimeout(() => { observer.disconnect(); resolve([n / (now - begin) * 1000, tasks]); });
        n += now > begin;
    };
    requestAnimationFrame(tick);
})"""


def frames(browser, url, seconds):
    """Of the page and of an empty one, in turns; medians, and all long tasks of the page."""
    page, limit = [], []
    for _ in range(ROUNDS):
        browser.goto("about:blank")
        limit.append(browser.eval(COUNT % (seconds * 1000))[0])
        browser.goto(url)
        browser.wait_text("#cards", "| nc ")  # all of it is there
        browser.page("{ live }", "new Promise(done => live.listen(({ type }) => type === 'frame' && done()))")
        page.append(browser.eval(COUNT % (seconds * 1000)))
    return statistics.median(fps for fps, _ in page), statistics.median(limit), sum(tasks for _, tasks in page)


def frames_row(name, browser, url, seconds):
    fps, limit, tasks = frames(browser, url, seconds)
    row = {"name": "frames, " + name, "unit": "a second", "murald": fps, "least": limit, "ratio": fps / limit,
           "long_tasks": tasks, "measure": "an empty page", "ok": fps / limit >= FPS_GOAL}
    print("  %-24s %5.1f a second   an empty page %5.1f   ratio %.3f   %d tasks above 50 ms%s" % (
        row["name"], fps, limit, row["ratio"], tasks, "" if row["ok"] else "   MISSED: %.3f" % FPS_GOAL))
    return row


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
                rows.append(frames_row(name, browser, "http://127.0.0.1:%d/" % wall.port("http"), seconds))
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
