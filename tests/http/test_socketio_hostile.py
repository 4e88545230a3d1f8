# SPDX-License-Identifier: MIT
"""Clients of Socket.IO that misbehave: malformed packets, floods, and what is not read."""
import asyncio
import json
import socket

import pytest

pytest.importorskip("websockets", reason="no websockets: apt-get install python3-websockets")
from boardclient import Board, board_wall
from engine import PATH, Client, Connection, Gone, without_gap
from p2client import RawWebSocket, frame, upgrade_request
from sanitizer import SANITIZED
from sessions import paint, run, wall  # noqa: F401 (fixtures)
from waiting import settled, until

BROKEN = ["", "0", "2", "2probe", "4", "44", "451-[]", "bAAAA", "7", "\x1e", "5", "40/\u00e9,", "40/" + "x" * 200,
          "42" + "9" * 30, "\0", "d=40"]


def test_malformed_packets_end_the_session(wall):
    async def steps():
        for text in BROKEN:
            client = await (await Client(wall.port("http")).handshake()).join()
            with pytest.raises(Gone, match="Bad request"):
                await client.post(text)
            with pytest.raises(Gone, match="Invalid session"):
                await client.poll()
            straight = await Client(wall.port("http")).join_by_websocket()
            await straight.say(text)
            await asyncio.wait_for(straight.socket.wait_closed(), 30)
            assert straight.socket.close_code == 1002, text
        for data, code in (b"40", 1002), ("42" + "x" * 70000, 1009):
            straight = await Client(wall.port("http")).join_by_websocket()
            await straight.say(data)
            await asyncio.wait_for(straight.socket.wait_closed(), 30)
            assert straight.socket.close_code == code
        # a long packet that is valid does not
        straight = await Client(wall.port("http")).join_by_websocket()
        await straight.say("42" + json.dumps(["x", "y" * 60000]))
        await straight.say("421[]")
        assert await straight.receive() == "431[]"
        await straight.leave()
        # answers that are not fetched
        client = await (await Client(wall.port("http")).handshake()).join()
        with pytest.raises(Gone):
            await client.post(*["40/foo,"] * 100)
        # a body beyond the plugin's limit
        client = await (await Client(wall.port("http")).handshake()).join()
        status, _, _ = await client.poster.ask("POST", client.path, b"4" * 70000)
        assert status == 413

    run(steps())


def test_a_flood_of_handshakes(wall):
    """Sessions that joined stay; of the others the oldest are evicted."""
    async def steps():
        port = wall.port("http")
        member = await (await Client(port).handshake()).join()
        painted = asyncio.Event()
        member.on_update = lambda update: painted.set()
        listening = asyncio.create_task(member.listen())  # answers pings, however long the flood takes
        unjoined = await Client(port).handshake()
        http = Connection(port)
        for _ in range(4500):
            status, _, _ = await http.ask("GET", PATH + "polling")
            assert status == 200
        http.close()
        with pytest.raises(Gone):
            await unjoined.poll()
        paint(wall)
        await asyncio.wait([listening, asyncio.create_task(painted.wait())], return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        assert painted.is_set()
        await member.post("1")

    run(steps())


def joined(wall):
    """A WebSocket from its first frame on."""
    ws = RawWebSocket(wall.port("http"), frame(b"40", opcode=1), path=PATH + "websocket")
    ws.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    assert [ws.receive()[1][:1], ws.receive()[1][:2]] == [b"0", b"40"]
    return ws


def test_frames_in_pieces(wall):
    """Of several clients, a byte of each by turns: each is answered as if it were alone."""
    sockets = [joined(wall) for _ in range(4)]
    sent = [frame(b'42%d["%s"]' % (n, b"x" * 100 * n), opcode=1) + frame(b"ping %d" % n, opcode=9) for n in range(4)]
    for at in range(max(map(len, sent))):
        for ws, bytes_ in zip(sockets, sent):
            ws.send(bytes_[at:at + 1])
    for n, ws in enumerate(sockets):
        assert [ws.receive(), ws.receive()] == [(1, b"43%d[]" % n), (10, b"ping %d" % n)]
        ws.socket.close()


def test_of_pings_that_come_together_the_last_is_answered(wall):
    """RFC 6455, 5.5.3, so that a flood of them costs no more than its bytes; and before a close."""
    ws = joined(wall)
    ws.send(b"".join(frame(b"%d" % n, opcode=9) for n in range(100)) + frame(b"?", opcode=10))
    answers = [ws.receive()]
    while answers[-1] != (10, b"99"):
        answers.append(ws.receive())
    assert len(answers) < 50
    ws.send(frame(b"last", opcode=9) + frame(b"", opcode=8))
    assert [ws.receive(), ws.receive()] == [(10, b"last"), (8, b"")]
    ws.socket.close()


@pytest.mark.skipif(SANITIZED, reason="a sanitizer needs memory of its own")
def test_silent_listeners_cost_little(tmp_path):
    """Whose frames are complete, and for whom nothing is queued."""
    with board_wall(tmp_path) as wall:
        joined(wall).socket.close()
        before = settled(wall.memory_kib)
        sockets = [joined(wall) for _ in range(300)]
        grown = settled(wall.memory_kib) - before
        assert grown < 300 * 13, "%.1f KiB each" % (grown / 300)
        for ws in sockets:
            ws.socket.close()
        assert wall.stop() == 0


def test_clients_that_do_not_read_are_closed(tmp_path):
    """By WebSocket and by polling; a slow one costs no more memory than the shared events, and
    the others notice nothing."""
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        token = board.register("\1" * 190, "\1" * 190)  # events of more than two KiB
        port = wall.port("http")

        async def come():
            slow = []
            for _ in range(20):
                raw, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
                writer.write(upgrade_request(PATH + "websocket") + b"\x81\x82\0\0\0\x0040")
                slow.append((raw, writer))
            quiet = await (await Client(port).handshake()).join()
            good = await Client(port).join_by_websocket()
            return slow, quiet, good

        async def steps():
            slow, quiet, good = await come()
            before = settled(wall.memory_kib)
            reading = asyncio.create_task(good.listen())
            # murald keeps fewer than 2000; the rest fills the kernel's buffers
            n = 5000
            await asyncio.to_thread(lambda: [board.paint(token, 1, 1, i % 5) for i in range(n)])
            grown = wall.memory_kib() - before
            await until("the last event", lambda: len(good.updates) == n, 60)
            reading.cancel()
            assert without_gap(good.updates) and len(good.updates) == n
            # the events, and 64 KiB for each slow client
            assert SANITIZED or grown < 16 * 1024, "%d KiB" % grown
            quiet.getter.close()  # the server may have, after half a minute
            quiet.getter = Connection(port)
            with pytest.raises(Gone, match="Invalid session"):
                await quiet.poll()
            for reader, writer in slow:
                while await reader.read(1 << 20):
                    pass
                writer.close()
            await good.leave()

        run(steps())
        assert wall.stop() == 0
