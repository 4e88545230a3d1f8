# SPDX-License-Identifier: MIT
"""What an operator does is in the next frame: each verb that can be seen, with how long its flip came
after its answer."""
import datetime
import http.client
import io
import json
import re
import sys

from PIL import Image

from control import png
from guests import DOTS, wait_for

WALL = """[plugin http]
listen = 0.0.0.0:%d
admin-token = adm
pixel-rate = 0
palette = #00ff00,#0000ff
database = /run/reins.db
[control]
socket =
log =
state = /run/reins.state
[record]
file = /run/reins.record
interval = 20ms
[canvas]
owners = yes
""" % DOTS

RED, BLUE = (255, 0, 0), (0, 0, 255)


class Operator:
    def __init__(self, wall):
        self.wall, self.screen = wall, wall.screen
        wall.said("http: listening on")
        self.web = http.client.HTTPConnection("127.0.0.1", self.screen.port, timeout=60)

    def read(self, method, path, body=None):
        self.web.request(method, path, json.dumps(body), {"Authorization": "Bearer adm", "Content-Type": "application/json"})
        answer = self.web.getresponse()
        said = answer.read()
        assert answer.status == 200, said
        return said

    def ask(self, method, path, body=None):
        return json.loads(self.read(method, path, body))

    def done(self, verb, **with_):
        return self.ask("POST", "/admin/api/" + verb, {name.rstrip("_"): value for name, value in with_.items()})["is"]

    def frames(self):
        return self.done("status")["display"]["frames"]

    def rest(self):
        """No frame is under way any more; so many there were."""
        seen = []

        def still():
            seen.append(self.frames())
            return seen[-4:] == [seen[-1]] * 4
        wait_for("the screen to rest", still, 60)
        return seen[-1]

    def recorded(self, rgb):
        """The last moment of the record, as a verb takes it, once it has that colour."""
        def last():
            at = self.ask("GET", "/history?bars=1")["last"]  # for bars it is read each time
            if not at:
                return None
            with Image.open(io.BytesIO(self.read("GET", "/history?at=%.3f" % at))) as image:
                return image.convert("RGB").getpixel((0, 0)) == rgb and at
        at = wait_for("a record of it", last, 60)
        return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def shows(self, verb, alone=True, **with_):
        """Does it, and says how long its flip came after the answer.  That frame must be the only one, unless
        there is a strip, whose figures change by themselves."""
        before, shot = self.rest(), self.screen.guest.shot()
        self.screen.count_flips()
        answer = self.done(verb, **with_)
        wait_for("%s on the glass" % verb, lambda: self.screen.guest.shot().diff(shot) is not None, 60)
        trace = self.screen.guest.run("cat /sys/kernel/tracing/trace")[1]
        said, flip = (re.search(r" ([0-9.]+): %s <-" % what, trace) for what in ("tcp_sendmsg", r"drm_mode_\w+_ioctl"))
        frames = self.rest() - before
        print("%s: %.1f ms, frames: %d" % (verb, 1000 * (float(flip[1]) - float(said[1])), frames), file=sys.stderr)
        assert frames == 1 or not alone, verb
        return answer


def filled(wall, rgb, x=0, y=0, width=None, height=None):
    for j in range(y, y + (height or wall.canvas.h)):
        for i in range(x, x + (width or wall.canvas.w)):
            wall.put(i, j, rgb)


def test_each_verb_is_in_the_next_frame(boot, monkeypatch):
    screen = boot("virtio")
    monkeypatch.setattr(screen, "FLIPS", screen.FLIPS + " tcp_sendmsg")
    wall = screen.wall(dots=False, plugins=WALL).start()
    operator = Operator(wall)
    operator.shows("clear", colour="#ff0000")
    filled(wall, RED)
    wall.seen()
    red_at = operator.recorded(RED)
    operator.shows("paint", png=png(40, 30, BLUE + (255,)), to="100,50")
    filled(wall, BLUE, 100, 50, 40, 30)
    wall.seen()
    guest = operator.ask("PUT", "/register-pg", {"name": "guest", "author": "a", "secret": "s"})["id"]
    operator.ask("PUT", "/update-pixel", {"id": guest, "row": 1, "col": 1, "color": 0})
    filled(wall, (0, 255, 0), 8, 8, 8, 8)
    wall.seen()
    operator.shows("highlight", source="http:guest", for_="1h")
    operator.shows("highlight")
    wall.seen()
    assert operator.shows("undo", source="http:guest")["pixels"] == 64
    filled(wall, RED, 8, 8, 8, 8)
    wall.seen()
    operator.shows("notice", text="The bar is open")
    operator.shows("notice")
    wall.seen()
    operator.shows("restore", at=red_at)
    filled(wall, RED)
    wall.seen()
    wall.reload(hud=True)  # which says that it is paused
    wall.said("; canvas ", times=2)
    for part in {}, {"rect": "40x40+10+10"}:
        operator.shows("freeze", alone=False, **part)
        operator.shows("thaw", alone=False)
    operator.done("blank", switch="on")
    wait_for("the dark", lambda: screen.guest.run("cat /sys/class/drm/card0-Virtual-1/dpms")[1].strip() == "Off", 60)
    print("late frames: %d" % operator.done("status")["display"]["late_frames"], file=sys.stderr)
