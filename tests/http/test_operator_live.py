# SPDX-License-Identifier: MIT
"""What operators are told as long as they listen, and who only looks and is kept out."""
import base64
import contextlib
import http.client
import itertools
import json
import random
import re
import socket

import pytest
from PIL import Image

from adminapi import ADMIN, ask, wall  # noqa: F401 (fixtures)
from boardclient import Board, board_wall
from control import Operator, control, png_file
from p2client import upgrade_request
from waiting import settled, wait_for


def live(wall, verb, every, with_="{}", receive=None):
    """The socket of a request that is answered again and again."""
    client = socket.socket()
    client.settimeout(30)
    if receive:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    client.connect(("127.0.0.1", wall.port("http")))
    client.sendall(("POST /admin/api/%s?every=%s HTTP/1.1\r\nHost: w\r\nAuthorization: bearer adm\r\n"
                    "Content-Length: %d\r\n\r\n%s" % (verb, every, len(with_), with_)).encode())
    return client


def live_lines(client):
    """The lines, in chunks of any size."""
    rest, file = b"", client.makefile("rb")
    assert file.readline().startswith(b"HTTP/1.1 200 ")
    while file.readline().strip():
        pass
    while True:
        size = int(file.readline(), 16)
        *lines, rest = (rest + file.read(size + 2)[:-2]).split(b"\n")
        yield from map(json.loads, lines)
        if not size:
            return


def test_top_goes_on(wall, board):
    board.paint(board.register(name="anna"), 1, 2, 3)
    with live(wall, "top", 100) as client:
        for _, line in zip(range(3), live_lines(client)):
            assert line["more"] and line["is"]["sources"] is not None
    with Operator(wall) as operator:
        assert operator.done("status")


def test_a_ban_on_his_own_network_does_not_cut_the_operators(wall):
    with live(wall, "bans", 100) as client, wall.tcp("http") as idle, Operator(wall) as operator:
        lines = live_lines(client)
        assert not next(lines)["is"]["bans"]
        operator.done("ban", net="127.0.0.0/8", out=True, really=True)
        assert idle.recv(1) == b"", "who was there is cut"
        banned = (line for line in lines if line["is"]["bans"])
        assert len(list(itertools.islice(banned, 3))) == 3
        operator.done("unban", net="127.0.0.0/8")


@pytest.mark.parametrize("verb, every, with_, status, word", [
    ("top", "99", "{}", 400, "usage"), ("top", "", "{}", 400, "usage"), ("top", "3600001", "{}", 400, "usage"),
    ("top", "99999999999999999999", "{}", 400, "usage"), ("top", "-1000", "{}", 400, "usage"),
    ("clear", "1000", "{}", 400, "usage"), ("nonsense", "1000", "{}", 404, "unknown"),
    ("top", "1000", '{"net":"192.0.2.1"}', 400, "usage")])
def test_what_does_not_go_on(board, verb, every, with_, status, word):
    answer = board.ask("POST", "/admin/api/%s?every=%s" % (verb, every), json.loads(with_), ADMIN)
    assert answer.status == status and answer.json()["error"] == word


def test_who_reads_slowly_misses_answers(wall, board):
    noise = Image.frombytes("RGB", (64, 48), random.Random(1).randbytes(64 * 48 * 3))
    ask(board, "paint", {"png": base64.b64encode(png_file(noise)).decode()})

    def grabbed():
        return re.search(rb'murald_control_total\{verb="grab"\} (\d+)', board.ask("GET", "/metrics").body).group(1)
    with live(wall, "grab", 100, receive=4096) as client:
        wait_for("a first answer", lambda: int(grabbed()) > 1)
        settled(grabbed, 2)
        assert any("skipped" in line for line in itertools.islice(live_lines(client), 100))


def test_only_so_many_go_on(wall, board):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(live(wall, "status", 100)) for _ in range(16)]
        assert all(next(live_lines(client))["is"] for client in clients)
        assert board.ask("POST", "/admin/api/status?every=100", {}, ADMIN).status == 503
        clients[3].close()

        def another():
            with live(wall, "status", 100) as client:
                return client.recv(4096).startswith(b"HTTP/1.1 200 ")
        wait_for("room for another", another)
        assert wall.stop() == 0


def test_who_breaks_off_a_picture_holds_up_nobody(wall):
    whole = png_file(Image.new("RGB", (8, 8), (9, 8, 7)))
    half = len(whole) // 6 * 3
    pieces = [{"png": base64.b64encode(whole[:half]).decode(), "part": True},
              {"png": base64.b64encode(whole[half:]).decode(), "offset": half}]
    with contextlib.ExitStack() as stack:
        several = [stack.enter_context(Board(wall)) for _ in range(5)]
        began = [ask(board, "paint", pieces[0]).status for board in several]
        assert began[:4] == [200] * 4 and began[4] in (200, 503)
        wait_for("one that has stalled to give way", lambda: ask(several[4], "paint", pieces[0]).status == 200)
        assert ask(several[4], "paint", pieces[1]).json()["is"]["pixels"] == 64
        assert [ask(board, "paint", pieces[1]).status for board in several[:4]] == [400] + [200] * 3


def looking(wall, path, source):
    """Somebody who watches by a WebSocket, and has received something."""
    client = socket.create_connection(("127.0.0.1", wall.port("http")), 30, (source, 0))
    client.sendall(upgrade_request(path))
    head = b""
    while b"\r\n\r\n" not in head:
        head += client.recv(1)
    assert head.startswith(b"HTTP/1.1 101 "), head
    assert client.recv(1)
    return client


def polling(wall, source):
    """Somebody who waits for events of socket.io."""
    client = http.client.HTTPConnection("127.0.0.1", wall.port("http"), 30, (source, 0))
    client.request("GET", "/socket.io/?EIO=4&transport=polling")
    session = json.loads(client.getresponse().read()[1:])["sid"]
    client.request("GET", "/socket.io/?EIO=4&transport=polling&sid=" + session)
    return client.sock


def is_closed(client):
    try:
        while client.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


@pytest.mark.parametrize("by", ["ban", "deny"])
def test_who_only_looks_is_kept_out(tmp_path, by):
    deny = tmp_path / "deny"
    deny.write_text("")
    with board_wall(tmp_path, core="deny = @%s\n%s" % (deny, control(tmp_path))) as wall, contextlib.ExitStack() as open_:
        clients = {source: [open_.enter_context(client) for client in (
            looking(wall, "/live", source), looking(wall, "/ws", source),
            looking(wall, "/socket.io/?EIO=4&transport=websocket", source), polling(wall, source),
            socket.create_connection(("127.0.0.1", wall.port("http")), 30, (source, 0)))]
            for source in ("127.0.0.5", "127.0.0.6")}
        if by == "ban":
            with Operator(wall) as operator:
                operator.done("ban", net="127.0.0.5", out=True)
        else:
            deny.write_text("127.0.0.5\n")
            assert "1 unchanged" in wall.reload()
        assert all(is_closed(client) for client in clients["127.0.0.5"])
        for client in clients["127.0.0.6"]:
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    assert client.recv(65536), "another one was closed"


def test_an_operator_who_bans_himself_is_answered(wall):
    with socket.create_connection(("127.0.0.1", wall.port("http")), 30, ("127.0.0.9", 0)) as own:
        body = b'{"net":"127.0.0.9","out":true,"really":true}'
        own.sendall(b"POST /admin/api/ban HTTP/1.1\r\nHost: w\r\nAuthorization: bearer adm\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert own.recv(4096).startswith(b"HTTP/1.1 200 ")
