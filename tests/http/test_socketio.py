# SPDX-License-Identifier: MIT
"""Socket.IO against a whole murald: the vectors, real clients, crowds, and clients that misbehave."""
import asyncio
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

import npm
from boardclient import Board, board_wall
from hosts import need
from p2client import RawWebSocket, frame, upgrade_request
from sanitizer import SANITIZED
from waiting import settled, until
from wall import SOURCE, wait_for

try:
    import websockets  # noqa: F401, engine.py's
except ImportError:
    pytest.skip("no websockets: apt-get install python3-websockets", allow_module_level=True)
from engine import PATH, Client, Connection, Gone, numbers, without_gap

LONG = os.environ.get("MURALD_LONG")
HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    with board_wall(tmp_path_factory.mktemp("socketio"), rate="0ms") as wall:
        yield wall
        assert wall.stop() == 0


class Painter:
    """Sets a cell every `pause` seconds, in a thread of its own."""

    def __init__(self, wall, pause):
        self.board, self.pause = Board(wall), pause
        self.token = self.board.register()
        self.count, self.over = 0, False
        self.thread = threading.Thread(target=self.run)

    def run(self):
        due = time.monotonic()
        while not self.over:
            self.board.paint(self.token, self.count % 6, self.count % 8, self.count % 5)
            self.count += 1
            due += self.pause
            time.sleep(max(0, due - time.monotonic()))  # the pace

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *rest):
        self.over = True
        self.thread.join()
        self.board.close()


def paint(wall, n=1):
    with Board(wall) as board:
        token = board.register()
        for i in range(n):
            board.paint(token, 2, 1, i % 5)


def run(steps):
    asyncio.run(asyncio.wait_for(steps, 300))


# ---- the vectors

def known(text, client):
    """A vector's text with the session's identifiers filled in."""
    ssid = [json.loads(packet[2:])["sid"] for packet in client.log if packet.startswith("40{")]
    return text.replace("<esid>", client.sid or "").replace("<ssid>", ssid[0] if ssid else "")


def test_vectors(tmp_path):
    with open(os.path.join(SOURCE, "tests/vectors/engineio.json")) as f:
        vectors = {v["name"]: v for v in json.load(f)["vectors"]}

    def without(open_packet, *more):
        return {k: v for k, v in json.loads(open_packet[1:]).items() if k not in more}

    async def steps(wall):
        port = wall.port("http")
        http = Connection(port)
        for name in "eio3", "bad-sid", "bad-transport":
            vector = vectors.pop(name)
            status, fields, body = await http.ask(*vector["send"].split())
            assert (status, body) == (vector["status"], vector["recv"])
            assert fields["content-type"].startswith("text/plain")
        http.close()

        client = await Client(port).handshake()
        vector = vectors.pop("open-polling")
        assert vector["send"] == "GET " + PATH + "polling"
        assert without(vector["recv"], "sid") == {k: v for k, v in client.open.items()
                                                  if k not in ("sid", "maxPayload")}
        vector = vectors.pop("connect-other-namespace")
        await client.post(vector["send"])
        assert await client.poll() == [vector["recv"]]
        await client.post(vectors["connect"]["send"])
        [answer] = await client.poll()
        assert answer == known(vectors.pop("connect")["recv"], client)

        straight = await Client(port).join_by_websocket()
        assert without(vectors.pop("open-websocket")["recv"], "sid") == {
            k: v for k, v in straight.open.items() if k not in ("sid", "maxPayload")}

        auth = await Client(port).handshake()
        await auth.post(vectors["connect-auth"]["send"])
        paint(wall)  # before its GET: both in one answer, in order
        answer, event = await auth.poll()
        assert answer == known(vectors.pop("connect-auth")["recv"], auth)
        first, second = vectors.pop("batch")["recv"].split("\x1e")
        assert answer == known(first, auth)
        want = vectors.pop("event")["recv"]
        want = want.replace('"color":2', '"color":0').replace('"unnecessaryPixels":0', '"unnecessaryPixels":1')
        assert event == want and await client.poll() == [want]
        assert event.startswith(second[:-len("{}]")])
        assert (await straight.receive()) == want
        oldest = json.loads(vectors.pop("event-oldest")["recv"][2:])[1]
        assert set(oldest) <= set(json.loads(event[2:])[1])

        polling = await client.start_poll()
        probed = await client.connect("&sid=" + client.sid)
        await probed.send(vectors["probe"]["send"])
        assert await probed.recv() == vectors.pop("probe")["recv"]
        assert await polling == [vectors.pop("pending-poll-at-upgrade")["recv"]]
        vector = vectors.pop("upgrade")
        assert vector["recv"] is None
        await probed.send(vector["send"])
        paint(wall)
        assert (await probed.recv()).startswith("42")

        vector = vectors.pop("disconnect")
        await probed.send(vector["send"])
        paint(wall)
        await probed.send("40/foo,")
        assert await probed.recv() == '44/foo,"Unable to connect"', "no event came before"
        vector = vectors.pop("server-ping")
        if LONG:
            assert await asyncio.wait_for(probed.recv(), 30) == vector["recv"]
            await probed.send(vector["send"])
        assert not vectors
        await probed.close()
        await straight.leave()

    with board_wall(tmp_path, rate="0ms") as wall:
        run(steps(wall))


