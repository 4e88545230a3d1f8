# SPDX-License-Identifier: MIT
"""How linked walls reach their engine: Sentinels, clusters, TLS, names with several addresses, slow lines."""
import contextlib
import os
import re
import shutil
import socket
import struct
import subprocess
import threading

import pytest

from closing import Closing
from linking import (Engine, Sentinel, cluster, converged, entries, fold, free_ports, is_linked, key, linked,
                     over_relay, pack, payload, scribble, section, short_folder, take_back, wait_linked, walls)
from waiting import wait_for
from wall import DOTS, Wall, dot, has_plugin

pytestmark = pytest.mark.skipif(
    not has_plugin("link"), reason="built without link: apt-get install libhiredis-dev libzstd-dev")
LONG = os.environ.get("MURALD_LONG")
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def replicates(engine, word):
    """Does it say so?  A Sentinel cuts all connections when it promotes or demotes one."""
    try:
        return word in engine.ask("INFO", "replication")
    except (OSError, AssertionError):
        return False


@pytest.mark.skipif(not LONG, reason="a Sentinel takes its time: set MURALD_LONG=1")
def test_a_failover(tmp_path):
    """The engine is killed, and a Sentinel makes its replica the engine."""
    first, second, nobody = free_ports(3)
    with contextlib.ExitStack() as stack:
        one = stack.enter_context(Engine(short_folder(tmp_path, "1"), "--port", str(first),
                                         "--repl-diskless-sync-delay", "0"))
        other = stack.enter_context(Engine(short_folder(tmp_path, "2"), "--port", str(second), "--replicaof",
                                           "127.0.0.1 %d" % first))
        # it looks for replicas at once, and then after ten seconds
        wait_for("the replica", lambda: replicates(one, b"state=online"), 60)
        sentinel = stack.enter_context(Sentinel(tmp_path, first))
        more = "sentinel = mymaster\nengine = 127.0.0.1:%d 127.0.0.1:%d\n" % (nobody, sentinel.port)
        a, b = (stack.enter_context(Wall(short_folder(tmp_path, name), DOTS + "[plugin link]\n" + more))
                for name in "ab")
        wait_linked(a, b)
        a.paint(scribble(1, 300))
        picture = converged(one, a, b)
        wait_for("the replica to have it", lambda: entries(other) == entries(one))
        one.kill()
        b.paint(dot(1, 1, RED))
        wait_for("the failover", lambda: replicates(other, b"role:master"), 120)
        wait_for("the pixel", lambda: a.picture().getpixel((1, 1)) == RED, 60)
        one.start()  # a Sentinel takes ten seconds to look at it
        wait_for("the old one", lambda: replicates(one, b"role:slave"), 120)
        a.paint(dot(2, 1, GREEN))
        b.painted(2, 1, GREEN)
        picture.apply({(1, 1): RED, (2, 1): GREEN})
        assert converged(other, a, b).pixels == picture.pixels


@pytest.mark.skipif(not LONG, reason="a replica takes its time: set MURALD_LONG=1")
def test_a_wall_that_shows_a_replica(engine, tmp_path):
    """Who only shows need not be able to write."""
    with Engine(short_folder(tmp_path, "r"), "--replicaof", "127.0.0.1 1") as replica, \
            walls(engine, tmp_path, 1) as (a,):
        port, = free_ports(1)
        engine.ask("CONFIG", "SET", "repl-diskless-sync-delay", "0")
        engine.ask("CONFIG", "SET", "port", port)
        replica.ask("REPLICAOF", "127.0.0.1", port)
        a.paint(dot(1, 1, RED))
        with linked(replica, short_folder(tmp_path, "v"), "role = view") as view:
            wait_linked(view)
            view.painted(1, 1, RED)
            a.paint(dot(2, 1, GREEN))
            view.painted(2, 1, GREEN)
            view.paint(dot(3, 1, BLUE))
            view.painted(3, 1, (0, 0, 0))


