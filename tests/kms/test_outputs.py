# SPDX-License-Identifier: MIT
"""Screens that are rotated or mirrored, and several screens."""
import re
import time

import pytest

from guests import PATIENCE, on_screen, turned, wait_for


@pytest.mark.parametrize("rotate, mirror", [(0, True), (90, False), (180, False), (270, False), (90, True), (270, True)])
def test_turned_and_mirrored(boot, rotate, mirror):
    wall = boot("virtio").painted(size="211x97", rotate=rotate, mirror=mirror)
    wall.noise(2, (100, 50, 31, 33))
    wall.dot(0, 0, (255, 0, 0))
    wall.dot(210, 96, (0, 255, 0))
    wall.seen()


def test_canvas_takes_the_turned_size(boot):
    wall = boot("virtio").wall(size="800x1280", rotate=90)
    wall.guest.run("sed -i '/^size/d' /run/%s.conf" % wall.name, check=True)
    wall.start()
    assert "canvas: 800x1280\n" in wall.log()
    wall.noise(1, (600, 900, 150, 150))
    wall.seen()


TWO = "output = kms\nconnector = Virtual-1 Virtual-2"


SIZES = (1280, 800), (1024, 768)


def two_heads(boot):
    screen = boot("virtio", outputs=2)
    look = ("for c in /sys/class/drm/card0-*; do echo detect >$c/status; echo $(cat $c/status) $(head -n 1 $c/modes); "
            "done")

    def connected():
        there = screen.guest.run(look)[1].splitlines()
        late = [head for head, size in enumerate(SIZES) if there[head] != "connected %dx%d" % size]
        for head in late:
            width, height = SIZES[head]
            # the kernel may miss a request while it handles the one before, and QEMU only passes changes on
            screen.guest.resize(width, height + 8, head)
            screen.guest.resize(width, height, head)
        return not late
    wait_for("two connectors", connected)
    return screen


def seen_on_both(wall):
    wall.seen(1280, 800, head=0)
    wall.seen(1024, 768, head=1)


@pytest.mark.parametrize("method", ["atomic", "legacy", "dirtyfb"])
def test_two_heads(boot, method):
    screen = two_heads(boot)
    wall = screen.wall(display=TWO, env="MURALD_KMS=" + method).start()
    wall.said("; canvas ", 2)
    wall.noise()
    seen_on_both(wall)
    for i in range(5):
        wall.dot(60 * i, 39 * i, (i, 255, 77))
    seen_on_both(wall)
    time.sleep(3)  # for as long it counts pixels a second after the last one
    screen.count_flips()
    assert wall.slept(2), "a thread woke up"
    assert screen.flips() == 0
    wall.dot(5, 5, (1, 2, 3))
    seen_on_both(wall)
    assert screen.flips() == 2, "one for each head"


def test_one_head_goes_and_comes(boot):
    screen = two_heads(boot)
    wall = screen.wall(display=TWO).start()
    wall.said("; canvas ", 2)
    wall.noise()
    seen_on_both(wall)
    for head, size in [(1, (1024, 768)), (0, (1280, 800))]:
        screen.guest.unplug(head=head)
        wall.said("no screen is connected to Virtual-%d; waiting" % (head + 1))
        wall.noise(head + 2, (30, 20 + 90 * head, 90, 70))
        wall.seen(*[(1280, 800), (1024, 768)][1 - head], head=1 - head)
        screen.guest.resize(*size, head=head)
        wall.dot(7 * head, 5, (head, 200, 255))
        seen_on_both(wall)
    assert wall.log().count("; canvas ") == 4, "only the head that came back was enabled again"
    assert "refused" not in wall.log()


def test_both_heads_change_all_the_time(boot):
    """A storm of resizes and unplugs on both; the last state counts."""
    screen = two_heads(boot)
    wall = screen.wall(display=TWO).start()
    wall.said("; canvas ", 2)
    for i in range(24):
        head = i % 2
        if i % 5 == 4:
            screen.guest.unplug(head=head)
        else:
            screen.guest.resize(800 + 16 * i, 600, head=head)
        wall.noise(i, (i * 10, i * 7, 40, 30))
        time.sleep(0.05)  # about as fast as a guest can follow
    screen.guest.resize(1280, 800)
    screen.guest.resize(1024, 768, head=1)
    seen_on_both(wall)
    wall.dot(1, 1, (255, 0, 255))
    seen_on_both(wall)


def test_one_head_fails(boot):
    """The other one shows the picture."""
    screen = two_heads(boot)
    wall = screen.wall(display=TWO, env="LD_PRELOAD=/usr/lib/refuse.so REFUSE=second").start()
    wall.said("cannot enable Virtual-2")
    wall.noise()
    wall.seen(1280, 800, head=0)
    time.sleep(2)  # some tries, which the log must not show
    wall.dot(9, 9, (9, 9, 9))
    wall.seen(1280, 800, head=0)
    log = wall.log()
    assert log.count("; canvas ") == 1 and log.count("cannot enable") == 1, log
    screen.guest.run("touch /run/allow", check=True)
    seen_on_both(wall)
    screen.guest.run("rm /run/allow", check=True)


def test_console_is_back_on_both(boot):
    screen = two_heads(boot)
    screen.console("on both")
    before = [screen.guest.shot(head) for head in (0, 1)]
    wall = screen.wall(display=TWO).start()
    wall.said("; canvas ", 2)
    wall.kill("TERM")
    for head in (0, 1):
        assert screen.guest.wait_shot(before[head], 30, head)[1] is None


