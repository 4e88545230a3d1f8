# SPDX-License-Identifier: MIT
"""Who comes to p² uninvited: limits before a WebSocket is one, and wrong codes, seen by the others."""
import socket
import time

import pytest

from control import Operator, control
from p2client import Client, RawWebSocket, auth, frame, put, shown, sub, websocket_port
from wall import Wall, wait_for

RED = (31, 0, 0)
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


def p2_wall(folder, core="", **more):
    users = folder / "users"
    users.write_text("py1 = static:1234\npy2 = static:1234\n")
    return Wall(folder, "[plugin p2]\nlisten = 127.0.0.1:0\nwebsocket = 127.0.0.1:0\nusers = %s\n" % users,
                core=core, **more)


def connect(port, source="127.0.0.1"):
    client = socket.create_connection(("127.0.0.1", port), 30, (source, 0))
    client.settimeout(20)
    return client


def answer(client):
    try:
        return client.recv(1000)
    except ConnectionResetError:
        return b""


def is_closed(client):
    client.setblocking(False)
    try:
        return client.recv(1000) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def paints(wall):
    """Somebody else, over the port in question."""
    other = RawWebSocket(websocket_port(wall))
    other.send(frame(auth("py2") + put(0, 0, RED)))
    wall.painted(32, 24, shown(RED))
    other.socket.close()


# ---------------------------------------------------------------- before the upgrade

def test_a_denied_network_gets_no_websocket(tmp_path):
    with p2_wall(tmp_path, core="deny = 127.0.0.2") as wall:
        for _ in range(20):
            with connect(websocket_port(wall), "127.0.0.2") as client:
                client.sendall(HEAD + b"\r\n")
                assert answer(client).startswith(b"HTTP/1.1 403 ")
        paints(wall)


def test_connections_count_before_they_are_websockets(tmp_path):
    with p2_wall(tmp_path, core="connections-per-source = 3") as wall:
        crowd = [connect(websocket_port(wall), "127.0.0.2") for _ in range(3)]
        for _ in range(20):
            with connect(websocket_port(wall), "127.0.0.2") as client:
                client.sendall(HEAD + b"\r\n")
                assert answer(client).startswith(b"HTTP/1.1 429 ")
        paints(wall)
        for client in crowd:
            client.close()

        def is_let_in():
            with connect(websocket_port(wall), "127.0.0.2") as client:
                client.sendall(HEAD + b"\r\n")
                return answer(client).startswith(b"HTTP/1.1 426 ")
        wait_for("room", is_let_in)
        # whatever they became, all are released
        for _ in range(10):
            paints(wall)


def test_who_drips_a_request_is_closed(tmp_path):
    """A byte now and then is no request; the time-out of silence never came."""
    with p2_wall(tmp_path) as wall:
        slow = connect(websocket_port(wall))
        begin, drip = time.monotonic(), iter(HEAD + b"X: " + b"a" * 1000)
        while not is_closed(slow):
            assert time.monotonic() - begin < 60
            try:
                slow.send(bytes([next(drip)]))
            except OSError:
                pass
            time.sleep(0.2)  # too slow for a request, too fast for a time-out of silence
        assert time.monotonic() - begin > 8
        paints(wall)
        assert wall.stop() == 0
        assert "1 unauthorized" in wall.log()


def test_many_who_ask_for_nothing_keep_nobody_out(tmp_path):
    with p2_wall(tmp_path, prefix=["prlimit", "--nofile=256"]) as wall:
        crowd = []
        for _ in range(300):
            crowd.append(connect(websocket_port(wall), "127.0.0.%d" % (2 + len(crowd) % 9)))
        paints(wall)
        with Client(wall.port("p2"), "py1", "1234") as other:
            other.send(put(1, 0, RED))
            wall.painted(33, 24, shown(RED))
        for client in crowd:
            client.close()


# ---------------------------------------------------------------- wrong codes

def wrong(wall, source, times):
    """So many wrong codes for py1; each time the server must have said no."""
    for _ in range(times):
        with connect(wall.port("p2"), source) as client:
            client.sendall(auth("py1", "4321"))
            while answer(client):
                pass


def test_strangers_with_wrong_codes_keep_no_user_out(tmp_path):
    with p2_wall(tmp_path) as wall:
        for i in range(40):
            wrong(wall, "127.0.1.%d" % (1 + i), 4)
        with Client(wall.port("p2"), "py1", "1234") as user:
            user.send(put(0, 0, RED))
            wall.painted(32, 24, shown(RED))


def test_one_address_has_few_guesses_at_a_name(tmp_path):
    with p2_wall(tmp_path) as wall:
        wrong(wall, "127.0.1.1", 5)
        with connect(wall.port("p2"), "127.0.1.1") as client:
            client.sendall(auth("py1", "1234"))
            assert answer(client) == b"\xff\x00"  # right, and not looked at
        assert wall.stop() == 0
        assert "5 unauthorized" in wall.log() and "1 rate_limited" in wall.log()


def test_an_unban_lets_all_paint_again(tmp_path):
    with p2_wall(tmp_path, core=control(tmp_path)) as wall, Operator(wall) as operator:
        operator.done("ban", net="127.0.0.2")
        with connect(wall.port("p2"), "127.0.0.2") as guest:
            guest.sendall(auth("py1") + put(0, 0, RED) + sub(0, 0, 0, 0))
            assert guest.recv(100)  # its pixel was looked at before
            operator.done("unban", net="127.0.0.2")
            guest.sendall(put(3, 0, RED))
            wall.painted(35, 24, shown(RED))
            for source, x in ("127.0.0.3", 1), ("127.0.0.2", 2):
                with connect(wall.port("p2"), source) as other:
                    other.sendall(auth("py2") + put(x, 0, RED))
                    wall.painted(32 + x, 24, shown(RED))