def test_a_cluster(tmp_path):
    """Of two nodes one has the wall's keys; who is told the other is sent there."""
    with cluster(tmp_path, 2) as nodes, contextlib.ExitStack() as stack:
        a, b = (stack.enter_context(Wall(short_folder(tmp_path, name), DOTS + section(node),
                                         core="limits = shared\npixels-per-source = 100000\n"))
                for name, node in zip("ab", nodes))
        wait_linked(a, b)
        a.paint(scribble(1, 200))
        converged(nodes[1], a, b)
        assert "its cluster has this wall at %s; the wall goes on alone" % nodes[1].address in a.log()
        assert "its cluster" not in b.log()
        wait_for("what its source has spent", lambda: nodes[1].ask("XLEN", key("mural", "share:limits")) > 0)


@contextlib.contextmanager
def slot_moving(source, target, slot):
    """That of a wall, between two nodes of a cluster; at the end all of it is at the target."""
    ids = {node: node.ask("CLUSTER", "MYID").decode() for node in (source, target)}
    target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
    source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
    yield
    while keys := source.ask("CLUSTER", "GETKEYSINSLOT", slot, 100):
        move(source, target, *keys)
    for node in target, source:
        node.ask("CLUSTER", "SETSLOT", slot, "NODE", ids[target])


def move(source, target, *keys):
    source.ask("MIGRATE", *target.address.split(":"), "", 0, 10000, "KEYS", *keys)


@pytest.mark.parametrize("first", ["log", "snap"])
def test_a_slot_that_moves(tmp_path, first):
    """To another node, while all paint: the walls are alone for that long, and then go there."""
    with cluster(tmp_path, 2) as nodes, contextlib.ExitStack() as stack:
        target, source = nodes
        a, b = (stack.enter_context(linked(node, short_folder(tmp_path, name))) for name, node in zip("ab", nodes))
        wait_linked(a, b)
        a.paint(scribble(1, 200))
        converged(source, a, b)
        with slot_moving(source, target, source.ask("CLUSTER", "KEYSLOT", key("mural", "log"))):
            move(source, target, key("mural", first))
            for wall, seed in (a, 2), (b, 3):
                wall.paint(scribble(seed, 500))
                wait_for("it to be alone", lambda wall=wall: not is_linked(wall))
                assert "its cluster moves this wall to another node; the wall goes on alone" in wall.log()
        converged(target, a, b)
        a.paint(dot(1, 1, RED))
        b.painted(1, 1, RED)


class Liar(Closing):
    """An engine that takes any password, and then says `error` to all but PING."""

    def __init__(self, error):
        self.error, self.n = error, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.n += 1
                threading.Thread(target=self.answer, args=(client,), daemon=True).start()

    def answer(self, client):
        with client, client.makefile("rwb", 0) as file, contextlib.suppress(OSError):
            while (line := file.readline()).startswith(b"*"):
                words = [file.readline() and file.readline() for _ in range(int(line[1:]))]
                if not (answer := self.reply(words[0])):
                    return
                file.write(answer)

    def reply(self, word):
        return b"+PONG\r\n" if word in (b"AUTH\r\n", b"PING\r\n") else b"-%s\r\n" % self.error

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.mark.parametrize("where", ["x" * 300 + ":6379", "unix:%s", "x" * 300, ":6379"],
                         ids=["long", "local", "no port", "no host"])
def test_a_cluster_that_lies(tmp_path, where):
    """Its word leads nowhere, and no password to a local socket."""
    path = os.path.join(short_folder(tmp_path, "trap"), "s")
    with socket.socket(socket.AF_UNIX) as trap:
        trap.bind(path)
        trap.listen()
        trap.setblocking(False)
        error = b"MOVED 1 " + (where % path if "%" in where else where).encode()
        with Liar(error) as liar, Wall(tmp_path, DOTS + "[plugin link]\nengine = 127.0.0.1:%d\npassword = sesame\n" % (
                liar.port)) as wall:
            wait_for("it to be tried again and again", lambda: liar.n >= 6 or wall.process.poll() is not None, 60)
            assert wall.stop() == 0
        with pytest.raises(BlockingIOError):
            trap.accept()