# ---------------------------------------------------------------- [output NAME]

def outputs(**sections):
    return "output = kms\n" + "".join("[output %s]\n%s\n" % (name, "\n".join(lines))
                                      for name, lines in sections.items())


def part_on(wall, box, width, height, rotate=0):
    """What a screen of that size shows of a part of the canvas."""
    upright = (width, height) if rotate % 180 == 0 else (height, width)
    return turned(on_screen(wall.canvas.crop(*box), *upright), rotate)


def both_show(wall, left, right):
    for head, want in enumerate((left, right)):
        took, difference = wall.guest.wait_shot(want, PATIENCE, head)
        assert took is not None, "head %d: %s\n%s" % (head, difference, wall.log())


def test_each_shows_its_part(boot):
    """Halves with a bezel between them, one of them upside down; then other parts, with no blink
    of what stays as it was."""
    screen = two_heads(boot)
    left = ["connector = Virtual-1", "view = 300x200+0+0"]
    right = ["connector = Virtual-2", "view = 280x200+352+0"]
    wall = screen.wall(size="640x200", display=outputs(left=left, right=right + ["rotate = 180"])).start()
    wall.said("; canvas ", 2)
    wall.noise()
    seen_left = lambda: part_on(wall, (0, 0, 300, 200), 1280, 800)
    both_show(wall, seen_left(), part_on(wall, (352, 0, 280, 200), 1024, 768, 180))
    # behind the bezel: no frame for either
    screen.count_flips()
    wall.dot(325, 100, (1, 2, 3))
    wall.dot(10, 10, (3, 2, 1))
    both_show(wall, seen_left(), part_on(wall, (352, 0, 280, 200), 1024, 768, 180))
    assert wall.slept(2), "a thread woke up"
    assert screen.flips() == 1, "one, for the head that shows the second dot"

    # a section before it, another part and another turn for one
    wall.reload(display=outputs(right=["connector = Virtual-2", "view = 200x200+100+0", "rotate = 90"], left=left))
    both_show(wall, seen_left(), part_on(wall, (100, 0, 200, 200), 1024, 768, 90))
    log = wall.log()
    assert log.count("left: ") == 1 and log.count("right: ") == 2, log
    assert "of which 200x200+100+0" in log, log

    # one goes and comes, and the other stays
    screen.guest.unplug(head=1)
    wall.said("no screen is connected to Virtual-2; waiting")
    wall.dot(5, 5, (77, 0, 0))
    took, difference = wall.guest.wait_shot(seen_left(), PATIENCE, 0)
    assert took is not None, difference
    screen.guest.resize(1024, 768, head=1)
    both_show(wall, seen_left(), part_on(wall, (100, 0, 200, 200), 1024, 768, 90))
    assert wall.log().count("left: ") == 1, wall.log()

    # the strip alone on one of them
    wall.reload(display=outputs(left=left, right=["connector = Virtual-2", "hud = only"]))
    strip = lambda: screen.guest.shot(1)
    wait_for("the strip", lambda: len(set(bytes(strip().rgb))) > 2 and not strip().diff(strip()))
    took, difference = wall.guest.wait_shot(seen_left(), PATIENCE, 0)
    assert took is not None, difference
    assert wall.log().count("left: ") == 1, wall.log()


def test_canvas_takes_the_size_of_all_views(boot):
    screen = two_heads(boot)
    wall = screen.wall(size="640x480", display=outputs(
        left=["connector = Virtual-1", "view = 320x480+0+0", "hud = plain"],
        right=["connector = Virtual-2", "view = 320x480+320+0", "hud = no"]))
    wall.guest.run("sed -i '/^size/d' /run/%s.conf" % wall.name, check=True)
    wall.start()
    assert "canvas: 640x480\n" in wall.log()
    wall.noise(1, (200, 100, 240, 200))
    took, difference = wall.guest.wait_shot(part_on(wall, (320, 0, 320, 480), 1024, 768), PATIENCE, 1)
    assert took is not None, difference


def test_two_cards(boot):
    """Each with one head: both show their part, and what one does is nothing to the other."""
    screen = boot("virtio", more=("-device", "virtio-gpu-pci,id=gpu1"))
    shot = lambda card: screen.guest.qmp.shot("gpu%d" % card, 0)
    wall = screen.wall(size="640x200", display=outputs(
        left=["connector = Virtual-1", "view = 320x200+0+0"],
        right=["connector = Virtual-2", "view = 320x200+320+0"])).start()
    wall.said("; canvas ", 2)
    wall.noise()

    def shows(card, box):
        want = part_on(wall, box, shot(card).w, shot(card).h)
        wait_for("the part on card %d" % card, lambda: shot(card).diff(want) is None, PATIENCE)
    shows(0, (0, 0, 320, 200))
    shows(1, (320, 0, 320, 200))
    assert wall.slept(2), "a thread woke up"
    screen.count_flips()
    wall.dot(600, 100, (0, 200, 255))
    shows(1, (320, 0, 320, 200))
    assert screen.flips() == 1
    assert re.search("left: /dev/dri/card0 .*, Virtual-1.*\n(.*\n)*.*right: /dev/dri/card1 .*, Virtual-2", wall.log())
    wall.kill("TERM")
    assert "refused" not in wall.log()
