# SPDX-License-Identifier: MIT
"""What a crash in a plugin does, as mural-plugin(7) says."""
import os
import re
import shlex
import signal
import subprocess

import pytest

from author import EVENINGS, build, wall_with
from sanitizer import SANITIZED
from waiting import wait_for

CC = shlex.split(os.environ.get("CC") or "cc")


def test_a_crash_ends_murald_and_the_last_snapshot_stays(tmp_path):
    build(tmp_path, os.path.join(EVENINGS, "crash.c"))
    config = "[plugin crash]\nlisten = 127.0.0.1:0\n[plugin pixelflut]\nlisten = 127.0.0.1:0\n"
    with wall_with(tmp_path, config) as wall:
        with wall.tcp("crash") as client, wall.tcp("pixelflut") as bystander:
            client.sendall(b"\x05")
            wall.painted(5, 0, (0, 255, 0))
            client.sendall(b"\xff")
            assert bystander.recv(1) == b""
        wait_for("murald to be gone", lambda: wall.process.poll() is not None)
        assert wall.process.returncode == -signal.SIGABRT
        assert not [name for name in os.listdir(str(tmp_path)) if name.startswith("core")]
    with wall_with(tmp_path, config.replace("[plugin crash]\n", "[plugin crash]\nenabled = no\n")) as wall:
        assert wall.last_picture().getpixel((5, 0)) == (0, 255, 0)


def test_a_plugin_that_crashes_while_it_is_loaded_is_the_last_one_named(tmp_path):
    build(tmp_path, os.path.join(EVENINGS, "crash.c"), flags=["-DLOADED"])
    wall = wall_with(tmp_path, "[plugin crash]\nlisten = 127.0.0.1:0\n")
    done = subprocess.run(wall.command("-v", "--check-config"), capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == -signal.SIGABRT
    said = [line for line in done.stderr.splitlines() if line.startswith("murald: ")]
    assert said[-1] == "murald: debug: plugins: loading %s/crash.so" % tmp_path


@pytest.mark.skipif(SANITIZED, reason="murald is built with a sanitizer of its own")
@pytest.mark.skipif("clang" in " ".join(CC), reason="clang has its library elsewhere: configure CC=gcc")
def test_a_sanitizer_in_the_plugin_alone_names_what_it_forgot(tmp_path):
    flags = ["-g", "-fsanitize=address", "-Wl,-z,nodelete"]
    build(tmp_path, os.path.join(EVENINGS, "crash.c"), flags=["-DFORGETFUL", *flags])
    library = subprocess.run([*CC, "-print-file-name=libasan.so"], capture_output=True, text=True,
                             timeout=30, check=True).stdout.strip()
    wall = wall_with(tmp_path, "[plugin crash]\nlisten = 127.0.0.1:0\n").start(env={"LD_PRELOAD": library})
    with wall.wait_ready().tcp("crash") as client:
        client.sendall(b"\x05")
        wall.painted(5, 0, (0, 255, 0))
    assert wall.stop() != 0
    assert re.search(r"leak of 1234 byte.*\n.*\n.* in crash_open ", wall.log()), wall.log()
