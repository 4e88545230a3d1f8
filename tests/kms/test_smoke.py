# SPDX-License-Identifier: MIT
"""The display in half a minute, for `make check`; `make check-kms` has the rest."""


def test_picture_is_exact(boot):
    boot("virtio").painted()


def test_another_size(boot):
    screen = boot("virtio")
    wall = screen.painted(size="97x61")
    screen.guest.resize(1024, 600)
    wall.seen(1024, 600)
    screen.guest.resize(1280, 800)
    wall.seen()


def test_the_console_is_back_after_sigterm(boot):
    screen = boot("virtio")
    before = screen.console("a console")
    wall = screen.painted()
    wall.kill("TERM")
    seconds, difference = screen.guest.wait_shot(before, 30)
    assert seconds is not None, difference
