# SPDX-License-Identifier: MIT
"""The console is back after every kind of exit, and shows text again."""
import pytest


@pytest.mark.parametrize("gpu", ["virtio", "bochs"])
@pytest.mark.parametrize("signal", ["TERM", "INT", "KILL", "SEGV"])
def test_console_is_back(boot, gpu, signal):
    screen = boot(gpu)
    before = screen.console("the console before")
    wall = screen.painted()
    wall.kill(signal)
    seconds, difference = screen.guest.wait_shot(before, 30)
    assert seconds is not None, difference
    assert screen.console("and more text").diff(before) is not None
    assert screen.console("the console before").diff(before) is None


@pytest.mark.parametrize("method", ["legacy", "dirtyfb"])
def test_console_is_back_after_each_method(boot, method):
    screen = boot("virtio")
    before = screen.console("the console before")
    wall = screen.painted(env="MURALD_KMS=" + method)
    wall.kill("TERM")
    assert screen.guest.wait_shot(before, 30)[1] is None


def test_console_is_back_while_others_have_the_card_open(boot):
    """The kernel then does nothing by itself when murald closes it."""
    screen = boot("virtio")
    before = screen.console("the console before")
    wall = screen.wall().start()
    screen.guest.run("sleep 1000 </dev/dri/card0 >/dev/null 2>&1 & echo $! >/run/other.pid")
    wall.noise()
    wall.seen()
    wall.kill("TERM")
    assert screen.guest.wait_shot(before, 30)[1] is None
    screen.guest.run("kill $(cat /run/other.pid)", check=True)


def test_stops_while_dark(boot):
    screen = boot("virtio")
    wall = screen.wall().start()
    screen.guest.unplug()
    wall.said("no screen is connected")
    wall.kill("TERM")
    assert wall.guest.run("cat /run/%s.log" % wall.name)[1].count("stopping: SIGTERM") == 1
    screen.guest.resize(1280, 800)
    wall = screen.painted()


def test_console_text_and_kernel_messages_do_not_show(boot):
    screen = boot("virtio")
    wall = screen.painted()
    # sleeps until the kernel has drawn it
    screen.guest.run("echo text >/dev/tty0; echo '<0>a kernel message' >/dev/kmsg; sleep 0.5",
                     check=True)
    wall.seen()
    wall.dot(3, 3, (3, 3, 3))
    wall.seen()
