# SPDX-License-Identifier: MIT
"""What somebody else writes to the engine of linked walls."""
import struct
import time

import pytest

from linking import (converged, differ, entries, fold, key, linked, over_relay, pack, payload, read_payload,
                     short_folder, wait_linked, walls)
from waiting import wait_for
from wall import dot, has_plugin

pytestmark = pytest.mark.skipif(
    not has_plugin("link"), reason="built without link: apt-get install libhiredis-dev libzstd-dev")
RED, GREEN = (255, 0, 0), (0, 255, 0)


def test_entries_that_make_no_sense(engine, tmp_path):
    """They are counted, and change nothing, and what follows is applied."""
    good = payload({(3, 3): RED}, 64, 48)
    frame = struct.pack("<HHH", 0, 1, 5) + b"abc"
    bad = [b"", b"\x02" + good[1:], good[:-1], good[:9], b"\x01" + b"x" * 50, b"\x01" + pack(b""),
           b"\x01" + pack(frame[:-1]), b"\x01" + pack(frame + b"\0"),
           b"\x01" + pack(struct.pack("<HHH", 4, 1, 5) + b"abc"),  # no such tile
           b"\x01" + pack(struct.pack("<HHH", 2, 1, 16 * 32) + b"abc"),  # below the edge
           b"\x01" + pack(struct.pack("<HHHH", 0, 2, 5, 5) + b"abcdef"),
           b"\x01" + pack(struct.pack("<HH", 0, 0)), b"\x01" + pack(struct.pack("<HH", 0, 1025) + b"a" * 4000),
           b"\x01" + pack(struct.pack("<HH", 0, 100) + b"\xff" * 128 + b"a" * 300),
           b"\x01" + pack(bytes(100 << 20))]
    with walls(engine, tmp_path, 2) as (a, b):
        log = key("mural", "log")
        for data in bad:
            assert read_payload(data, 64, 48) is None
            engine.ask("XADD", log, "*", "w", "x" * 300 + ".1", "d", data)
        engine.ask("XADD", log, "*", "m", b"\0" * 99, "x", "9-", "h", "zz", "other", "field")
        engine.ask("XADD", log, "*", "w", "a\0b", "d", good)
        a.painted(3, 3, RED)
        b.paint(dot(4, 4, GREEN))
        a.painted(4, 4, GREEN)
        converged(engine, a, b)
        assert "ERROR" not in a.log() + b.log()


def test_an_entry_under_the_name_of_another_wall(far, tmp_path):
    """As that wall is about to use it: it shows what the stranger's says, and its own one lands all the same."""
    with over_relay(far, short_folder(tmp_path, "a")) as a, linked(far, short_folder(tmp_path, "b")) as b:
        wait_linked(a, b)
        a.paint(dot(1, 1, RED))
        b.painted(1, 1, RED)
        node, seq = [f for _, f in entries(far) if b"d" in f][-1][b"w"].rsplit(b".", 1)
        far.relay.delay = None
        far.ask("XADD", key("mural", "log"), "*", "w", b"%s.%d" % (node, int(seq) + 1), "d",
                payload({(5, 5): GREEN}, 64, 48))
        a.paint(dot(2, 1, RED))
        b.painted(2, 1, RED)
        far.relay.delay = 0
        a.painted(5, 5, GREEN)
        b.paint(dot(2, 1, GREEN))
        a.painted(2, 1, GREEN)
        converged(far, a, b)


def test_checks_that_are_forged(engine, tmp_path):
    """Each makes a wall take the picture anew, but the log says so once in a while only."""
    begun = time.monotonic()
    with walls(engine, tmp_path, 1, "snapshot = 1h") as (a,):
        for x in range(10):
            engine.ask("XADD", key("mural", "log"), "*", "x", "0-0", "h", "%016x" % x)
            a.paint(dot(x, 1, RED))
            wait_for("the dot", lambda x=x: fold(engine, check=False).pixels[64 + x] == RED)
        wait_for("the picture", lambda: not differ(engine, a))
        assert 1 <= a.log().count("taking it anew") <= 1 + (time.monotonic() - begun) // 60


def test_keys_of_somebody_else(engine, tmp_path):
    engine.ask("SET", key("mural", "log"), "mine")
    with linked(engine, tmp_path) as wall:
        wait_for("a word", lambda: "WRONGTYPE" in wall.log())
        wall.paint(dot(1, 1, RED))
        wall.painted(1, 1, RED)
        engine.ask("DEL", key("mural", "log"))
        converged(engine, wall)


def test_snapshots_that_make_no_sense(engine, tmp_path):
    snap = {"born": "me", "id": "0-0", "w": 64, "h": 48, "region": "0.0", "format": "rgb-planes", "pic": pack(bytes(100 << 20))}
    engine.ask("HSET", key("mural", "snap"), *[word for pair in snap.items() for word in pair])
    with linked(engine, tmp_path) as wall:
        wait_for("a word", lambda: "its snapshot cannot be read" in wall.log())
        engine.ask("HSET", key("mural", "snap"), "pic", pack(bytes(64 * 48 * 3)))
        wall.paint(dot(1, 1, RED))
        converged(engine, wall)
