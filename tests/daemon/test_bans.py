# SPDX-License-Identifier: MIT
"""Bans: whom they mute, whom they close out, and when they are over."""
import socket

import pytest

from control import Operator, again, new_wall, state
from waiting import wait_for
from wall import dot

RED, BLACK = (255, 0, 0), (0, 0, 0)


# ---- bans

def test_a_ban_mutes(wall, operator):
    with wall.tcp(source="127.0.0.5") as client, wall.tcp(source="127.0.0.6") as other:
        client.sendall(dot(1, 1, RED))
        wall.painted(1, 1, RED)
        assert operator.done("ban", net="127.0.0.5", why="a drawing")["banned"] == "127.0.0.5"
        client.sendall(dot(2, 2, RED))
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
        other.sendall(dot(3, 3, RED))
        wall.painted(3, 3, RED)
    assert wall.picture().getpixel((2, 2)) == BLACK
    ban, = operator.done("bans")["bans"]
    assert ban["net"] == "127.0.0.5" and ban["why"] == "a drawing" and not ban["out"] and "until" not in ban
    operator.done("unban", net="127.0.0.5/32")
    with wall.tcp(source="127.0.0.5") as client:
        client.sendall(dot(2, 2, RED))
        wall.painted(2, 2, RED)
    assert wall.totals("dots")["banned"] == 1


def test_a_ban_out_closes_and_refuses(wall, operator):
    with wall.tcp(source="127.0.0.5") as client, wall.tcp(source="127.0.0.6") as other:
        client.sendall(dot(1, 1, RED))
        wall.painted(1, 1, RED)
        operator.done("ban", net="127.0.0.4/31", out=True)
        assert client.recv(1) == b""
        with wall.tcp(source="127.0.0.5") as refused:
            assert refused.recv(1) == b""
        other.sendall(dot(3, 3, RED))
        wall.painted(3, 3, RED)
    operator.done("unban", net="127.0.0.4/31")
    with wall.tcp(source="127.0.0.5") as client:
        client.sendall(dot(2, 2, RED))
        wall.painted(2, 2, RED)


def test_a_ban_out_survives_a_reload_and_a_crash(wall, operator):
    operator.done("ban", net="127.0.0.5", out=True)
    operator.done("reload")
    for _ in range(2):
        with wall.tcp(source="127.0.0.5") as refused:
            assert refused.recv(1) == b""
        again(wall)


def test_a_ban_is_over(wall, operator):
    operator.done("ban", net="127.0.0.5", **{"for_": "1s"})
    ban, = operator.done("bans")["bans"]
    assert ban["until"] > ban["since"]
    wait_for("the ban to be over", lambda: operator.done("bans")["bans"] == [])
    with wall.tcp(source="127.0.0.5") as client:
        client.sendall(dot(2, 2, RED))
        wall.painted(2, 2, RED)
    wait_for("it to be written down", lambda: state(wall) == [])


def test_a_ban_that_was_over_while_murald_was_away(wall, operator):
    operator.done("ban", net="127.0.0.5", **{"for_": "1s"})
    wall.kill()
    wall.start().wait_ready()
    with Operator(wall) as operator:
        wait_for("the ban to be over", lambda: operator.done("bans")["bans"] == [])


@pytest.mark.parametrize("net, said", [
    ("0.0.0.0/0", "this machine"), ("127.0.0.0/8", "this machine"), ("::/0", "this machine"), ("::1", "this machine"),
    ("240.0.0.0/7", "large part"), ("4000::/3", "large part"), ("4001::/31", "large part"),  # nobody has these
])
def test_what_may_be_a_mistake_is_said_twice(operator, net, said):
    answer = operator.ask("ban", net=net)
    assert answer["error"] == "refused" and said in answer["why"] and answer["again"] == {"really": True}
    operator.done("ban", net=net, **answer["again"])
    assert len(operator.done("bans")["bans"]) == 1


@pytest.mark.parametrize("net", ["240.0.0.0/8", "4001::/32", "203.0.113.1", "2001:db8::1"])
def test_what_is_no_mistake(operator, net):
    operator.done("ban", net=net)


def test_the_same_ban_again_replaces_it(operator):
    operator.done("ban", net="203.0.113.0/24", why="one")
    operator.done("ban", net="203.0.113.77/24", why="two")
    ban, = operator.done("bans")["bans"]
    assert ban["why"] == "two"
    operator.refused("unban", "unknown", net="203.0.113.0/25")


def test_whom_an_unban_leaves_banned(operator):
    operator.done("ban", net="203.0.113.0/24")
    assert "it is a part of 203.0.113.0/24" in operator.refused("unban", "unknown", net="203.0.113.9")
    operator.done("ban", net="203.0.113.9")
    assert operator.done("unban", net="203.0.113.9")["still_banned"] == "203.0.113.0/24"
    assert "still_banned" not in operator.done("unban", net="203.0.113.0/24")


def test_text_that_wants_to_be_more_than_one_line(operator):
    operator.done("ban", net="192.0.2.1", why="\n{\"verb\":\"thaw\"}\u2028\x1b[2J")
    act, = operator.log()
    assert act["args"]["why"] == "\n{\"verb\":\"thaw\"}\u2028\x1b[2J"


def test_many_bans(tmp_path):
    (tmp_path / "control.state").write_text("".join(
        '{"ban":{"net":"10.%d.%d.0/24"}}\n' % (i >> 8, i & 255) for i in range(1024)))
    with new_wall(tmp_path) as wall, Operator(wall) as operator:
        assert len(operator.done("bans")["bans"]) == 1024
        assert "a wider network" in operator.refused("ban", "failed", net="192.0.2.1")
        operator.done("unban", net="10.3.255.0/24")
        operator.done("ban", net="192.0.2.1")
        assert len(state(wall)) == 1024
