# SPDX-License-Identifier: MIT
"""p² against a whole murald, over plain sockets: painting, updates, regions, limits, crowds."""
import os
import random
import resource
import signal
import socket
import struct
import subprocess
import time

import pytest

import procfs
from control import Operator, control
from p2client import Client, RawWebSocket, Updates, auth, frame, put, shown, sub, websocket_port
from p2wall import BLACK, BLUE, GREEN, RED, WHOLE, client, open_wall, p2_wall
from sanitizer import SLACK_KIB
from waiting import settled, shortest, wait_for
from wall import BUILD, DOTS, Wall, dot


# ---------------------------------------------------------- painting and updates

def test_a_pixel_is_its_users(tmp_path):
    with p2_wall(tmp_path, core="[canvas]\nowners = yes\n" + control(tmp_path)) as wall, \
            client(wall) as one, client(wall, "py2") as two, Operator(wall) as operator:
        one.send(put(0, 0, RED))
        two.send(put(1, 1, GREEN))
        for at, user in (("32,24", "py1"), ("33,25", "py2")):
            wait_for("the pixel of " + user, lambda: operator.done("who", point=at)["source"] == "p2:" + user)
        assert not operator.done("who", point="32,24")["forgeable"]
        assert operator.done("undo", source="p2:py1")["pixels"] == 1



def test_every_subscriber_sees_all_changes_whoever_painted(tmp_path):
    with p2_wall(tmp_path, others=DOTS) as wall, \
            client(wall) as one, client(wall, "py2") as two, wall.tcp() as dots:
        one.send(sub(-32, -24, 31, 23))
        two.send(sub(0, 0, 0, 0))
        one.until(lambda c: len(c.pixels) == 64 * 48)
        two.until(lambda c: len(c.pixels) == 1)
        assert set(one.pixels.values()) == {BLACK}
        dots.sendall(dot(32, 24, (255, 132, 8)))
        for c in (one, two):
            c.until_sees(0, 0, (31, 16, 1))
        two.send(put(-32, -24, GREEN) + put(31, 23, BLUE) + put(32, 0, RED) + put(0, 24, RED))
        one.until_sees(-32, -24, GREEN).until_sees(31, 23, BLUE)
        one.send(put(0, 0, RED))
        for c in (one, two):  # the author, too
            c.until_sees(0, 0, RED)
        assert (32, 0) not in one.pixels and len(two.pixels) == 1
        picture = wall.last_picture()
        assert picture.getpixel((0, 0)) == shown(GREEN) and picture.getpixel((63, 47)) == shown(BLUE)
        assert "painted 3 pixels, discarded 2 out_of_bounds" in wall.log()


