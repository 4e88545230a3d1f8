# SPDX-License-Identifier: MIT
"""Who may use p²: codes that are valid once, guesses, and how much each user may paint."""
import os
import socket
import subprocess
import time

import pytest

from p2client import Client, RawWebSocket, auth, put, sub, websocket_port
from p2wall import RED, SECRET, WHOLE, client, open_wall, p2_wall

needs_oathtool = pytest.mark.skipif(
    not any(os.path.exists(os.path.join(d, "oathtool")) for d in os.environ["PATH"].split(":")),
    reason="no oathtool: apt-get install oathtool")


# ------------------------------------------------------------------------ users

def oath(offset=0):
    """The code of the current step, or of one `offset` steps away."""
    at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time() + 30 * offset))
    return subprocess.check_output(
        ["oathtool", "--totp", "-b", SECRET, "-N", at], text=True).strip()


def away_from_a_step():
    """So that a code arrives in the step that it was made for."""
    left = 30 - time.time() % 30
    if left < 4:
        time.sleep(left)  # the codes change with the time


def gets_in(wall, name, code):
    with client(wall, name, code) as c:
        c.send(sub(0, 0, 0, 0))
        c.until(lambda c: c.pixels or c.over or c.closed)
        return bool(c.pixels)


@needs_oathtool
@pytest.mark.parametrize("state", [False, True])
def test_codes_are_valid_once_also_after_a_restart(tmp_path, state):
    users = "alice = totp:%s\nbob = totp:%s\n" % (SECRET, SECRET)
    folder = tmp_path / "state"
    folder.mkdir()
    env = {"STATE_DIRECTORY": str(folder)} if state else {}
    away_from_a_step()
    wall = p2_wall(tmp_path, users=users)
    try:
        wall.start(env=env).wait_ready()
        assert gets_in(wall, "alice", oath())
        assert not gets_in(wall, "alice", oath())
        assert not gets_in(wall, "alice", oath(-1)), "older than a used one"
        assert gets_in(wall, "bob", oath(-1))
        assert not gets_in(wall, "bob", oath(-2)) and not gets_in(wall, "bob", oath(2))
        assert gets_in(wall, "py1", "1234") and gets_in(wall, "py1", "1234"), "static codes may"
        wall.stop()
        wall.start(env=env).wait_ready()
        assert not gets_in(wall, "alice", oath()), "replayed after a restart"
        assert gets_in(wall, "bob", oath())
        wall.kill()  # no clean stop
        wall.start(env=env).wait_ready()
        assert not gets_in(wall, "bob", oath())
        assert gets_in(wall, "bob", oath(1))
        assert gets_in(wall, "alice", oath(1))
        assert wall.stop() == 0
        steps = os.listdir(folder) if state else [n for n in os.listdir(tmp_path) if "steps" in n]
        assert len(steps) == 1 and steps[0].endswith("users.steps")
    finally:
        if wall.process.poll() is None:
            wall.process.kill()


def test_a_wrong_code_is_answered_and_closed(tmp_path):
    with p2_wall(tmp_path) as wall:
        for message in (auth("py1", "1235"), auth("nobody"), auth(b"\xc3("), auth("py1", "a234"),
                        b"\xff\xd0" + bytes(6), b"\x00", b"GET / HTTP/1.1\r\n\r\n", b"\xff\xa0\xff"):
            with Client(wall.port("p2")) as c:
                c.send(message)
                assert c.until_closed(3), message
        totals = wall.totals("p2")
        assert (totals["unauthorized"], totals["malformed"]) == (2, 6)


def test_guessing_is_slowed_down(tmp_path):
    with p2_wall(tmp_path) as wall:
        for _ in range(5):
            assert not gets_in(wall, "py1", "9999")
        assert not gets_in(wall, "py1", "1234"), "the sixth attempt is not even looked at"
        assert gets_in(wall, "py2", "1234"), "others get in"
        totals = wall.totals("p2")
        assert (totals["unauthorized"], totals["rate_limited"]) == (5, 1)


def test_the_same_user_again_closes_the_older(tmp_path):
    with p2_wall(tmp_path) as wall, client(wall) as older, client(wall, "py2") as other:
        older.send(WHOLE)
        older.until(lambda c: c.pixels)
        with client(wall) as newer:
            assert older.until_closed()
            newer.send(sub(0, 0, 0, 0))
            newer.until(lambda c: c.pixels)
            assert other.quiet() and not other.closed


def test_with_auth_none_anybody_comes(tmp_path):
    with open_wall(tmp_path) as wall:
        assert gets_in(wall, "anybody", "1")
        assert gets_in(wall, "n" * 255, "99999999")
        with Client(wall.port("p2")) as c:
            c.send(auth(b"\xff"))
            assert c.until_closed()


def test_login_must_come_within_ten_seconds(tmp_path):
    with p2_wall(tmp_path) as wall, Client(wall.port("p2")) as silent, \
            Client(wall.port("p2")) as slow, client(wall) as good:
        ws = RawWebSocket(websocket_port(wall))
        with socket.create_connection(("127.0.0.1", websocket_port(wall))) as no_request:
            slow.send(auth("py2")[:5])
            start = time.monotonic()
            while not (silent.closed and slow.closed):
                silent.read()
                slow.read()
                if not slow.closed:
                    try:
                        slow.send(b"")
                    except OSError:
                        pass
            assert time.monotonic() - start > 9
            assert silent.over and slow.over and ws.close_code() == 1008
            no_request.settimeout(30)
            while no_request.recv(4096):  # an HTTP answer at most
                pass
        good.send(sub(0, 0, 0, 0))
        good.until(lambda c: c.pixels)
        assert wall.totals("p2")["unauthorized"] == 4


# ----------------------------------------------------------------------- limits

def painted(wall, before=0):
    return sum(rgb != (0, 0, 0) for rgb in wall.picture().getdata()) - before


def test_put_rate_is_per_user(tmp_path):
    flood = b"".join(put(x, y, RED) for y in range(-24, 24) for x in range(-32, 32))
    with p2_wall(tmp_path, "put-rate = 100\nput-burst = 50") as wall:
        begin = time.monotonic()

        def most():
            """That a user may have painted by now."""
            return 51 + 100 * (time.monotonic() - begin)
        with client(wall) as c:
            c.send(flood + b"\xff\x00")
            assert c.until_closed()
        with client(wall) as c:  # connecting again does not help
            c.send(flood[::-1][-8:] + flood[8 * 2000:] + b"\xff\x00")
            assert c.until_closed()
        n = painted(wall)
        assert 50 <= n <= most(), n
        begin = time.monotonic()
        with client(wall, "py2") as c:
            c.send(flood[8 * 1000:] + b"\xff\x00")
            assert c.until_closed()
        assert 50 <= painted(wall, n) <= most()
        assert wall.totals("p2")["rate_limited"] > 0


def test_put_rate_zero_means_no_limit(tmp_path):
    flood = b"".join(put(x, y, RED) for y in range(-24, 24) for x in range(-32, 32))
    with p2_wall(tmp_path, "put-rate = 0") as wall, client(wall) as c:
        c.send(flood + b"\xff\x00")
        assert c.until_closed()
        assert painted(wall) == 64 * 48
