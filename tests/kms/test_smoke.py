# SPDX-License-Identifier: MIT
"""The display in half a minute, for `make check`; `make check-kms` has the rest."""


def test_picture_is_exact(boot):
    wall = boot("virtio").wall().start()
    wall.noise()
    wall.seen()


def test_another_size(boot):
    screen = boot("virtio")
    wall = screen.wall(size="97x61").start()
    wall.noise()
    wall.seen()
    screen.guest.resize(1024, 600)
    wall.seen(1024, 600)
    screen.guest.resize(1280, 800)
    wall.seen()


def test_the_console_is_back_after_sigterm(boot):
    screen = boot("virtio")
    before = screen.console("a console")
    wall = screen.wall().start()
    wall.noise()
    wall.seen()
    wall.kill("TERM")
    seconds, difference = screen.guest.wait_shot(before, 5)
    assert seconds is not None, difference