def echo_request(data):
    """An ICMP echo request with its checksum."""
    message = struct.pack(">BBHHH", 8, 0, 0, 7, 1) + data + bytes(len(data) % 2)
    total = sum(struct.unpack(">%dH" % (len(message) // 2), message))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    return message[:2] + struct.pack(">H", ~total & 0xffff) + message[4:8 + len(data)]


@pytest.mark.skipif(os.geteuid() != 0, reason="sending and reading pings needs root")
def test_a_ping_is_seen_by_subscribers(tmp_path):
    with p2_wall(tmp_path, others="[plugin icmp]\ninterface = lo\n") as wall, client(wall) as c, \
            socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as pings:
        c.send(WHOLE)
        c.until(lambda c: len(c.pixels) == 64 * 48)
        pings.sendto(echo_request(struct.pack(">BHHBBB", 0xcc, 40, 20, 255, 0, 0)), ("127.0.0.1", 0))
        c.until_sees(40 - 32, 20 - 24, RED)


def test_snapshot_is_few_large_blocks(tmp_path):
    with p2_wall(tmp_path, size="150x80") as wall, client(wall) as c:
        c.send(WHOLE)
        c.until(lambda c: len(c.pixels) == 150 * 80)
        assert len(c.blocks) == 100 and c.bytes == 100 * 246
        c.blocks.clear()
        c.send(sub(-3, -5, 11, 2))  # one block of 15 x 8, wherever it lies
        c.until(lambda c: c.blocks)
        assert c.blocks == [(-3, -5, 15, 8)]


def test_without_snapshot_only_changes_come(tmp_path):
    with p2_wall(tmp_path, "snapshot = no") as wall, client(wall) as c:
        c.send(WHOLE)
        assert c.quiet()
        c.send(put(1, 2, RED))
        c.until_sees(1, 2, RED)
        assert len(c.pixels) == 1 and c.bytes == 8


def test_a_second_sub_replaces_the_first_and_a_wrong_one_ends_it(tmp_path):
    with p2_wall(tmp_path, "snapshot = no") as wall, client(wall) as c:
        c.send(sub(0, 0, 5, 5))
        c.send(sub(10, 10, 12, 12))
        assert c.quiet(0.2)  # until the next tick: without a snapshot, changes count from then on
        c.send(put(1, 1, RED) + put(11, 11, GREEN))
        c.until_sees(11, 11, GREEN)
        assert len(c.pixels) == 1
        c.send(sub(5, 5, 1, 1))
        assert c.quiet(0.2)  # until the next tick
        c.send(put(11, 11, RED))
        assert c.quiet()
        c.send(sub(100, 100, 120, 120))  # outside of the wall
        c.send(put(11, 11, BLUE))
        assert c.quiet() and not c.closed


@pytest.mark.parametrize("origin,at", [("center", (32, 24)), ("top-left", (0, 0)),
                                       ("5,7", (5, 7)), ("-3,100", (-3, 100))])
def test_origin_is_where_zero_is(tmp_path, origin, at):
    with p2_wall(tmp_path, "origin = %s" % origin) as wall, client(wall) as c:
        c.send(put(10 - at[0], 20 - at[1], RED) + WHOLE)
        c.until_sees(10 - at[0], 20 - at[1], RED)
        assert min(c.pixels) == (-at[0], -at[1])
        assert wall.last_picture().getpixel((10, 20)) == shown(RED)


def test_a_region_is_a_wall_of_its_own(tmp_path):
    with p2_wall(tmp_path, "offset = 7,9\nregion = 20x10", others=DOTS) as wall, \
            client(wall) as c, wall.tcp() as dots:
        c.send(put(0, 0, RED) + put(-10, -5, GREEN) + put(10, 0, BLUE) + WHOLE)
        c.until(lambda c: len(c.pixels) == 200)
        dots.sendall(b"".join(dot(x, y, (0, 0, 255))
                              for x, y in ((6, 9), (26, 18), (27, 18), (7, 8))))
        c.until_sees(9, 4, BLUE)
        assert len(c.pixels) == 200 and c.pixels[-10, -5] == GREEN and c.pixels[0, 0] == RED
        picture = wall.last_picture()
        assert picture.getpixel((17, 14)) == shown(RED) and picture.getpixel((7, 9)) == shown(GREEN)


def test_any_fragmentation_of_the_stream(tmp_path):
    rng = random.Random(4)
    noise = [b"\xff", b"\x12\x34", b"\xff\x55\x01", b"\xff\xd0\x00\x01\x00", b"\xff\xd0" + bytes(6)]
    script, want = b"", {}
    for i in range(400):
        x, y = rng.randrange(-32, 32), rng.randrange(-24, 24)
        rgb = tuple(rng.randrange(32) for _ in range(3))
        script += put(x, y, rgb) + (rng.choice(noise) if i % 3 == 0 else b"")
        want[x, y] = rgb
    script += b"\xff" + put(0, 0, RED)
    want[0, 0] = RED
    for round_, size in enumerate((len(script), 1, 2, 3, 5, 7, 8, 9, 64, None)):
        folder = tmp_path / str(round_)
        folder.mkdir()
        with p2_wall(folder, "put-rate = 0") as wall, Client(wall.port("p2")) as c:
            c.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            data = auth("py1") + script
            while data:
                n = size or rng.randrange(1, 40)
                c.send(data[:n])
                data = data[n:]
                if n <= 3 and len(data) % 7 == 0:
                    time.sleep(0.0005)  # so that some pieces are read one by one
            c.send(WHOLE)
            c.until(lambda c: len(c.pixels) == 64 * 48)
            assert {at: rgb for at, rgb in c.pixels.items() if rgb != BLACK or at in want} == want


def test_updates_are_batched_fifteen_times_a_second(tmp_path):
    with p2_wall(tmp_path, "snapshot = no") as wall, client(wall) as c, client(wall, "py2") as painter:
        c.send(WHOLE)
        assert c.quiet()
        arrivals, last, i, begun = [], 0, 0, time.monotonic()
        while len(arrivals) < 25 or shortest(arrivals, 6) > 0.6:
            assert time.monotonic() - begun < 60, arrivals
            painter.send(put(3, 3, (i % 31 + 1, 0, 0)))
            i += 1
            c.socket.settimeout(0.002)
            c.read()
            if c.bytes != last:
                arrivals.append(time.monotonic())
                last = c.bytes
        assert len(arrivals) <= 15 * (time.monotonic() - begun) + 3


def test_an_idle_wall_does_not_wake_up(tmp_path):
    with p2_wall(tmp_path) as wall, client(wall) as c:
        c.send(WHOLE)
        c.until(lambda c: len(c.pixels) == 64 * 48)
        wall.wait_idle()
        before = procfs.times_slept(wall.pid)
        time.sleep(2)  # a clock that ticks would show by then
        assert procfs.times_slept(wall.pid) - before <= 1


def test_unix_sockets_serve_too(tmp_path):
    path = str(tmp_path / "p2.sock")
    with Wall(tmp_path, "[plugin p2]\nlisten = unix:%s\nwebsocket =\nauth = none\n" % path) as wall:
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            s.sendall(auth("x") + put(0, 0, RED))
            wall.painted(32, 24, shown(RED))
        assert wall.stop() == 0 and not os.path.exists(path)


def test_both_address_families_are_served(tmp_path):
    with Wall(tmp_path, "[plugin p2]\nlisten = [::]:0\nwebsocket = [::]:0\nauth = none\n") as wall:
        for i, host in enumerate(("127.0.0.1", "::1")):
            with Client(wall.port("p2"), "u", host=host) as c:
                c.send(put(i, 0, RED))
                wall.painted(32 + i, 24, shown(RED))


def test_idle_clients_are_closed_and_heartbeats_count(tmp_path):
    with p2_wall(tmp_path, "idle = 3s") as wall, client(wall) as silent, client(wall, "py2") as alive:
        ws = RawWebSocket(websocket_port(wall))
        ws.send(frame(auth("py3")))
        start = time.monotonic()
        while time.monotonic() - start < 4.5:
            alive.send(b"\xff")  # far more often than it has to, whatever keeps this test from its turn
            alive.quiet(0.2)
            if not silent.closed:
                silent.read()
        assert silent.until_closed()
        assert not alive.closed and not alive.over
        assert ws.close_code() == 1000


def test_disconnects_go_both_ways(tmp_path):
    with p2_wall(tmp_path) as wall, client(wall, "py2") as stays:
        with client(wall) as c:
            c.send(put(1, 1, RED) + b"\xff\x00" + put(2, 2, RED))
            assert c.until_closed()
        ws = RawWebSocket(websocket_port(wall))
        ws.send(frame(auth("py3")))
        stays.send(sub(0, 0, 5, 5))
        stays.until_sees(1, 1, RED)
        picture = wall.last_picture()
        assert picture.getpixel((33, 25)) == shown(RED) and picture.getpixel((34, 26)) == (0, 0, 0)
        assert stays.until_closed() and ws.close_code() == 1001


# --------------------------------------------------------- slow and bad clients

def test_a_client_that_does_not_read_costs_little_and_catches_up(tmp_path):
    rng = random.Random(5)
    with open_wall(tmp_path, "put-rate = 0", size="640x360") as wall:
        slow = Client(wall.port("p2"))
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.send(auth("slow") + WHOLE)
        lazy = RawWebSocket(websocket_port(wall))
        lazy.send(frame(auth("lazy") + WHOLE))
        with Client(wall.port("p2"), "painter") as painter:
            before = settled(wall.memory_kib)
            want = {}
            for _ in range(60):
                batch = [(rng.randrange(-320, 320), rng.randrange(-180, 180),
                          tuple(rng.randrange(32) for _ in range(3))) for _ in range(2000)]
                painter.send(b"".join(put(x, y, rgb) for x, y, rgb in batch))
                want.update({(x, y): rgb for x, y, rgb in batch})
                time.sleep(0.05)  # for each batch to become an update of its own
            assert wall.memory_kib() - before < 3000 + SLACK_KIB, "KiB more"
        for c in (slow, lazy):
            if c is lazy:
                c = Updates()
                while any(c.pixels.get(at) != rgb for at, rgb in want.items()):
                    opcode, payload = lazy.receive()
                    assert opcode == 2
                    c.take(payload, whole=True)
            else:
                c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
                c.until(lambda c: len(c.pixels) == 640 * 360 and all(
                    c.pixels[at] == rgb for at, rgb in want.items()), 60)
            # the backlog of 120,000 changes would be about a megabyte of single pixels
            assert all(c.pixels[at] == rgb for at, rgb in want.items())


def test_floods_of_ff_and_garbage_do_no_harm(tmp_path):
    with p2_wall(tmp_path) as wall, client(wall) as flood, client(wall, "py2") as good:
        before = wall.memory_kib()
        for block in (b"\xff", b"\x01", b"\xff\x55", b"\xff\xd0", os.urandom(1 << 12)):
            block = block.replace(b"\xff\x00", b"\xff\x01")
            flood.send(block * ((4 << 20) // len(block)))
        good.send(put(0, 0, RED))
        wall.painted(32, 24, shown(RED))
        flood.send(b"\xff" + WHOLE * 20000 + sub(0, 0, 0, 0))
        flood.until(lambda c: (0, 0) in c.pixels)
        assert wall.memory_kib() - before < 4096 + SLACK_KIB
        assert not flood.closed
        assert wall.totals("p2")["malformed"] > 0


def test_many_silent_connections_keep_nobody_out(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
    crowd = []
    try:
        with p2_wall(tmp_path, prefix=["prlimit", "--nofile=1024"]) as wall:
            with client(wall) as early:
                early.send(sub(0, 0, 0, 0))
                early.until(lambda c: c.pixels)
                wall.process.send_signal(signal.SIGSTOP)  # all of them wait when it looks
                for _ in range(3000):
                    crowd.append(socket.create_connection(("127.0.0.1", wall.port("p2")), 30))
                with Client(wall.port("p2"), "py2", source="127.0.0.2") as late:
                    late.send(put(0, 0, RED))
                    wall.process.send_signal(signal.SIGCONT)
                    early.until_sees(0, 0, RED)
                assert not early.closed
                assert wall.descriptors() < 1000
            for s in crowd:
                s.close()
            discarded = wall.totals("p2")
            assert discarded["unauthorized"] + discarded["rate_limited"] > 2700
    finally:
        for s in crowd:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# ----------------------------------------------------------------------- config

@pytest.mark.parametrize("lines,words", [
    ("", "nobody could log in"),
    ("users = /nowhere/users", "/nowhere/users: No such file"),
    ("users = {bad}", "{bad}:2: must be static:DIGITS, totp:BASE32 or otpauth://"),
    ("auth = none\norigin = middle", "write center, top-left, or X,Y"),
    ("auth = none\norigin = 1,99999", "write center, top-left, or X,Y"),
    ("auth = none\nlisten =\nwebsocket =", "give one of them an address"),
    ("auth = none\nput-rate = -1", "put-rate"),
])
def test_bad_config_is_explained(tmp_path, lines, words):
    bad = tmp_path / "bad"
    bad.write_text("a = static:1\nb = 1234\n")
    wall = Wall(tmp_path, "[plugin p2]\n" + lines.replace("{bad}", str(bad)))
    done = subprocess.run(wall.command("--check-config"), capture_output=True, text=True)
    assert done.returncode == 78
    assert words.replace("{bad}", str(bad)) in done.stderr
    assert wall.config + ":" in done.stderr


def test_a_port_in_use_stops_the_start_cleanly(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for key in ("listen", "websocket"):
            other = "websocket" if key == "listen" else "listen"
            for required, status in (("yes", 1), ("no", 0)):
                wall = Wall(tmp_path, "[plugin p2]\nauth = none\nrequired = %s\n%s = 127.0.0.1:%d\n"
                            "%s = 127.0.0.1:0\n" % (required, key, port, other))
                wall.start()
                if status == 0:
                    wall.wait_ready()
                    assert wall.stop() == 0, wall.log()
                else:
                    assert wall.process.wait(30) == 1, wall.log()
                assert "another program does" in wall.log()
                os.unlink(wall.log_path)


# ------------------------------------------------------------------------ crowds

@pytest.mark.parametrize("subscribers,seconds", [(100, 3), pytest.param(1000, 20, marks=pytest.mark.skipif(
    not os.environ.get("MURALD_LONG"), reason="takes a minute: set MURALD_LONG=1"))])
def test_a_crowd_sees_the_exact_wall(tmp_path, subscribers, seconds):
    """While 100,000 Puts a second come in, and in bounded memory."""
    with open_wall(tmp_path, "put-rate = 0", size="256x144",
                   prefix=["prlimit", "--nofile=8192:8192"]) as wall:
        crowd = subprocess.Popen(
            [os.path.join(BUILD, "tests", "p2", "crowd"), str(wall.port("p2")), str(subscribers),
             str(seconds), "100000", "256", "144"], stdout=subprocess.PIPE, text=True)
        used = []
        while crowd.poll() is None:
            time.sleep(0.25)  # between two samples
            used.append(wall.memory_kib())
        said = crowd.stdout.read()
        print(said, "KiB:", used[::8])
        assert crowd.returncode == 0, said
        # from the first sample to the end, at most PIECE_BYTES for each subscriber
        assert max(used) - used[0] < 2000 + 33 * subscribers + SLACK_KIB
        assert max(used[len(used) // 2:]) <= max(used[:len(used) // 2]) * 1.1 + SLACK_KIB
