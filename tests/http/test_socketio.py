# SPDX-License-Identifier: MIT
"""Socket.IO against a whole murald: the vectors, the upgrade, requests, and sessions that end."""
import asyncio
import json
import os
import signal

import pytest

pytest.importorskip("websockets", reason="no websockets: apt-get install python3-websockets")
from boardclient import board_wall
from engine import PATH, Client, Connection, Gone, numbers, without_gap
from sessions import Painter, paint, run, wall  # noqa: F401 (fixtures)
from wall import SOURCE, wait_for

LONG = os.environ.get("MURALD_LONG")
HERE = os.path.dirname(os.path.abspath(__file__))


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