class Quitter(Liar):
    """An engine that resets the connection on which it is asked for more than PING."""

    def answer(self, client):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        super().answer(client)

    def reply(self, word):
        return b"+PONG\r\n" if word == b"PING\r\n" else b""


def test_a_connection_that_is_reset(tmp_path):
    """What the kernel says of it is told, and not that the engine had closed it."""
    with Quitter(b"") as quitter, \
            Wall(tmp_path, DOTS + "[plugin link]\nengine = 127.0.0.1:%d\n" % quitter.port) as wall:
        wait_for("a word", lambda: "goes on alone" in wall.log())
        assert "Connection reset by peer; the wall goes on alone" in wall.log()


def test_addresses_without_a_sentinel(tmp_path):
    wall = Wall(tmp_path, DOTS + "[plugin link]\nengine = 127.0.0.1:1 127.0.0.1:2\n")
    assert wall.start().process.wait(30) == 78
    assert "by which name these know the engine" in wall.log()


def certificate(folder, name, authority=None):
    """A key and a certificate, signed by that authority or by itself: their files."""
    paths = [os.path.join(folder, name + end) for end in (".key", ".crt")]
    signer = ["-CA", authority[1], "-CAkey", authority[0]] if authority else []
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name,
                    "-keyout", paths[0], "-out", paths[1], *signer], check=True, capture_output=True)
    return paths


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl: apt-get install openssl")
def test_tls(tmp_path):
    """Whose certificate somebody else has signed is no engine; without TLS in hiredis it is said how to do it."""
    folder = short_folder(tmp_path, "tls")
    trusted, stranger = certificate(folder, "ca"), certificate(folder, "stranger")
    key_file, cert = certificate(folder, "engine", trusted)
    port, = free_ports(1)  # not before the keys are made: somebody else may take it meanwhile

    def by_tls(name, authority):
        return Wall(short_folder(tmp_path, name), DOTS + "[plugin link]\nengine = 127.0.0.1:%d\ntls = yes\n"
                    "tls-ca = %s\n" % (port, authority[1]))
    with Engine(tmp_path, "--tls-port", str(port), "--tls-cert-file", cert, "--tls-key-file", key_file,
                "--tls-ca-cert-file", trusted[1], "--tls-auth-clients", "no") as engine, \
            contextlib.ExitStack() as stack:
        c = by_tls("c", stranger).start()
        stack.push(c)
        wait_for("a word", lambda: re.search("has tls-ca signed its certificate|write a tunnel", c.log()))
        if "tunnel" in c.log():
            assert c.process.wait(30) == 78
            return
        a, b = (stack.enter_context(by_tls(name, trusted)) for name in "ab")
        wait_linked(a, b)
        a.paint(scribble(1, 3000))
        b.paint(scribble(2, 3000) + dot(1, 1, RED))
        a.painted(1, 1, RED)
        converged(engine, a, b)
        assert not is_linked(c)


def test_paint_that_is_taken_back(far, tmp_path):
    assert take_back(far, tmp_path) == GREEN


def test_a_long_way(far, tmp_path):
    """200 ms each way back: updates become rarer, and all arrive."""
    far.relay.delay = 0.2
    with over_relay(far, short_folder(tmp_path, "a")) as a, linked(far, short_folder(tmp_path, "b")) as b:
        wait_linked(a, b)
        with a.tcp() as one, b.tcp() as other:
            for turn in range(10):
                one.sendall(scribble(turn, 100))
                other.sendall(scribble(turn + 10, 100))
        converged(far, a, b)


@pytest.mark.skipif(not LONG, reason="a writer asks after seconds: set MURALD_LONG=1")
def test_an_entry_that_vanishes_on_its_way(far, tmp_path):
    """Its writer waits for it, and asks after some seconds."""
    with over_relay(far, short_folder(tmp_path, "a")) as a, linked(far, short_folder(tmp_path, "b")) as b:
        wait_linked(a, b)
        a.paint(dot(1, 1, RED))
        b.painted(1, 1, RED)
        far.relay.delay = None
        for x in (2, 3):
            before = entries(far)[-1][0]
            (a if x == 3 else b).paint(dot(x, 1, RED))  # the first is what it waits for
            last = wait_for("the entry", lambda before=before: [
                at for at, fields in entries(far) if at > before and b"d" in fields])[0]
        far.ask("XDEL", key("mural", "log"), "%d-%d" % last)
        far.relay.delay = 0
        b.paint(dot(4, 1, RED))
        wait_for("it to be sent again", lambda: fold(far, check=False).pixels[64 + 3] == RED)
        converged(far, a, b)


