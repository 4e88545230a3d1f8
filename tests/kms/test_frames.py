# SPDX-License-Identifier: MIT
"""Frames: none without a change, one for a pixel, none lost or torn, no more than the refresh rate."""
import re
import time

import pytest

import ppm
from guests import debian_arch, wait_for

METHODS = ["atomic", "legacy", "dirtyfb"]
SHIM = "LD_PRELOAD=/usr/lib/refuse.so REFUSE="


@pytest.mark.parametrize("gpu, method", [("virtio", m) for m in METHODS] + [("vkms", "atomic")])
def test_idle_costs_nothing_and_a_pixel_one_flip(boot, gpu, method):
    screen = boot(gpu, smp=2) if gpu == "vkms" else boot(gpu)
    wall = screen.painted(env="MURALD_KMS=" + method)
    time.sleep(3)  # for as long it counts pixels a second after the last one
    screen.count_flips()

    assert wall.slept(), "a thread woke up"
    assert screen.flips() == 0

    for i in range(5):
        wall.dot(40 * i, 30 * i, (i, 0, 255))
        wait_for("a flip", lambda: screen.flips() > i)
    wall.seen()
    assert screen.flips() == 5


def flood(wall, seconds):
    """Paints at random for that long; the flips submitted per second."""
    wall.screen.count_flips()
    start = time.monotonic()
    count = 0
    while time.monotonic() - start < seconds:
        wall.noise(count, (count * 37 % (wall.canvas.w - 20), count * 11 % (wall.canvas.h - 5), 20, 5))
        time.sleep(0.002)  # a flood, but not of more than a guest can take
        count += 1
    return wall.screen.flips() / (time.monotonic() - start)


@pytest.mark.parametrize("gpu, method, hertz", [("virtio", "atomic", 75), ("bochs", "legacy", 75),
                                                ("virtio", "dirtyfb", 75), ("vkms", "atomic", 60)])
def test_flood_is_held_to_the_refresh_rate(boot, gpu, method, hertz):
    screen = boot(gpu, smp=2) if gpu == "vkms" else boot(gpu)
    wall = screen.wall(env="MURALD_KMS=" + method).start()
    rate = flood(wall, 4)
    print("%.1f flips/s of %d" % (rate, hertz))
    assert 5 < rate < hertz * 1.1
    wall.seen()


# ---------------------------------------------------------------- what changed

TRACING = "/sys/kernel/tracing"
# what a driver copies a framebuffer with in one kernel or another, and where its box is
COPIES = {"drm_fb_memcpy": "r8", "drm_fb_xrgb8888_to_rgb565": "r8", "drm_fb_xrgb8888_to_rgb888": "r8", "drm_fb_blit": "r9"}


def paint_thrice(wall, sent):
    """In one tile; only the third time is each buffer up to date but for that."""
    for i in range(3):
        before = len(sent())
        wall.dot(40, 30, (i, 255, 255))
        wait_for("a frame", lambda: len(sent()) > before)


def test_a_dirty_call_sends_a_tile(boot):
    """What the device receives, as it says itself."""
    screen = boot("virtio")
    linux = screen.guest.run("uname -r")[1]
    if tuple(int(n) for n in linux.split(".")[:2]) >= (6, 12):
        pytest.skip("virtio of Linux 6.12 sends everything, whatever it is told: this is " + linux.strip())
    wall = screen.painted(env="MURALD_KMS=dirtyfb")
    screen.guest.qmp.hmp("trace-event virtio_gpu_cmd_res_flush on")

    def flushed():
        with open(screen.guest.dir + "/qemu.log") as log:
            return re.findall(r"res_flush .*w (\d+), h (\d+), x (\d+), y (\d+)", log.read())
    paint_thrice(wall, flushed)
    screen.guest.qmp.hmp("trace-event virtio_gpu_cmd_res_flush off")
    assert flushed()[-1] == ("128", "128", "128", "0"), "the tile from 32,0, four times as large"


def trace_copies(screen):
    box = lambda register: " ".join("%s=+%d(%%%s):s32" % (side, 4 * i, register)
                                    for i, side in enumerate(("x1", "y1", "x2", "y2")))
    events = "; ".join("echo 'p:murald/%s %s %s' >>kprobe_events" % (name, name, box(register))
                       for name, register in COPIES.items())
    screen.guest.run("mount -t tracefs t %s 2>/dev/null; cd %s && { %s; } && echo 1 >events/murald/enable"
                     % (TRACING, TRACING, events), check=True)


def copied(screen):
    out = screen.guest.run("cat %s/trace" % TRACING)[1]
    return [tuple(int(n) for n in box) for box in re.findall(r"x1=(\d+) y1=(\d+) x2=(\d+) y2=(\d+)", out)]


