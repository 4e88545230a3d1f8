# SPDX-License-Identifier: MIT
"""Hotplug: screens and cards that come, change and go, or belong to another program."""
import time

import pytest

from guests import wait_for


def wait_connector(screen, status):
    wait_for("the connector to be " + status, lambda: screen.guest.run(
        "cat /sys/class/drm/card?-Virtual-1/status")[1].split()[0] == status)


@pytest.mark.parametrize("method", ["atomic", "legacy", "dirtyfb"])
def test_resize_up_and_down(boot, method):
    screen = boot("virtio")
    wall = screen.painted(size="211x97", env="MURALD_KMS=" + method)
    for i, size in enumerate([(1920, 1080), (640, 480), (1600, 900), (1280, 800)]):
        screen.guest.resize(*size)
        wall.dot(10 * i, i, (255, i, 0))
        wall.seen(*size)
        wall.dot(10 * i, i, (0, i, 255))
        wall.seen(*size)


def test_many_resizes_at_once(boot):
    screen = boot("virtio")
    wall = screen.wall().start()
    wall.noise()
    for i in range(20):
        screen.guest.resize(800 + 16 * i, 600 + 8 * i)
        time.sleep(0.02)  # about as fast as a guest can follow
    screen.guest.resize(1280, 800)
    wall.seen()
    shown = wall.log().count("; canvas ")
    assert shown < 20, "each of 20 requests led to a modeset: %d" % shown


def test_unplug_draw_replug(boot):
    screen = boot("virtio")
    wall = screen.painted()
    for i in range(3):
        screen.guest.unplug()
        wait_connector(screen, "disconnected")
        wall.said("no screen is connected", i + 1)
        wall.noise(i + 2, (30 * i, 20, 90, 100))
        screen.guest.resize(1280, 800)
        wall.seen()
        wall.dot(5, 5, (i, i, 255))
        wall.seen()
    assert "refused" not in wall.log()


def test_start_without_screen(boot):
    screen = boot("virtio")
    screen.guest.unplug()
    wait_connector(screen, "disconnected")
    wall = screen.wall().start(shown=False)
    wall.said("no screen is connected")
    wall.noise()
    screen.guest.resize(1024, 768)
    wall.seen(1024, 768)
    screen.guest.resize(1280, 800)
    wall.seen()


def test_a_missing_screen_is_polled_without_events(boot):
    """Forced states send no event: only polling finds them."""
    screen = boot("virtio")
    status = "/sys/class/drm/card0-Virtual-1/status"
    screen.guest.run("echo off >" + status, check=True)
    wall = screen.wall().start(shown=False)
    wall.said("no screen is connected")
    screen.guest.run("echo detect >" + status, check=True)
    wall.noise()
    wall.seen()


def test_more_events_than_the_kernel_keeps(boot):
    """As when udev triggers all devices at boot while murald is busy with a modeset."""
    screen = boot("virtio")
    wall = screen.painted()
    screen.guest.run("kill -STOP $(cat /run/%s.pid); i=0; while [ $i -lt 500 ]; do "
                     "echo change >/sys/class/drm/card0/uevent; i=$((i+1)); done; "
                     "awk '$2 == 15 && $9 > 0 { lost = 1 } END { exit !lost }' /proc/net/netlink && "
                     "kill -CONT $(cat /run/%s.pid)" % (wall.name, wall.name), check=True)
    time.sleep(1)   # so that the next event is not among the lost ones, which cause a scan
    screen.guest.resize(1024, 768)
    wall.seen(1024, 768)
    screen.guest.resize(1280, 800)
    wall.seen()


def virtio_device(screen):
    return screen.guest.run("ls /sys/bus/virtio/drivers/virtio_gpu | grep ^virtio")[1].split()[0]


def test_card_goes_and_comes_back(boot):
    screen = boot("virtio")
    wall = screen.painted()
    device = virtio_device(screen)
    driver = "/sys/bus/virtio/drivers/virtio_gpu"
    screen.guest.run("echo %s >%s/unbind" % (device, driver), check=True)
    wall.noise(2, (50, 50, 100, 20))
    wall.said("no card in /dev/dri")
    screen.guest.run("echo %s >%s/bind" % (device, driver), check=True)
    wall.seen()
    wall.dot(1, 1, (1, 2, 3))
    wall.seen()


def test_start_without_card(boot):
    screen = boot("virtio")
    device = virtio_device(screen)
    driver = "/sys/bus/virtio/drivers/virtio_gpu"
    screen.guest.run("echo %s >%s/unbind" % (device, driver), check=True)
    auto = screen.wall(display="output = auto").start(shown=False)
    auto.said("display: headless: no card in /dev/dri")
    assert "canvas: 320x200" in auto.log()
    auto.kill()
    wall = screen.wall().start(shown=False)
    wall.said("no card in /dev/dri; waiting for a screen")
    wall.noise()
    screen.guest.run("echo %s >%s/bind" % (device, driver), check=True)
    wall.seen()


def test_waits_for_a_card_that_another_program_holds(boot):
    """The other program is another murald."""
    screen = boot("virtio")
    first = screen.wall(dots=False).start()
    wall = screen.wall().start(shown=False)
    wall.said("held by another program")
    wall.noise()
    time.sleep(2)  # some tries, which the log must not show
    assert wall.log().count("held by another program") == 1, wall.log()
    first.kill()
    wall.seen()


def test_unprivileged_user_waits_too(boot):
    """Without privileges the kernel keeps answering EACCES to a descriptor that was opened second."""
    screen = boot("virtio")
    screen.guest.run("chmod 666 /dev/dri/card0; echo someone:x:1000:1000::/:/bin/sh >/etc/passwd; "
                     "echo >/etc/group; chmod 755 /", check=True)
    first = screen.wall(dots=False).start()
    wall = screen.wall()
    wall.guest.run("touch /run/%s.log; chmod 666 /run/%s.log; chmod 755 /run" % (wall.name, wall.name))
    wall.guest.run("su someone -c 'exec murald -c /run/%s.conf >>/run/%s.log 2>&1' & "
                   "while [ $(pidof murald | wc -w) -lt 2 ]; do sleep 0.05; done; "  # between two looks
                   "pidof murald | tr ' ' '\\n' | sort -n | tail -1 >/run/%s.pid"
                   % (wall.name, wall.name, wall.name), check=True)
    wall.said("held by another program")
    wall.noise()
    first.kill()
    wall.seen()
