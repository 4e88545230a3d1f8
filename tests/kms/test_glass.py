# SPDX-License-Identifier: MIT
"""How long after an operator's question the screen shows what was asked for, and whether frames are late
beside a flood: by the clock of a guest that does one instruction a nanosecond, whatever else runs here.  An
emulated processor's time is otherwise that of its emulation.  tests/kms/glass.c looks."""
import base64
import collections
import glob
import json
import os
import subprocess
import sys

import pytest
from PIL import Image

import guests as g
from control import png

FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSans*.ttf"
SOCKET = "/run/control"
MOST_MS = 50
PLUGINS = """[plugin pixelflut]
listen = 0.0.0.0:%d
connections-per-source = 0
[plugin http]
listen = 0.0.0.0:8080
database = /run/board.db
[control]
socket = %s
log =
state = /run/control.state
[record]
file = /run/wall.rec
interval = 100ms
[canvas]
owners = yes
""" % (g.DOTS, SOCKET)
DISPLAY = "output = kms\nmode = %s@60\ntitle = FrogCon 2026\nlogo = /logo.png"
PAINTER = "127.0.0.1"
RED, BLUE = (255, 0, 0), (0, 0, 255)
pytestmark = pytest.mark.skipif(not os.environ.get("MURALD_LONG"), reason="computes for minutes; with MURALD_LONG=1")


@pytest.fixture(scope="module")
def guests(all_guests, tmp_path_factory):
    """With type, a logo, and the programs that measure and flood."""
    if g.debian_arch() != "amd64":
        pytest.skip("measured on amd64")
    folder = tmp_path_factory.mktemp("glass")
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    subprocess.run(["make", "-s", "tests/kms/glass", "bench/pixelflut-flood"], cwd=g.BUILD, env=env, check=True)
    Image.new("RGB", (200, 100), "#38b764").save(str(folder / "logo.png"))
    files = [(folder / "logo.png", "/logo.png"), *((font, font) for font in glob.glob(FONTS))]
    more = [word for pair in files for word in ("--file", "%s:%s" % pair)]
    more += [word for program in ("tests/kms/glass", "bench/pixelflut-flood", "muralctl")
             for word in ("--bin", g.BUILD + "/" + program)]
    made = g.Guests(all_guests.kernel, g.make_initrd(all_guests.kernel, str(folder / "initrd"), more=more))
    yield made
    made.close()


@pytest.fixture
def screen(boot, guests):
    """Where the guest had nothing to do, its clock would run ahead while it waits for us: so it computes in vain."""
    screen = boot("bochs", guests=guests, own_time=True, size=(1920, 1080), append="iomem=relaxed")
    screen.guest.run("kill $(cat /run/spin.pid) 2>/dev/null; glass spin & echo $! >/run/spin.pid", check=True)
    return screen


def start(screen, size, canvas):
    wall = screen.wall(size=canvas, hud=True, dots=False, plugins=PLUGINS, display=DISPLAY % size)
    return wall.start()


def ask(wall, where, verb, **with_):
    """How many ms passed until that part of the screen changed, and what was answered."""
    question = {"do": verb, "with": {name.rstrip("_"): value for name, value in with_.items()}}
    line = base64.b64encode(json.dumps(question).encode() + b"\n").decode()
    out = wall.guest.run("echo %s | base64 -d | glass %s %s" % (line, SOCKET, where), timeout=600, check=True)[1]
    times, answer = out.split("\n", 1)
    return float(times.split()[0]), json.loads(answer)["is"]


def status(wall):
    out = wall.guest.run("muralctl wall -S %s --json status" % SOCKET, timeout=600, check=True)[1]
    return json.loads(out)["display"]


def flood(wall, width, height, seconds):
    wall.guest.run("pixelflut-flood text 127.0.0.1 %d 4 %dx%d %s </dev/null >/run/flood" % (
        g.DOTS, width, height, seconds), timeout=900, check=True)


def colours(wall, box):
    """{rgb: pixels} of that part of the screen."""
    part = wall.guest.shot().crop(*box)
    return {rgb: n for n, rgb in Image.frombytes("RGB", (part.w, part.h), bytes(part.rgb)).getcolors(1 << 20)}


def test_each_verb_is_on_the_screen(screen):
    """On a wall as a small machine has it, with everything on.  The strip below it changes by itself, so only
    the picture is looked at, and what is laid on it."""
    wall, took = start(screen, "1280x720", "1280x600"), collections.defaultdict(list)
    all_of_it, part = (0, 0, 1280, 600), (0, 0, 640, 300)

    def shows(name, verb, where="1280x600+0+0", **with_):
        ms, answer = ask(wall, where, verb, **with_)
        took[name].append(ms)
        print("%-20s %5.1f ms" % (name, ms), file=sys.stderr)
        return answer
    shows("clear", "clear", colour="#ff0000")
    assert colours(wall, all_of_it) == {RED: 1280 * 600}
    # in whole seconds; that which begins after the clear may begin before its record, a tenth of a second later
    wall.guest.run("sleep 2; date -u +%Y-%m-%dT%H:%M:%SZ >/run/red; sleep 1", timeout=600, check=True)
    red_at = wall.guest.run("cat /run/red")[1].strip()
    shows("clear, part", "clear", colour="#0000ff", rect="640x300+0+0")
    assert colours(wall, part) == {BLUE: 640 * 300}
    shows("paint", "paint", png=png(200, 150, BLUE + (255,)), to="1000,400")
    flood(wall, 640, 300, 0.1)
    shows("highlight", "highlight", source=PAINTER, for_="1h")
    shows("highlight, end", "highlight")
    undone = shows("undo", "undo", source=PAINTER)
    assert undone["unknown"] == 0
    assert colours(wall, part) == {BLUE: 640 * 300}
    shows("undo of undo", "undo", number=undone["number"])
    shows("undo", "undo", source=PAINTER)
    assert colours(wall, part) == {BLUE: 640 * 300}
    restored = shows("restore", "restore", at=red_at)
    assert colours(wall, all_of_it) == {RED: 1280 * 600}
    shows("undo of restore", "undo", number=restored["number"])
    assert colours(wall, part) == {BLUE: 640 * 300}
    shows("restore", "restore", at=red_at)
    shows("notice", "notice", text="The bar is open")
    shows("notice, end", "notice")
    for _ in range(2):
        shows("freeze", "freeze")
        shows("thaw", "thaw")
    shows("freeze, part", "freeze", where="400x400+100+100", rect="400x400+100+100")
    shows("thaw, part", "thaw", where="400x400+100+100", rect="400x400+100+100")
    shows("blank", "blank", switch="on")
    shows("blank, end", "blank", switch="off")
    assert colours(wall, all_of_it) == {RED: 1280 * 600}
    # the first time, the wall may still be busy with what the act before has led to
    slow = {name: ms for name, ms in took.items() if min(ms) > MOST_MS}
    assert not slow


def test_frames_beside_a_flood(screen):
    """All of the canvas changes in each frame, below it is the strip with title, logo and code, and the display
    goes first, as on a core of its own."""
    wall = start(screen, "1920x1080", "1920x900")
    wall.guest.run("for t in /proc/$(cat /run/%s.pid)/task/*; do grep -q display $t/comm && glass first ${t##*/}; done"
                   % wall.name, timeout=600)
    before = status(wall)
    flood(wall, 1920, 900, 1)
    after = status(wall)
    frames, late = (after[name] - before[name] for name in ("frames", "late_frames"))
    print("%d frames, %d late" % (frames, late), file=sys.stderr)
    assert frames > 30
