# SPDX-License-Identifier: MIT
"""The snapshot: it survives a restart, is written when something changed, and damages nothing."""
import os
import signal
import subprocess

import pytest
from PIL import Image

from waiting import stays
from wall import DOTS, Wall, dot, wait_for


def test_snapshot_survives_a_restart(tmp_path):
    wall = Wall(tmp_path, DOTS)
    with wall:
        with wall.tcp() as client:
            client.sendall(dot(1, 2, (10, 20, 30)))
            wall.painted(1, 2, (10, 20, 30))
        assert wall.stop(signal.SIGINT) == 0
    with wall:
        assert wall.picture().getpixel((1, 2)) == (10, 20, 30)


def test_a_wall_without_changes_leaves_the_snapshot_alone(tmp_path):
    idle = Wall(tmp_path, DOTS)
    with idle:
        busy = Wall(tmp_path, DOTS)
        with busy:
            busy.paint(dot(1, 2, (10, 20, 30)))
            assert busy.stop() == 0
        assert idle.stop() == 0
    with Image.open(idle.snapshot) as image:
        assert image.getpixel((1, 2)) == (10, 20, 30)


def test_missing_folder_is_reported_at_the_start(tmp_path):
    wall = Wall(tmp_path, DOTS)
    wall.start("-s", "canvas.snapshot=%s/none/canvas.png" % tmp_path).wait_ready()
    assert "the folder %s/none does not exist" % tmp_path in wall.log()
    assert wall.stop() == 0


def test_snapshot_at_the_interval_only_when_changed(tmp_path):
    with Wall(tmp_path, DOTS) as wall:
        wall.stop()
        os.unlink(wall.snapshot)
        wall.start("-s", "canvas.snapshot-interval=200ms").wait_ready()
        stays("without a snapshot", lambda: not os.path.exists(wall.snapshot), 0.6)
        with wall.tcp() as client:
            client.sendall(dot(0, 0, (1, 1, 1)))
        wait_for("the interval's snapshot", lambda: os.path.exists(wall.snapshot))
        first = os.stat(wall.snapshot)
        stays("the same file", lambda: os.path.samestat(os.stat(wall.snapshot), first), 0.6)


