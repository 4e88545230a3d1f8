# SPDX-License-Identifier: MIT
"""Plugin pixelflut in the daemon: the vectors, clients that misbehave, limits and memory."""
import contextlib
import json
import os
import random
import re
import select
import socket
import struct
import threading

import pytest

import procfs
from pixelflut import Client, PIXELFLUT, open_files, sockets
from sanitizer import SANITIZED
from wall import SOURCE, Wall, wait_for


with open(os.path.join(SOURCE, "tests/vectors/pixelflut.json")) as vectors_file:
    VECTORS = json.load(vectors_file)["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_vector(tmp_path, vector):
    with Wall(tmp_path, PIXELFLUT, size="640x480") as wall, Client(wall) as client:
        client.send(bytes.fromhex(vector["send_hex"]))
        if vector.get("closes"):
            assert client.file.read() == vector["reply"].encode()
        else:
            assert client.file.read(len(vector["reply"])).decode() == vector["reply"]
            assert client.quiet()
            assert client.finish() == vector.get("reply_after_half_close", "")
        picture = wall.last_picture()
        for at, rgb in vector["pixels"].items():
            x, y = map(int, at.split(","))
            assert "%02x%02x%02x" % picture.getpixel((x, y)) == rgb
        black = dict((rgb, n) for n, rgb in picture.getcolors(1 << 20)).get((0, 0, 0), 0)
        assert black == 640 * 480 - len(vector["pixels"])


@pytest.mark.parametrize("workers", ["0", "2"])
def test_answers_come_in_order(tmp_path, workers):
    rng = random.Random(4)
    sent, expected, painted = [], [], {}
    for _ in range(20000):
        x, y = rng.randrange(64), rng.randrange(48)
        if rng.random() < 0.4:
            painted[x, y] = "%06x" % rng.randrange(1 << 24)
            sent.append("PX %d %d %s\n" % (x, y, painted[x, y]))
        else:
            sent.append("PX %d %d\n" % (x, y))
            expected.append("PX %d %d %s\n" % (x, y, painted.get((x, y), "000000")))
    data = "".join(sent).encode()
    with Wall(tmp_path, PIXELFLUT, core="workers = " + workers) as wall, Client(wall) as client:
        def pour():
            at = 0
            while at < len(data):
                piece = rng.choice((1, 7, 100, 5000, 70000))
                client.send(data[at:at + piece])
                at += piece
            client.socket.shutdown(socket.SHUT_WR)
        thread = threading.Thread(target=pour)
        thread.start()
        assert client.file.read().decode() == "".join(expected)
        thread.join()


def test_every_connection_is_counted_exactly(tmp_path):
    wall, sent = Wall(tmp_path, PIXELFLUT, core="workers = 2"), {}
    with contextlib.ExitStack() as stack:
        stack.push(wall)
        wall.start("-v").wait_ready()
        for n in 7, 0, 5000:
            with Client(wall) as client:
                data = b"PX 1 1 ff8000\nPX 64 0 ff8000\nPX 1 1\n" * n + b"SIZE\n"
                client.send(data)
                assert client.finish().count("\n") == n + 1
                sent[client.socket.getsockname()[1]] = (n, len(data))
        assert wall.stop() == 0
        said = re.findall(r"pixelflut: client 127.0.0.1 port (\d+): painted (\d+) pixels with (\d+) bytes", wall.log())
        assert {int(port): (int(pixels), int(size)) for port, pixels, size in said} == sent


def stuff(client, data, limit):
    """Sends `data` again and again until murald reads no more; how many bytes it took."""
    sent = 0
    client.socket.settimeout(0.2)
    with contextlib.suppress(TimeoutError):
        while sent < limit:
            sent += client.socket.send(data[sent % len(data):])
    client.socket.settimeout(30)
    return sent


def test_input_of_a_client_that_does_not_read_is_not_read(tmp_path):
    questions = b"".join(b"PX %d %d\n" % (i % 64, i % 48) for i in range(1000))
    answers = b"".join(b"PX %d %d 000000\n" % (i % 64, i % 48) for i in range(1000))
    with Wall(tmp_path, PIXELFLUT, core="workers = 1") as wall:
        with Client(wall) as polite:
            assert polite.ask(b"SIZE\n") == "SIZE 64 48\n"
            before = wall.memory_kib()
            deaf = [Client(wall, receive_buffer=4096) for _ in range(16)]
            sent = [stuff(client, questions, 1 << 30) for client in deaf]
            assert max(sent) < 64 << 20
            assert polite.ask(b"PX 1 1\n") == "PX 1 1 000000\n"
            growth = wall.memory_kib() - before
            print("16 clients that do not read: %.1f MiB" % (growth / 1024))
            if not SANITIZED:
                assert growth < 16 << 10
        # those that read after all get everything, in order
        for client, count in list(zip(deaf, sent))[:3]:
            def finish(client=client, left=questions[count % len(questions):]):
                client.send(left)
                client.socket.shutdown(socket.SHUT_WR)
            threading.Thread(target=finish).start()
            rounds = count // len(questions) + 1
            for _ in range(rounds):
                assert client.file.read(len(answers)) == answers
            assert client.file.read() == b""
        for client in deaf:
            client.socket.close()


@pytest.mark.skipif("not os.environ.get('MURALD_LONG')", reason="takes 10 s: set MURALD_LONG=1")
def test_clients_that_do_not_read_are_evicted(tmp_path):
    """They have 64 MiB between them; a client that is merely slow is not evicted for it."""
    open_files(2100)
    sizes = b"SIZE\n" * 50000
    questions = b"".join(b"PX %d %d\n" % (i % 64, i % 48) for i in range(100000))
    answers = b"".join(b"PX %d %d 000000\n" % (i % 64, i % 48) for i in range(100000))
    with Wall(tmp_path, PIXELFLUT, core="workers = 1") as wall, contextlib.ExitStack() as stack:
        deaf = [stack.enter_context(Client(wall, receive_buffer=4096)) for _ in range(2000)]
        poll = select.poll()
        for client in deaf:
            client.socket.setblocking(False)
            poll.register(client.socket, select.POLLRDHUP)

        def one_is_closed():
            for client in deaf:
                with contextlib.suppress(OSError):
                    client.socket.send(sizes)
            return poll.poll(0)
        wait_for("the first to be closed", one_is_closed, 60)
        with Client(wall, receive_buffer=4096) as slow:
            def ask():
                slow.send(questions)
                slow.socket.shutdown(socket.SHUT_WR)
            thread = threading.Thread(target=ask)
            thread.start()
            assert slow.file.read() == answers
            thread.join()
        assert wall.stop() == 0
        assert re.search(r"discarded .*rate_limited", wall.log())


def test_stops_although_a_client_does_not_read(tmp_path):
    with Wall(tmp_path, PIXELFLUT) as wall, Client(wall, receive_buffer=4096) as client:
        stuff(client, b"SIZE\n" * 1000, 1 << 24)
        assert wall.stop() == 0


def test_line_without_end_closes_after_the_answers(tmp_path):
    with Wall(tmp_path, PIXELFLUT) as wall:
        with Client(wall) as client:
            client.send(b"SIZE\n" + b"9" * 100000)
            assert client.file.read() == b"SIZE 64 48\n"
        with Client(wall) as client:
            client.send(b"SIZE\n" + b"A" * 1024)
            assert client.line() == "SIZE 64 48\n"
            assert client.ask(b"\nSIZE\n") == "SIZE 64 48\n"
        wall.stop()
        assert "discarded 2 malformed" in wall.log()


def test_binary_in_text_and_text_in_binary(tmp_path):
    with Wall(tmp_path, PIXELFLUT + "multi = yes\n") as wall, Client(wall) as client:
        client.send(b"\0\0\0\nPX \0 1 ffffff\nPX 1 1 \xff\xff\xff\n" + bytes(range(128, 256)) + b"\n")
        assert client.ask(b"PB\x01\0\x01\0\n\n\n\nPX 1 1\n") == "PX 1 1 0a0a0a\n"
        # a run that would end outside is rejected whole; its pixels are no commands
        client.send(b"PXMULTI" + struct.pack("<HHI", 0, 0, 64 * 48 + 1))
        client.send(b"SIZE" * (64 * 48 + 1))
        assert client.ask(b"PX 0 0\n") == "PX 0 0 000000\n"
        client.send(b"PXMULTI" + struct.pack("<HHI", 62, 0, 4) + b"\1\2\3\0" * 4)
        assert client.ask(b"PX 1 1\n") == "PX 1 1 010203\n"
        client.send(b"PXMULTI" + struct.pack("<HHI", 0, 0, 0xffffffff) + b"\1\2\3\0" * 2)
        assert client.quiet()
        wall.stop()
        # what was announced and never came is not counted
        assert "painted 5 pixels, discarded %d out_of_bounds, 4 malformed" % (64 * 48 + 1 + 2) in wall.log()


def features(text):
    """What pixelbomber reads in an answer to HELP, as its feature_detection.rs does."""
    lines = [line.lower().lstrip() for line in text.split("\n")]
    return {"offset": any(line.startswith("offset") for line in lines),
            "grey": any(line.startswith(("px x y gg", "grayscale")) for line in lines),
            "binary": any("pbxyrgba" in line or "pbxxyyrgba" in line for line in lines)}


@pytest.mark.parametrize("binary", ["yes", "no"])
def test_help_is_understood_by_programs(tmp_path, binary):
    with Wall(tmp_path, PIXELFLUT + "binary = %s\n" % binary) as wall, Client(wall) as client:
        client.send(b"HELP\n")
        assert features(client.finish()) == {"offset": True, "grey": True, "binary": binary == "yes"}


def test_the_last_line_needs_no_end_if_the_client_closed(tmp_path):
    """printf without a line end, piped into nc; a connection that broke may have lost the rest of it."""
    with Wall(tmp_path, PIXELFLUT) as wall:
        broken = wall.tcp("pixelflut")
        broken.sendall(b"PX 9 9 ff0000\nPX 7 7 00ff00")
        wall.painted(9, 9, (255, 0, 0))
        broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        broken.close()
        with Client(wall) as client:
            client.send(b"OFFSET 1 2\nPX 4 4 0000ff")
            assert client.finish() == ""
        with Client(wall) as client:
            client.send(b"PX 5 6")
            assert client.finish() == "PX 5 6 0000ff\n"
        wall.painted(5, 6, (0, 0, 255))
        assert wall.picture().getpixel((7, 7)) == (0, 0, 0)


def test_stats(tmp_path):
    """Forms of other servers.  What a client has painted itself is in what it is told."""
    with Wall(tmp_path, PIXELFLUT, core="workers = 2") as wall, Client(wall) as one, Client(wall) as other:
        assert other.ask(b"PX 1 1 ff0000\nPX 2 1 ff0000\nPX 64 1 ff0000\n STATS\t\r\n").startswith("STATS px:2 conn:")
        wait_for("both clients", lambda: one.ask(b"STATS\n") == "STATS px:2 conn:2\n")
        assert one.ask(b"CONNECTIONS\n") == "CONNECTIONS 2\n"
        other.close()
        wait_for("the one alone", lambda: one.ask(b"CONNECTIONS\n") == "CONNECTIONS 1\n")
        one.send(b"STATS 1\nCONNECTIONSX\nSTATS\n" + b"STATS\nCONNECTIONS\n" * 2000)
        heard = one.finish()
        assert heard == "STATS px:2 conn:1\n" + "STATS px:2 conn:1\nCONNECTIONS 1\n" * 2000
        wall.stop()
        assert "painted 2 pixels, discarded 1 out_of_bounds, 2 malformed" in wall.log()


def test_help_does_not_amplify(tmp_path):
    with Wall(tmp_path, PIXELFLUT + "help = https://wall.example/ tells more\n") as wall:
        with Client(wall) as client:
            answer = client.ask(b"HELP\n")
            while not answer.endswith("tells more\n"):
                answer += client.line()
            assert "PXMULTI" not in answer and "OFFSET" in answer
        with Client(wall) as client:
            client.send(b"HELP\n" * 2000)
            heard = client.finish()
            assert heard.startswith(answer)
            assert len(heard) <= 3 * len(answer) + 2000 * 5
            assert heard == answer * (len(heard) // len(answer))


def test_a_long_help_is_cut_and_ends_its_line(tmp_path):
    wall = Wall(tmp_path, PIXELFLUT)
    with contextlib.ExitStack() as stack:
        stack.push(wall)
        wall.start("-s", "plugin pixelflut.help=" + "h" * 3000).wait_ready()
        with Client(wall) as client:
            client.send(b"HELP\nSIZE\n")
            assert client.finish().endswith("hhh\nSIZE 64 48\n")


@pytest.mark.parametrize("host,listen", [("127.0.0.1", "127.0.0.1:0"), ("::1", "[::1]:0")])
def test_connections_per_source(tmp_path, host, listen):
    config = "[plugin pixelflut]\nlisten = %s\nconnections-per-source = 3\n" % listen
    with Wall(tmp_path, config, core="workers = 2") as wall:
        taken = [Client(wall, host) for _ in range(3)]
        for client in taken:
            assert client.ask(b"SIZE\n") == "SIZE 64 48\n"
        for data in b"", b"PX 1 1 ffffff\n" * 100:
            with Client(wall, host) as refused:
                with contextlib.suppress(OSError):
                    refused.send(data)
                assert refused.line().startswith("ERROR too many connections")
        taken.pop().close()

        def is_admitted():
            with Client(wall, host) as client:
                with contextlib.suppress(OSError):
                    return client.ask(b"SIZE\n") == "SIZE 64 48\n"
        wait_for("the freed place", is_admitted)
        for client in taken:
            assert client.ask(b"SIZE\n") == "SIZE 64 48\n"
            client.close()
        wall.stop()
        assert re.search(r"painted 0 pixels, discarded \d+ rate_limited", wall.log())


def test_a_storm_of_connections_leaves_none_behind(tmp_path):
    with Wall(tmp_path, PIXELFLUT + "connections-per-source = 100\n", core="workers = 2") as wall:
        before = sockets(wall)
        for i in range(2000):
            client = socket.socket()
            client.settimeout(30)
            client.connect(("127.0.0.1", wall.port("pixelflut")))
            with contextlib.suppress(OSError):
                client.send(b"PX 1 1\nSIZE\nPX 2 2 ff"[:i % 20])
            if i % 3 == 0:  # reset
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()

        def is_served():  # others may still wait to be accepted
            with Client(wall) as client, contextlib.suppress(OSError):
                return client.ask(b"SIZE\n") == "SIZE 64 48\n"
        wait_for("one to be served", is_served)
        wait_for("all to be gone", lambda: sockets(wall) == before)
        assert wall.stop() == 0


def timers(port):
    """Seconds until the kernel sends a keepalive on each connection to the port, None without one."""
    with open("/proc/net/tcp") as f:
        fields = [line.split() for line in f.readlines()[1:]]
    established = [f[5] for f in fields if f[1].endswith(":%04X" % port) and f[3] == "01"]
    return [int(timer[3:], 16) / os.sysconf("SC_CLK_TCK") if timer.startswith("02:") else None
            for timer in established]


def test_quiet_connections_have_a_keepalive(tmp_path):
    """A client whose machine lost its power never closes its connection."""
    with Wall(tmp_path, PIXELFLUT) as wall, Client(wall) as client:
        assert client.ask(b"SIZE\n") == "SIZE 64 48\n"
        wait_for("the answer to be acknowledged", lambda: timers(wall.port("pixelflut")) != [None])
        (seconds,) = timers(wall.port("pixelflut"))
        assert 30 < seconds <= 60


def test_datagrams(tmp_path):
    """Whole commands, no answers, and nothing of one holds for the next."""
    binary = struct.pack("<2sHHBBBB", b"PB", 5, 6, 1, 2, 3, 0)
    datagrams = [b"OFFSET 10 20\nPX 1 2 ff0000\nPX 3 4 00ff00", b"PX 1 2 0000ff\n", binary + b"PX 7 8 ffffff\r\n",
                 b"PX 1 2\nSIZE\nPX 1 2\n", b"HELP", binary[:9], b"PX 9 9", b"x" * 1100, b"",
                 b"".join(b"PX %d 40 %06x\n" % (i % 64, i) for i in range(3000))]
    with Wall(tmp_path, "[plugin pixelflut]\nlisten =\nlisten-udp = 127.0.0.1:0\n") as wall:
        port = int(re.findall(r"pixelflut: listening on \S+:(\d+), UDP", wall.log())[-1])
        assert "nc -u -w1 127.0.0.1 %d" % port in wall.log()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(("127.0.0.1", port))
            for datagram in datagrams:
                client.send(datagram)
            wall.painted(63, 40, (0, 2943 >> 8, 2943 & 255))
            assert not select.select([client], [], [], 0.1)[0]
        picture, totals = wall.picture(), wall.totals("pixelflut")
    for x, y, colour in ((11, 22, 0xff0000), (13, 24, 0x00ff00), (1, 2, 0x0000ff), (5, 6, 0x010203), (7, 8, 0xffffff)):
        assert picture.getpixel((x, y)) == (colour >> 16, colour >> 8 & 255, colour & 255)
    assert totals == {"painted": 5 + 3000, "unauthorized": 5, "malformed": 2, "drops": 0}


@pytest.mark.skipif(SANITIZED, reason="a sanitizer changes what is expensive; build without --enable-sanitizer")
@pytest.mark.parametrize("question", [b"SIZE\n", b"STATS\n", b"CONNECTIONS\n", b"PX 01 02\n"])
def test_a_question_that_is_refused_costs_no_more_than_nonsense(tmp_path, question):
    """By datagram none is answered, so that nobody can amplify traffic: nor is the answer written."""
    path = str(tmp_path / "datagrams")
    with Wall(tmp_path, "[plugin pixelflut]\nlisten =\nlisten-udp = unix:%s\n" % path, core="workers = 1") as wall, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.connect(path)

        def seconds_of(line):
            before = procfs.threads_seconds(wall.pid)
            for _ in range(200):
                client.send(line * 4000)  # waits for room
            wall.wait_idle(0.05)
            return procfs.threads_seconds(wall.pid) - before
        takes = [(seconds_of(b"NONSENSE\n"), seconds_of(question)) for _ in range(3)]
    nonsense, refused = map(min, zip(*takes))
    print("a line of nonsense takes %.0f ns, a question %.0f ns" % (nonsense / 8e-4, refused / 8e-4))
    assert refused < 3 * nonsense