def put_snapshot(engine):
    """As a keeper does."""
    snap, log = key("mural", "snap"), key("mural", "log")
    picture, last = fold(engine), b"%d-%d" % entries(engine)[-1][0]
    planes = bytes(rgb[channel] for channel in range(3) for rgb in picture.pixels)
    engine.ask("XTRIM", log, "MINID", engine.ask("HGET", snap, "id"))
    engine.ask("HSET", snap, "id", last, "pic", pack(planes))
    engine.ask("XADD", log, "*", "x", last, "h", picture.hash())


def test_who_joins_slower_than_snapshots_are_made(far, tmp_path):
    """The log was trimmed meanwhile behind the snapshot that it has: it takes a newer one."""
    def n_reading():
        return far.ask("CLIENT", "LIST").count(b" cmd=xread ")
    log = key("mural", "log")
    with linked(far, short_folder(tmp_path, "a"), "snapshot = 1h") as a:
        wait_linked(a)
        for x in range(60):  # it reads four at once
            far.ask("XADD", log, "*", "w", "somebody.%d" % x, "d", payload({(x, 1): RED}, 64, 48))
        a.painted(59, 1, RED)
        far.relay.delay = 0.3
        with over_relay(far, short_folder(tmp_path, "late"), more="snapshot = 1h\n") as late:
            wait_for("it to read the log", lambda: n_reading() == 2)
            far.relay.delay = None
            for x in range(3):
                far.ask("XADD", log, "*", "w", "somebody.%d" % (60 + x), "d", payload({(x, 2): GREEN}, 64, 48))
                put_snapshot(far)
            assert not is_linked(late)
            far.relay.delay = 0
            converged(far, a, late)


def is_mounting():
    return subprocess.run(["unshare", "--mount", "mount", "--bind", "/etc/hosts", "/etc/hosts"],
                          check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not is_mounting(), reason="has no /etc/hosts of its own: unshare --mount fails; run it as root")
def test_a_sentinel_with_two_addresses(tmp_path):
    """It and the engine are at the second one of a name."""
    hosts = str(tmp_path / "hosts")
    with open(hosts, "w") as f:
        f.write("127.0.0.1 engine.test\n127.0.0.2 engine.test\n")
    port, = free_ports(1)
    prefix = ["unshare", "--mount", "sh", "-ec", 'mount --bind "$0" /etc/hosts; exec "$@"', hosts]
    with Engine(tmp_path, "--port", str(port), "--bind", "127.0.0.2"), \
            Sentinel(tmp_path, port, "engine.test", "127.0.0.2", prefix) as sentinel, \
            Wall(tmp_path, DOTS + "[plugin link]\nsentinel = mymaster\nengine = engine.test:%d\n" % sentinel.port,
                 prefix=prefix) as wall:
        wait_linked(wall)


@pytest.mark.skipif(not is_mounting(), reason="has no /etc/hosts of its own: unshare --mount fails; run it as root")
@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"])
def test_a_name_with_two_addresses(tmp_path, address):
    """The engine is at one of them."""
    hosts = str(tmp_path / "hosts")
    with open(hosts, "w") as f:
        f.write("127.0.0.1 engine.test\n127.0.0.2 engine.test\n")
    with socket.create_server((address, 0)) as one:
        port = one.getsockname()[1]
    with Engine(tmp_path, "--port", str(port), "--bind", address), Wall(
            tmp_path, DOTS + "[plugin link]\nengine = engine.test:%d\n" % port,
            prefix=["unshare", "--mount", "sh", "-ec", 'mount --bind "$0" /etc/hosts; exec "$@"', hosts]) as wall:
        wait_linked(wall)