# ---- real clients

class Listener:
    """An unmodified client in a process of its own: of npm's by listener.mjs, or Python's."""

    def __init__(self, wall, kind, transports):
        where = ["http://127.0.0.1:%d" % wall.port("http"), ",".join(transports)]
        env = dict(os.environ)
        if kind == "python":
            command = [sys.executable, os.path.join(HERE, "listener.py"), *where]
        else:
            command = ["node", os.path.join(HERE, "listener.mjs"), kind, *where]
            env["MODULES"] = os.path.join(npm.modules(), "node_modules")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
        self.said = []
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.said.append(json.loads(line))

    def all(self, what):
        return [value for name, value in list(self.said) if name == what]

    def leave(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0
        self.thread.join()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()


def listen(wall, kind, transports):
    if kind == "python":
        for module in "socketio", "requests", "websocket":
            pytest.importorskip(module, reason="no %s: apt-get install python3-%s" % (module, module))
    return Listener(wall, kind, transports)


KINDS = pytest.mark.parametrize("kind", ["socket.io-client-401", "socket.io-client", "python"])
TRANSPORTS = pytest.mark.parametrize(
    "transports", [("polling",), ("websocket",), ("polling", "websocket")], ids="-".join)


def complete(updates, kind, last):
    if kind == "python":  # it handles each event in a thread of its own
        updates.sort(key=lambda update: update["pixels"])
    return updates[-1]["pixels"] == last and without_gap(updates)


@TRANSPORTS
@KINDS
def test_client(wall, kind, transports):
    """Twenty events a second, from before it connects: none is missing, none comes twice."""
    with Painter(wall, 0.05) as painter:
        listener = listen(wall, kind, transports)
        try:
            wait_for("events", lambda: len(listener.all("update")) >= 5)
            if len(transports) > 1:
                wait_for("the upgrade", lambda: "websocket" in listener.all("upgrade"))
            before = len(listener.all("update"))
            wait_for("more events", lambda: len(listener.all("update")) >= before + 20)
            if kind != "python":
                assert listener.all("refused") == ["/elsewhere"]
                assert not listener.all("error") and not listener.all("disconnect")
            painter.over = True
            painter.thread.join()
            with Board(wall) as board:
                last = board.settings()["stats"]["pixels"]
            wait_for("all events up to the last", lambda: complete(listener.all("update"), kind, last))
            listener.leave()
        finally:
            listener.kill()


def painted_for(wall, listener, secs=40):
    """Paints until the listener is told of it."""
    before = len(listener.all("update"))
    with Board(wall) as board:
        token = board.register()

        def told():
            board.paint(token, 2, 1, painted_for.count % 5)
            painted_for.count += 1
            return len(listener.all("update")) > before
        wait_for("events again", told, secs)


painted_for.count = 0


@TRANSPORTS
@KINDS
def test_clients_come_back(tmp_path, kind, transports):
    """After all that lets a session go on the server's side: a reload, a stop, a client that slept."""
    options = "cell = %d"
    with board_wall(tmp_path, more=options % 8, rate="0ms") as wall:
        wall.edit_config("127.0.0.1:0", "127.0.0.1:%d" % wall.port("http"))
        wall.reload()
        listener = listen(wall, kind, transports)
        try:
            painted_for(wall, listener)
            wall.edit_config(options % 8, options % 7)
            wall.reload()
            painted_for(wall, listener)
            assert wall.stop() == 0
            wall.start("-v").wait_ready()
            painted_for(wall, listener)
            sleep_through_events(wall, listener)
            painted_for(wall, listener)
            listener.leave()
        finally:
            listener.kill()
        assert wall.stop() == 0


def sleep_through_events(wall, listener):
    """The client sleeps until murald has let its session go."""
    def is_let_go():
        # the latter where the machine is too busy to paint so much meanwhile
        return re.search("ends: (the client reads too slowly|no answer to a ping)", wall.log())
    listener.process.send_signal(signal.SIGSTOP)
    with Board(wall) as board:
        token = board.register("\1" * 190, "\1" * 190)  # events of more than two KiB
        for i in range(20000):  # more than the kernel's buffers and murald's ring hold
            board.paint(token, 1, 1, i % 5)
            if i % 100 == 0 and is_let_go():
                break
    listener.process.send_signal(signal.SIGCONT)
    assert is_let_go()


# ---- the upgrade, many times

def test_upgrade_loses_nothing(wall):
    """About a thousand events a second during upgrades: what polling and the WebSocket deliver is
    one sequence."""
    async def one(port):
        client = await (await Client(port).handshake()).join()
        while len(client.updates) < 5:
            await client.poll()
        polling = asyncio.create_task(client.poll())
        await client.upgrade(polling)
        had = len(client.updates)
        while len(client.updates) < had + 20:
            await client.receive()
        await client.leave()
        assert without_gap(client.updates), numbers(client.updates)

    async def steps():
        for _ in range(3):
            await asyncio.gather(*(one(wall.port("http")) for _ in range(20)))

    with Painter(wall, 0.001):
        run(steps())


def test_a_get_that_crosses_the_probe(wall):
    """A client that polls once more before it sees 3probe must get that GET back."""
    async def steps():
        client = await (await Client(wall.port("http")).handshake()).join()
        await client.probe()
        assert await client.poll() == ["6"]
        paint(wall)
        assert (await client.poll())[0].startswith("42"), "still by polling"
        await client.probed.send("5")
        paint(wall)
        assert (await client.probed.recv()).startswith("42")
        await client.probed.close()

    run(steps())


def test_an_abandoned_probe(wall):
    async def steps():
        client = await (await Client(wall.port("http")).handshake()).join()
        for _ in range(3):
            await client.probe()
            await client.probed.close()
            await client.caught_up()
            paint(wall)
            packets = []
            while not any(p.startswith("42") for p in packets):
                packets = await client.poll()
        early = await client.connect("&sid=" + client.sid)
        await early.send("5")  # without a probe
        await early.wait_closed()
        assert early.close_code == 1002
        paint(wall)
        assert (await client.poll())[0].startswith("42")
        await client.upgrade()
        paint(wall)
        assert (await client.receive()).startswith("42")
        await client.leave()

    run(steps())


# ---- requests and errors

def test_cross_origin(wall):
    async def steps():
        http = Connection(wall.port("http"))
        origin = "Origin: https://page.example\r\n"
        for headers, want in ("", None), (origin, "https://page.example"):
            for path in PATH + "polling", PATH + "foo":
                status, fields, _ = await http.ask("GET", path, headers=headers)
                assert fields.get("access-control-allow-origin") == want
                assert fields["access-control-allow-credentials"] == "true"
        status, fields, body = await http.ask(
            "OPTIONS", PATH + "polling", headers=origin + "Access-Control-Request-Method: POST\r\n"
            "Access-Control-Request-Headers: Content-Type\r\n")
        assert (status, body) == (200, "")
        assert "post" in fields["access-control-allow-methods"]
        assert fields["access-control-allow-headers"] == "content-type"
        assert fields["access-control-allow-origin"] == "https://page.example"
        status, fields, _ = await http.ask("PUT", PATH + "polling")
        assert status == 405
        http.close()

    run(steps())


def test_two_gets_end_the_session(wall):
    async def steps():
        client = await (await Client(wall.port("http")).handshake()).join()
        first = await client.start_poll()
        status, _, _ = await client.poster.ask("GET", client.path)
        assert status == 400
        with pytest.raises(Gone, match="Invalid session"):
            await asyncio.wait_for(first, 20)
        with pytest.raises(Gone, match="Invalid session"):
            await client.poll()

    run(steps())


def test_client_ends_it(wall):
    async def steps():
        client = await (await Client(wall.port("http")).handshake()).join()
        polling = await client.start_poll()
        await client.post("41", "1")
        assert await asyncio.wait_for(polling, 20) == ["1"]
        with pytest.raises(Gone, match="Invalid session"):
            await client.post("3")
        straight = await Client(wall.port("http")).join_by_websocket()
        await straight.say("1")
        await straight.socket.wait_closed()
        assert straight.socket.close_code == 1000

    run(steps())


def test_acknowledgements(wall):
    async def steps():
        for client in (await (await Client(wall.port("http")).handshake()).join(),
                       await Client(wall.port("http")).join_by_websocket()):
            await client.say('4217["hello",{"a":[1]}]')
            await client.say('42["unasked"]')
            await client.say('4218["hello"]')
            while client.log[-1] != "4318[]":
                await (client.receive() if client.socket else client.poll())
            assert "4317[]" in client.log and client.log.count("4318[]") == 1
            await client.leave()

    run(steps())


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


# ---- sessions that end

def test_sessions_vanish(wall):
    """Clients that are aborted in any state leave nothing behind."""
    async def steps():
        port = wall.port("http")
        for _ in range(5):
            clients = []
            for i in range(20):
                client = await (await Client(port).handshake()).join()
                if i % 4 == 1:
                    client.task = asyncio.create_task(client.poll())
                if i % 4 == 2:
                    await client.probe()
                if i % 4 == 3:
                    await client.upgrade()
                clients.append(client)
            await client.caught_up()
            for client in clients:
                if hasattr(client, "task"):
                    client.task.cancel()
                for connection in client.getter, client.poster:
                    connection.writer.transport.abort()
                if hasattr(client, "probed"):
                    client.probed.transport.abort()
            paint(wall)

    before = wall.descriptors()
    run(steps())
    wait_for("the descriptors", lambda: paint(wall) or wall.descriptors() <= before + 2)


def test_reloads(tmp_path):
    """The plugin is reopened under its listeners: nothing of them stays."""
    rounds = 60 if LONG else 8
    options = "cell = %d"
    with board_wall(tmp_path, more=options % 8, rate="0ms") as wall:
        async def crowd(port):
            clients = []
            for i in range(12):
                client = await (await Client(port).handshake()).join()
                if i % 3 == 1:
                    await client.upgrade()
                if i % 3 == 2:
                    await client.probe()
                client.task = asyncio.create_task(client.listen())
                clients.append(client)
            await client.caught_up()
            return clients

        async def one(i):
            clients = await crowd(wall.port("http"))
            was = wall.log().count("http: listening")
            wall.edit_config(options % (8 - i % 2), options % (7 + i % 2))
            wall.process.send_signal(signal.SIGHUP)
            await asyncio.to_thread(wait_for, "the plugin to be back",
                                    lambda: wall.log().count("http: listening") > was)
            done, _ = await asyncio.wait([client.task for client in clients], timeout=30)
            assert len(done) == len(clients)
            for client in clients:
                assert client.task.exception() is not None
                await client.leave()

        counts = []
        for i in range(rounds):
            run(one(i))
            counts.append(wall.descriptors())
        assert counts[-1] <= counts[0] + 2, counts
        assert wall.stop() == 0


# ---- a crowd

def percentile(values, share):
    return sorted(values)[int(len(values) * share)]


def test_crowd(tmp_path):
    """Long polls and WebSockets beside plain requests: all receive every event."""
    polls, sockets, seconds = (300, 500, 20) if LONG else (30, 50, 3)
    need("wrk", "wrk")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # murald's, too
    delays = []

    async def steps(wall):
        port = wall.port("http")
        sent = {}
        clients = [await (await Client(port).handshake()).join() for _ in range(polls)]
        clients += [await Client(port).join_by_websocket() for _ in range(sockets)]
        for client in clients:
            client.on_update = lambda update: delays.append(time.monotonic() - sent[update["pixels"]])
        tasks = [asyncio.create_task(client.listen()) for client in clients]
        flood = await asyncio.create_subprocess_exec(
            "wrk", "-t1", "-c16", "-d%d" % (seconds + 2), "http://127.0.0.1:%d/settings" % port,
            stdout=subprocess.PIPE)
        await until("wrk to connect", lambda: len(os.listdir("/proc/%d/fd" % flood.pid)) > 16)
        http = Connection(port)
        _, _, body = await http.ask("PUT", "/register-pg", b'{"name":"n","author":"a","secret":"s"}')
        token = json.loads(body)["id"]
        for i in range(seconds * 4):
            sent[i + 1] = time.monotonic()
            status, _, body = await http.ask("PUT", "/update-pixel", json.dumps(
                {"id": token, "row": i % 6, "col": i % 8, "color": i % 5}).encode())
            assert status == 200, body
            await asyncio.sleep(0.25)  # four events a second
        out, _ = await flood.communicate()
        await until("the last event", lambda: all(len(client.updates) == len(sent) for client in clients))
        for client, task in zip(clients, tasks):
            assert numbers(client.updates) == sorted(sent) and not task.done()
            task.cancel()
        await asyncio.gather(*tasks, *(client.leave() for client in clients), return_exceptions=True)
        return float(re.search(rb"Requests/sec:\s+([\d.]+)", out).group(1)), b"Non-2xx" in out

    with board_wall(tmp_path, rate="0ms") as wall:
        rate, wrong = asyncio.run(asyncio.wait_for(steps(wall), 120))
        assert wall.stop() == 0
    print("%d polls and %d WebSockets beside %.0f requests a second: events after %.0f ms, 99 %% within %.0f ms, "
          "all within %.0f ms" % (polls, sockets, rate, 1000 * percentile(delays, 0.5),
                                  1000 * percentile(delays, 0.99), 1000 * max(delays)))
    assert not wrong