def test_a_flip_copies_a_tile(boot):
    """FB_DAMAGE_CLIPS, with the driver that heeds it here, from Linux 6.4 on; drivers without it copy everything."""
    if debian_arch() != "amd64":
        pytest.skip("the probe reads a register of amd64")
    screen = boot("cirrus")
    takes_clips = screen.guest.run("grep -q drm_plane_enable_fb_damage_clips /lib/modules/cirrus*.ko")[0] == 0
    wall = screen.wall(env="MURALD_KMS=atomic").start()
    trace_copies(screen)
    paint_thrice(wall, lambda: copied(screen))
    if takes_clips:
        assert copied(screen)[-1] == (102, 64, 205, 166), "the tile from 32,0, below 64 rows of black"
    else:
        assert copied(screen)[-1] == (0, 0, 1024, 768)
        pytest.skip("this kernel's cirrus takes no clips: MURALD_SUITE=trixie")


@pytest.mark.parametrize("gpu, method", [("vkms", "atomic"), ("vkms", "legacy"), ("virtio", "dirtyfb")])
def test_busy_kernel_loses_no_damage(boot, gpu, method):
    screen = boot(gpu, smp=2) if gpu == "vkms" else boot(gpu)
    wall = screen.wall(env=SHIM + "busy MURALD_KMS=" + method).start()
    for seed in range(12):
        for i in range(8):
            wall.noise(seed * 8 + i, (i * 40, seed * 15, 40, 15))
            time.sleep(0.03)  # for each part to be a frame of its own
    wall.seen()
    for i in range(6):  # alone, so that no later frame makes up for a lost one
        wall.dot(i, 199, (i, 255, 255))
        wall.seen()
    refused = [int(n) for n in re.findall(r"EBUSY (\d+) of", wall.log())]
    assert len(refused) > 10, "the kernel was hardly ever busy"
    assert "enabling the screen again" not in wall.log()


def test_frames_that_are_never_shown_are_noticed(boot):
    """Every fourth flip gets no event: after a second the screen is enabled again."""
    screen = boot("virtio")
    wall = screen.wall(env=SHIM + "silent MURALD_KMS=atomic").start()
    wall.noise()
    for i in range(6):
        wall.dot(i, 0, (i, 1, 2))
        time.sleep(0.2)  # for each dot to be a frame of its own
    wall.said("no frame was shown for 1000 ms")
    wall.seen()


@pytest.mark.parametrize("refuse, methods", [("atomic", METHODS[:2]), ("flips", METHODS)])
def test_the_next_commit_method_is_used_after_a_rejection(boot, refuse, methods):
    """A driver whose flips do not work gets the next method, and no pixel is lost."""
    screen = boot("virtio")
    wall = screen.wall(env=SHIM + refuse).start()
    for method in methods:
        wall.said(", %s; canvas" % method)
        wall.noise()
    wall.seen()
    wall.dot(1, 1, (255, 255, 0))
    wall.seen()


# vkms composes late and slowly: of pictures that alternate faster it shows torn frames even where
# none were submitted.  With one processor nothing ever tears.
ALTERNATE_S, CHANGES = 0.15, 40


@pytest.mark.parametrize("method", ["atomic", "legacy", "dirtyfb"])
def test_torn_frames(boot, method):
    screen = boot("vkms", smp=2)
    # so small that a picture is one segment, one read and one publish
    wall = screen.wall(size="12x9", env="MURALD_KMS=" + method,
                       display="output = kms\nmode = 640x480").start()
    pictures = []
    for colour in (255, 32, 0), (0, 64, 255):
        dots = b"".join(wall.put(x, y, colour) for y in range(9) for x in range(12))
        pictures.append((dots, ppm.vkms_crc(wall.expected(640, 480))))
    wall.send(pictures[0][0])
    wait_for("the first picture", lambda: pictures[0][1] in screen.guest.frame_crcs(2))
    path = "/sys/kernel/debug/dri/0/crtc-0/crc"
    screen.guest.run("echo auto >%s/control; cat %s/data >/run/crcs 2>/dev/null & echo $! >/run/crcs.pid"
                     % (path, path), check=True)
    for change in range(1, CHANGES):
        wall.send(pictures[change % 2][0])
        screen.guest.run("sleep %s" % ALTERNATE_S)  # see above; there, since the guest may be slow
    screen.guest.run("kill $(cat /run/crcs.pid)", check=True)
    crcs = [int(line.split()[1], 16) for line in screen.guest.run("cat /run/crcs")[1].splitlines()[:-1]]
    known = {crc for dots, crc in pictures}
    torn = sum(crc not in known for crc in crcs)
    print("%s: %d frames, %d torn" % (method, len(crcs), torn))
    assert len(crcs) > 100 and set(crcs) >= known
    if method == "dirtyfb":
        assert torn > 20, "this test would not notice"
    else:
        assert torn == 0
