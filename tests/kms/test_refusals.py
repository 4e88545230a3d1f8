# SPDX-License-Identifier: MIT
"""Drivers that lie or reject what they are asked, and programs that interfere with the display."""
import random
import time

import pytest

from guests import wait_for

SHIM = "LD_PRELOAD=/usr/lib/refuse.so REFUSE="


def test_every_modeset_is_rejected(boot):
    """The wall goes on accepting pixels, logs it once, and recovers by itself."""
    screen = boot("virtio")
    wall = screen.wall(env=SHIM + "modesets").start(shown=False)
    wall.said("cannot enable Virtual-1: Invalid argument; retrying")
    wall.noise()
    time.sleep(4)  # some tries, which the log must not show
    assert wall.log().count("cannot enable") == 1, wall.log()
    screen.guest.run("touch /run/allow", check=True)
    wall.seen()
    wall.dot(1, 1, (1, 1, 255))
    wall.seen()
    assert "refused" not in wall.log()
    screen.guest.run("rm /run/allow", check=True)


@pytest.mark.parametrize("how", ["preferred MURALD_KMS=atomic", "preferred MURALD_KMS=legacy", "old"])
def test_another_mode_is_used_after_a_rejection(boot, how):
    screen = boot("virtio")
    wall = screen.wall(env=SHIM + how).start()
    wall.said("Virtual-1 refused its mode 1280x800@75 and accepted the one above")
    size = wall.log().split("Virtual-1, ")[1].split("@")[0]
    assert size != "1280x800"
    wall.noise()
    wall.seen(*(int(n) for n in size.split("x")))
    screen.guest.run("echo change >/sys/class/drm/card0/uevent", check=True)
    time.sleep(1)  # for what must not happen
    assert wall.log().count("; canvas ") == 1, "nothing had changed"


def test_forced_mode(boot):
    """A mode that the screen does not list."""
    wall = boot("virtio").wall(display="mode = 1000x600@50").start()
    assert ", 1000x600@50, atomic;" in wall.log()
    wall.said("Virtual-1 does not list the mode 1000x600@50; it is forced")
    wall.noise()
    wall.seen(1000, 600)


def test_forced_mode_that_is_rejected(boot):
    wall = boot("virtio").wall(display="mode = 1000x600@50", env=SHIM + "forced").start()
    wall.said("Virtual-1 refused its mode 1000x600@50 and accepted the one above")
    wall.noise()
    wall.seen()


@pytest.mark.parametrize("rotate", [0, 90])
def test_little_memory(boot, rotate):
    """Falls back to two bytes a pixel; colours whose channels are 0 or 255 stay exact."""
    screen = boot("vkms", smp=2)
    wall = screen.wall(env=SHIM + "memory", rotate=rotate).start()
    assert ", 1024x768@60, atomic, RGB565;" in wall.log()
    rng = random.Random(5)
    for _ in range(2):
        wall.send(b"".join(wall.put(rng.randrange(320), rng.randrange(200), rng.choices((0, 255), k=3))
                           for i in range(20000)))
        wall.seen()


def test_bad_link_is_set_up_again(boot):
    screen = boot("virtio")
    wall = screen.painted(env=SHIM + "link")
    screen.guest.run("touch /run/bad; echo change >/sys/class/drm/card0/uevent", check=True)
    wall.said("; canvas ", 2)
    wall.seen()
    wall.dot(1, 1, (1, 1, 255))
    wall.seen()


@pytest.mark.parametrize("gpu", ["virtio", "vkms"])
def test_stopped_and_continued(boot, gpu):
    screen = boot(gpu, smp=2) if gpu == "vkms" else boot(gpu)
    wall = screen.painted()
    for i in range(3):
        wall.noise(i, (0, 20 * i, 60, 20))
        # stopped for longer than a frame may take
        screen.guest.run("kill -STOP $(cat /run/%s.pid); sleep 1.5" % wall.name, check=True)
        wall.noise(5 + i, (100, 20 * i, 60, 20))
        screen.guest.run("kill -CONT $(cat /run/%s.pid)" % wall.name, check=True)
        wall.seen()
    assert "enabling the screen again" not in wall.log()


def test_the_console_cannot_turn_the_screen_off(boot):
    """As setterm --blank and other users of fbdev try to."""
    screen = boot("virtio")
    wall = screen.painted()
    screen.guest.run("echo 4 >/sys/class/graphics/fb0/blank; echo 1 >/sys/class/graphics/fb0/blank")
    wall.dot(1, 1, (1, 1, 255))
    wall.seen()
    assert screen.guest.run("cat /sys/class/drm/card0-Virtual-1/dpms")[1].strip() == "On"
    wall.kill("TERM")
    screen.guest.run("echo 0 >/sys/class/graphics/fb0/blank", check=True)


def console_of(screen):
    return screen.guest.run("cat /sys/class/tty/tty0/active")[1].strip()


def test_another_console_comes_and_goes(boot):
    screen = boot("virtio")
    before = screen.console("the first console")
    wall = screen.wall()
    screen.guest.run("setsid sh -c 'exec murald -c /run/%s.conf </dev/tty3 >/run/%s.log 2>&1' & "
                     "until pidof murald >/run/%s.pid; do sleep 0.05; done"  # between two looks
                     % ((wall.name,) * 3), check=True)
    wall.said("tty3 is our console")
    wall.said("; canvas ")
    assert console_of(screen) == "tty3"
    wall.noise()
    wall.seen()
    for i in range(2):
        screen.guest.run("chvt 1", check=True)
        assert screen.guest.wait_shot(before, 30)[1] is None
        assert console_of(screen) == "tty1"
        wall.noise(i, (i * 50, 20, 40, 30))
        time.sleep(0.5)  # for what must not happen
        assert screen.guest.shot().diff(before) is None, "it draws on the other console"
        screen.guest.run("chvt 3", check=True)
        wall.seen()
        wall.dot(i, 1, (1, 1, 255))
        wall.seen()
    screen.guest.run("chvt 1", check=True)
    wait_for("the console", lambda: screen.guest.shot().diff(before) is None)
    wall.kill("TERM")
    screen.guest.run("chvt 2 && chvt 1", check=True)
    assert console_of(screen) == "tty1"
