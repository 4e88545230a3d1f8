# SPDX-License-Identifier: MIT
"""The right picture, pixel by pixel: every commit method, driver, size and scale."""
import pytest

from waiting import wait_for

METHODS = ["atomic", "legacy", "dirtyfb"]


def paint_and_compare(wall):
    """Everything, then ever smaller parts: what was not copied again would show."""
    wall.noise()
    wall.seen()
    wall.noise(2, (100, 50, 31, 33))
    wall.dot(0, 0, (255, 0, 0))
    wall.dot(wall.canvas.w - 1, wall.canvas.h - 1, (0, 255, 0))
    wall.seen()
    for i in range(5):
        wall.dot(64 * i, 40 * i, (i, 255 - i, 77))
        wall.seen()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("gpu", ["virtio", "bochs"])
def test_methods(boot, gpu, method):
    wall = boot(gpu).wall(env="MURALD_KMS=" + method).start()
    assert ", 1280x800@75, %s;" % method in wall.log()
    paint_and_compare(wall)


@pytest.mark.parametrize("method", METHODS)
def test_vkms_checksum(boot, method):
    wall = boot("vkms", smp=2).wall(env="MURALD_KMS=" + method).start()
    assert ", 1024x768@60, %s;" % method in wall.log()
    wall.noise()
    wall.seen()
    wall.noise(3, (17, 150, 60, 50))
    wall.seen()


@pytest.mark.parametrize("scale", ["fit", "integer", "fill", "none"])
@pytest.mark.parametrize("size", ["1x1", "333x7", "1283x797", "1500x1001"])
def test_sizes_and_scales(boot, size, scale):
    wall = boot("virtio").wall(size=size, scale=scale).start()
    w, h = wall.canvas.w, wall.canvas.h
    wall.noise(1, (0, 0, min(w, 200), min(h, 200)))
    wall.noise(2, (w - w // 3 - 1, h // 2, w // 3 + 1, min(h - h // 2, 100)))
    wall.seen()
    wall.dot(w // 2, h // 2, (1, 200, 3))
    wall.seen()


@pytest.mark.parametrize("size, mode", [("1920x1080", (1472, 828)),
                                        ("3840x2160", (1920, 1080))])
def test_every_lone_pixel_is_seen(boot, size, mode):
    """Of 400 white pixels on black, each leaves a third of its value at least somewhere in its cell."""
    screen = boot("virtio")
    wall = screen.wall(size=size, display="output = kms\nmode = %dx%d@60" % mode).start()
    w, h = wall.canvas.w, wall.canvas.h
    wall.send(b"".join(wall.put(i % 20 * w // 20 + 2 + i * 7 % 30, i // 20 * h // 20 + 2 + i * 11 % 30, [255] * 3)
                       for i in range(400)))

    def seen():
        shot = screen.guest.shot()
        assert (shot.w, shot.h) == mode
        cells = [shot.crop(i % 20 * shot.w // 20, i // 20 * shot.h // 20, shot.w // 20, shot.h // 20)
                 for i in range(400)]
        return sum(max(cell.rgb) >= 85 for cell in cells) == 400
    wait_for("400 pixels", seen)


def test_canvas_takes_the_size_of_the_mode(boot):
    wall = boot("virtio").wall(size="800x600", display="output = kms\nmode = 800x600")
    wall.guest.run("sed -i '/^size/d' /run/%s.conf" % wall.name, check=True)
    wall.start()
    assert "canvas: 800x600\n" in wall.log()
    wall.noise(1, (300, 200, 150, 150))
    wall.seen(800, 600)


@pytest.mark.parametrize("mode, gets", [("1024x768", "1024x768@60"), ("640x480@60", "640x480@60")])
def test_configured_mode(boot, mode, gets):
    wall = boot("virtio").wall(display="mode = " + mode).start()
    assert ", %s, atomic;" % gets in wall.log()
    wall.noise(1, (0, 0, 320, 20))
    wall.seen(*(int(n) for n in gets.split("@")[0].split("x")))


def test_missing_mode_falls_back_and_is_logged(boot):
    wall = boot("virtio").wall(display="mode = 1234x567").start()
    wall.said("Virtual-1 has no mode 1234x567; murald --list-displays shows those")
    wall.noise(1, (0, 0, 320, 20))
    wall.seen()


def test_width_that_is_no_round_number(boot):
    screen = boot("virtio")
    wall = screen.wall(display="mode = 1366x768").start(shown=False)
    screen.guest.resize(1366, 768)
    wall.said(", 1366x768@")
    wall.noise()
    wall.seen(1366, 768)
    screen.guest.resize(1280, 800)


def test_a_first_card_without_display_is_passed_over(boot):
    screen = boot("vgem,virtio")
    wall = screen.wall().start()
    assert "/dev/dri/card1 (virtio_gpu), Virtual-1" in wall.log()
    wall.noise()
    wall.seen()
    out = screen.guest.run("murald --list-displays", check=True)[1]
    assert out.startswith("/dev/dri/card0 (vgem) has no display\n/dev/dri/card1: virtio_gpu\n"
                          "  Virtual-1: connected\n    1280x800@75 preferred\n"), out


def test_configured_card(boot):
    screen = boot("vkms,virtio")
    wall = screen.wall(display="device = /dev/dri/card1").start()
    assert "/dev/dri/card1 (virtio_gpu)" in wall.log()
    wall.noise()
    wall.seen()
    screen.clean_up()
    wall = screen.wall(display="output = kms\nconnector = HDMI-A-1").start(shown=False)
    wall.said("there is no connector HDMI-A-1; there are Virtual-1, Virtual-2; waiting for that")
    wall.kill()