@pytest.mark.parametrize("damage", ["cut", "noise", "empty"])
def test_unusable_snapshot_is_set_aside(tmp_path, damage):
    wall = Wall(tmp_path, DOTS)
    Image.new("RGB", (64, 48), (9, 9, 9)).save(wall.snapshot)
    with open(wall.snapshot, "rb") as f:
        data = f.read()
    data = {"cut": data[:len(data) * 2 // 3], "noise": b"\x89PNG" + os.urandom(500),
            "empty": b""}[damage]
    with open(wall.snapshot, "wb") as f:
        f.write(data)
    with wall:
        assert wall.picture().getpixel((0, 0)) == (0, 0, 0)
    with open(wall.snapshot + ".1", "rb") as f:
        assert f.read() == data
    assert "set aside as %s.1" % wall.snapshot in wall.log()


def size_and_dots(wall):
    """Paints a dot where the canvas is its size's own, and returns the picture with those of before."""
    image = wall.picture()
    wall.paint(dot(image.width - 1, image.height - 1, (image.width, 1, 2)))
    return image.size, image.getpixel((image.width - 1, image.height - 1))


def test_a_picture_for_each_size_is_kept_and_found_again(tmp_path):
    """As with another projector, or none, at the start."""
    wall = Wall(tmp_path, DOTS)
    sizes, seen = ["64x48", "50x40", "64x48", "50x40", "30x20"], []
    for size in sizes:
        wall.start("-s", "canvas.size=" + size).wait_ready()
        seen.append(size_and_dots(wall))
        assert wall.stop() == 0
    assert seen == [((64, 48), (0, 0, 0)), ((50, 40), (0, 0, 0)), ((64, 48), (64, 1, 2)),
                    ((50, 40), (50, 1, 2)), ((30, 20), (0, 0, 0))]
    assert sorted(name for name in os.listdir(tmp_path) if name.startswith("canvas")) == [
        "canvas-50x40.png", "canvas-64x48.png", "canvas.png"]
    assert "set aside" not in wall.log()


def test_a_kept_picture_of_that_name_is_not_lost(tmp_path):
    wall = Wall(tmp_path, DOTS)
    Image.new("RGB", (65, 48), (9, 9, 9)).save(wall.snapshot)
    Image.new("RGB", (65, 48), (7, 7, 7)).save(tmp_path / "canvas-65x48.png")
    with wall:
        assert wall.picture().getpixel((0, 0)) == (0, 0, 0)
    with Image.open(tmp_path / "canvas-65x48.png") as kept, Image.open(tmp_path / "canvas-65x48.png.1") as other:
        assert (kept.getpixel((0, 0)), other.getpixel((0, 0))) == ((9, 9, 9), (7, 7, 7))


def test_a_wall_that_waits_for_its_screen_has_the_size_of_before(tmp_path):
    wall = Wall(tmp_path, DOTS, size="auto")
    wall.edit_config("output = headless", "output = kms\ndevice = /dev/dri/absent")
    Image.new("RGB", (123, 45), (9, 9, 9)).save(wall.snapshot)
    wall.start()
    wait_for("the canvas", lambda: "canvas: 123x45" in wall.log(), 30)
    assert "absent: No such file or directory; waiting a few seconds for it" in wall.log()
    assert wall.wait_ready().picture().getpixel((122, 44)) == (9, 9, 9)
    assert wall.stop() == 0
    os.unlink(wall.snapshot)
    wall.start()
    wait_for("a canvas of its own", lambda: "canvas: 1280x720" in wall.log(), 30)
    assert wall.stop() == 0



@pytest.mark.parametrize("kind", ["folder", "pipe", "link to a folder"])
def test_what_is_no_file_is_reported_and_not_touched(tmp_path, kind):
    wall = Wall(tmp_path, DOTS)
    make = {"folder": os.mkdir, "pipe": os.mkfifo, "link to a folder": lambda path: os.symlink("/", path)}
    make[kind](wall.snapshot)
    before = os.lstat(wall.snapshot).st_ino
    with wall:
        assert "%s is not a regular file" % wall.snapshot in wall.log()
        wall.paint(dot(1, 2, (10, 20, 30)))
        assert wall.stop() == 0
    assert os.lstat(wall.snapshot).st_ino == before
    assert not os.path.lexists(wall.snapshot + ".1")
    assert wall.log().count("error: snapshot:") == 2, wall.log()


def test_snapshot_is_written_once_nothing_is_in_the_way(tmp_path):
    wall = Wall(tmp_path, DOTS)
    os.mkdir(wall.snapshot)
    with wall:
        os.rmdir(wall.snapshot)
        wall.paint(dot(1, 2, (10, 20, 30)))
        assert wall.picture().getpixel((1, 2)) == (10, 20, 30)


@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_what_has_the_name_of_the_temporary_file_is_not_written_to(tmp_path, kind):
    wall = Wall(tmp_path, DOTS)
    other = tmp_path / "other"
    other.write_text("mine")
    if kind == "pipe":
        os.mkfifo(wall.snapshot + ".new")
    else:
        os.symlink(other, wall.snapshot + ".new")
    with wall:
        assert wall.last_picture().size == (64, 48)
    assert other.read_text() == "mine"


def test_painting_goes_on_when_the_snapshot_cannot_be_written(tmp_path):
    with Wall(tmp_path, DOTS) as wall:
        wall.edit_config(wall.snapshot, "/proc/canvas.png")
        wall.stop()
        wall.start().wait_ready()
        for times in 1, 2:
            wall.process.send_signal(signal.SIGUSR1)
            wait_for("an error each time", lambda: wall.log().count(
                "error: snapshot: /proc/canvas.png") == times)
        wall.paint(dot(0, 0, (1, 1, 1)))
        assert wall.stop() == 0
        assert "painted 1 pixels" in wall.log()


def test_full_disk_is_an_error_each_time_and_leaves_the_old_snapshot(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.call(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)],
                       stderr=subprocess.DEVNULL):
        pytest.skip("no right to mount a tmpfs")
    try:
        path = str(disk / "canvas.png")
        with Wall(tmp_path, DOTS, size="640x480") as wall:
            wall.stop()
            wall.start("-s", "canvas.snapshot=" + path).wait_ready()
            wall.process.send_signal(signal.SIGUSR1)
            wait_for("the first snapshot", lambda: os.path.exists(path))
            with open(path, "rb") as f:
                before = f.read()
            noise = os.urandom(3 * 64000)
            wall.paint(b"".join(dot(i % 640, i // 640, noise[3 * i:3 * i + 3])
                                 for i in range(64000)))
            wait_for("the error", lambda: "No space left on device" in (
                wall.process.send_signal(signal.SIGUSR1) or wall.log()))
            with open(path, "rb") as f:
                assert f.read() == before
            # the last request may still be at work
            wait_for("nothing to be left over", lambda: os.listdir(disk) == ["canvas.png"])
            assert wall.stop() == 0
    finally:
        subprocess.check_call(["umount", str(disk)])
