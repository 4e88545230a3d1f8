# SPDX-License-Identifier: MIT
"""Tables that are older or newer than this murald, loaded and run."""
import os
import subprocess

from author import EVENINGS, build, wall_with


def run(folder, name, row):
    build(folder, os.path.join(EVENINGS, name + ".c"))
    with wall_with(folder, "[plugin %s]\nlisten = 127.0.0.1:0\n" % name) as wall:
        with wall.tcp(name) as client:
            client.sendall(b"\x11\x22\x33")
        wall.painted(2, row, (0, 0, 0x33))
        # an unchanged section: the table's reload(), which it does not have
        assert "1 unchanged" in wall.reload()
        assert wall.stop() == 0
        assert "%s: painted 3 pixels, discarded nothing" % name in wall.log()


def test_old_table(tmp_path):
    run(tmp_path, "old", 0)


def test_larger_table(tmp_path):
    run(tmp_path, "later", 1)


def test_larger_table_that_is_used(tmp_path):
    build(tmp_path, os.path.join(EVENINGS, "later.c"), flags=["-DUSED"])
    wall = wall_with(tmp_path, "[plugin later]\nlisten = 127.0.0.1:0\n")
    done = subprocess.run(wall.command("--check-config"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=30)
    assert done.returncode == 78
    assert "later.so uses what only a newer murald has; install that, or rebuild the plugin for this one" in done.stderr
