# SPDX-License-Identifier: MIT
"""display.blank: screens that are dark at certain hours, and when nobody paints."""
import time

import pytest

import ppm
from guests import wait_for
from test_hotplug import wait_connector


def dpms(screen):
    return screen.guest.run("cat /sys/class/drm/card0-Virtual-1/dpms")[1].strip()


def wait_dpms(screen, state, seconds=20):
    wait_for("the screen to be " + state, lambda: dpms(screen) == state, seconds)


def black(screen):
    return screen.guest.shot().diff(ppm.Image(1280, 800)) is None


def set_clock(screen, text):
    screen.guest.run("date -s '2026-11-21 %s' >/dev/null" % text, check=True)


def seen_awake(wall):
    """Paints meanwhile: looking may take a busy machine longer than the wall stays on."""
    def claim():
        wall.dot(9, 9, (len(painted), 2, 3))
        painted.append(1)
        time.sleep(0.3)  # between two looks
        return wall.guest.shot().diff(wall.expected()) is None
    painted = []
    wait_for("the picture", claim, 20)


@pytest.mark.parametrize("method", ["atomic", "legacy"])
def test_off_when_nobody_paints(boot, method):
    screen = boot("virtio")
    wall = screen.wall(display="output = kms\nblank = idle 4s", env="MURALD_KMS=" + method).start()
    wall.noise()
    seen_awake(wall)
    since = time.monotonic()
    for i in range(7):      # each of them postpones it
        time.sleep(0.8)     # all of them take longer than `idle`
        wall.dot(i, 0, (i, 0, 255))
        state, before, since = dpms(screen), since, time.monotonic()
        assert state == "On" or since - before > 3, "unless this machine was too slow"
    wait_dpms(screen, "Off")
    wall.said("nothing was painted for the idle time")
    time.sleep(3)           # for as long it counts pixels a second after the last one
    assert wall.slept(2), "a thread woke up"
    wall.dot(9, 9, (1, 2, 3))
    wait_dpms(screen, "On", 20)
    seen_awake(wall)
    wait_dpms(screen, "Off")
    screen.guest.unplug()
    wait_connector(screen, "disconnected")
    screen.guest.resize(1280, 800)
    wait_connector(screen, "connected")
    time.sleep(1)           # for what must not happen
    assert dpms(screen) == "Off", "plugging does not wake it"
    seen_awake(wall)


def test_black_when_nobody_paints(boot):
    screen = boot("virtio")
    wall = screen.wall(display="output = kms\nblank = idle 4s\nblank-mode = black", hud=True).start()
    wall.noise()
    wait_for("the picture", lambda: not black(screen), 20)
    wait_for("black", lambda: black(screen), 20)
    assert dpms(screen) == "On"
    time.sleep(3)  # for as long it counts pixels a second after the last one
    screen.count_flips()
    time.sleep(1)  # for what must not happen
    assert screen.flips() == 0
    wall.dot(9, 9, (1, 2, 3))
    wait_for("the picture", lambda: not black(screen), 20)
    wall.reload(hud=False)
    seen_awake(wall)


@pytest.mark.parametrize("mode", ["off", "black"])
def test_hours(boot, mode):
    screen = boot("virtio")
    is_dark = (lambda: dpms(screen) == "Off") if mode == "off" else (lambda: black(screen))
    set_clock(screen, "20:00:00")
    wall = screen.painted(display="output = kms\nblank = 22:00-08:00\nblank-mode = " + mode)
    set_clock(screen, "21:59:57")
    wait_for("the dark", is_dark, 20)
    wall.noise(2, (10, 10, 40, 40))
    time.sleep(1)  # for what must not happen
    assert is_dark(), "paint does not wake it"
    set_clock(screen, "07:59:54")
    time.sleep(0.5)  # for what must not happen
    assert is_dark()
    wall.seen(seconds=20)
    set_clock(screen, "23:00:00")
    wait_for("the dark", is_dark)
    set_clock(screen, "12:00:00")
    wall.seen()


def test_starts_in_the_hours(boot):
    screen = boot("virtio")
    set_clock(screen, "23:00:00")
    before = screen.console("a console")
    wall = screen.wall(display="output = kms\nblank = 22:00-08:00 idle 1h").start(shown=False)
    wait_dpms(screen, "Off")
    wall.noise()
    assert "; canvas " not in wall.log()
    wall.reload(display="output = kms")
    wall.seen()
    wall.reload(display="output = kms\nblank = 22:00-08:00")
    wait_dpms(screen, "Off")
    wall.kill("TERM")
    assert screen.guest.wait_shot(before, 30)[1] is None, "the console is not back"
    # as an operator left it by `blank on`
    screen.guest.run("echo '{\"blank\":true}' >/run/blank.state", check=True)
    wall = screen.wall(plugins="[control]\nsocket =\nlog =\nstate = /run/blank.state\n").start(shown=False)
    wait_dpms(screen, "Off")
    wall.noise()
    wall.said("an operator wants it so")
    wall.reload(display="output = kms\nblank = idle 1h")
    time.sleep(1)  # for what must not happen
    assert dpms(screen) == "Off", "neither paint nor the config wakes it"
