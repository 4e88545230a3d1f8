# SPDX-License-Identifier: MIT
"""Socket.IO's own clients at a whole murald: they see each cell, come back, and are many."""
import asyncio
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time

import pytest

pytest.importorskip("websockets", reason="no websockets: apt-get install python3-websockets")
import npm
from boardclient import Board, board_wall
from engine import Client, Connection, numbers, without_gap
from hosts import need
from sessions import Painter, wall  # noqa: F401 (fixtures)
from waiting import until
from wall import wait_for

LONG = os.environ.get("MURALD_LONG")
HERE = os.path.dirname(os.path.abspath(__file__))


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
    session = listener.all("session")[-1]

    def is_let_go():
        # the latter where the machine is too busy to paint so much meanwhile
        return re.search("session %s ends: (the client reads too slowly|no answer to a ping)" % re.escape(session),
                         wall.log())
    listener.process.send_signal(signal.SIGSTOP)
    with Board(wall) as board:
        token = board.register("\1" * 190, "\1" * 190)  # events of more than two KiB
        for i in range(20000):  # more than the kernel's buffers and murald's ring hold
            board.paint(token, 1, 1, i % 5)
            if i % 100 == 0 and is_let_go():
                break
    listener.process.send_signal(signal.SIGCONT)
    assert is_let_go()


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
