# SPDX-License-Identifier: MIT
"""SIGHUP: a new config of the display takes effect, and the picture stays."""
import time

from test_outputs import TWO, seen_on_both, two_heads


def test_scale_and_orientation(boot):
    wall = boot("virtio").painted(size="211x97")
    for changes in dict(scale="none"), dict(rotate=90), dict(mirror=True), dict(scale="fill", rotate=180), dict(
            rotate=0, mirror=False, scale="fit"):
        wall.reload(**changes)
        wall.seen()
        wall.dot(5, 6, (changes.get("rotate", 1) % 256, 255, 0))
        wall.seen()
    assert wall.log().count("(virtio_gpu), Virtual-1, 1280x800@75") == 6, "five new layouts"


def test_mode(boot):
    screen = boot("virtio")
    wall = screen.painted()
    wall.reload(display="output = kms\nmode = 1024x768")
    wall.seen(1024, 768)
    wall.reload(display="output = kms\nmode = 1000x600@50")
    wall.seen(1000, 600)
    wall.dot(1, 1, (1, 1, 255))
    wall.seen(1000, 600)
    wall.reload(display="output = kms")
    wall.seen()
    assert "refused" not in wall.log()


def test_rejected_mode_leaves_the_old_one(boot):
    screen = boot("virtio")
    wall = screen.painted(env="LD_PRELOAD=/usr/lib/refuse.so REFUSE=forced")
    shown = wall.log().count("; canvas ")
    wall.reload(display="output = kms\nmode = 1000x600@50")
    wall.said("Virtual-1 refused the mode 1000x600@50: Invalid argument; it stays at 1280x800@75")
    wall.seen()
    wall.dot(1, 1, (1, 1, 255))
    wall.seen()
    screen.guest.run("echo change >/sys/class/drm/card0/uevent", check=True)
    time.sleep(1)  # for what must not happen
    assert wall.log().count("; canvas ") == shown and wall.log().count("refused") == 1
    wall.reload(display="output = kms\nmode = 1024x768")
    wall.seen(1024, 768)


def test_nothing_changed(boot):
    screen = boot("virtio")
    wall = screen.painted()
    time.sleep(3)  # for as long it counts pixels a second after the last one
    screen.count_flips()
    wall.reload()
    wall.said("1 unchanged")
    time.sleep(1)  # for what must not happen
    assert screen.flips() == 0
    assert wall.log().count("; canvas ") == 1


def test_connectors(boot):
    screen = two_heads(boot)
    wall = screen.wall(display="output = kms\nconnector = Virtual-1").start()
    wall.noise()
    wall.seen(1280, 800, head=0)
    wall.reload(display=TWO)
    seen_on_both(wall)
    assert wall.log().count("; canvas ") == 2, "the first was left alone"
    wall.reload(display="output = kms\nconnector = Virtual-2")
    wall.dot(1, 1, (1, 1, 255))
    wall.seen(1024, 768, head=1)
    wall.reload(display=TWO)
    seen_on_both(wall)
    wall.dot(1, 2, (1, 1, 255))
    seen_on_both(wall)
