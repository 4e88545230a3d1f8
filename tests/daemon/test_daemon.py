# SPDX-License-Identifier: MIT
"""The whole daemon, headless: clients, snapshot, signals, systemd, failures."""
import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import threading
import time

import pytest

import procfs
from author import pkg_config
from systemd import Systemd
from waiting import settled
from wall import BUILD, DOTS, MURALD, PLUGINS, SOURCE, Wall, dot, wait_for


@pytest.fixture(autouse=True)
def kill_what_is_left(monkeypatch):
    started, start = [], Wall.start
    monkeypatch.setattr(Wall, "start", lambda wall, *args, **kw: started.append(wall) or start(wall, *args, **kw))
    yield
    for wall in started:
        if wall.process and wall.process.poll() is None:
            wall.kill()


@pytest.mark.parametrize("workers", ["0", "1", "3", "auto"])
def test_tcp_client_paints(tmp_path, workers):
    with Wall(tmp_path, DOTS, core="workers = " + workers) as wall:
        with wall.tcp() as client:
            for i, byte in enumerate(dot(5, 6, (1, 2, 3)) + dot(63, 47, (4, 5, 6))):
                client.sendall(bytes([byte]))
                if i % 5 == 0:
                    time.sleep(0.005)  # so that murald reads the record in pieces
            wall.painted(63, 47, (4, 5, 6))
        picture = wall.last_picture()
        assert picture.size == (64, 48)
        assert picture.getpixel((5, 6)) == (1, 2, 3)
        assert picture.getpixel((6, 5)) == (0, 0, 0)
        assert "dots: painted 2 pixels, discarded nothing, kernel drops 0" in wall.log()


def test_many_clients_fill_the_wall(tmp_path):
    colours = {(x, y): (x * 4 % 256, y * 5, (x + y) % 256) for x in range(64) for y in range(48)}
    with Wall(tmp_path, DOTS, core="workers = 2") as wall:
        clients = [wall.tcp() for _ in range(48)]
        for y, client in enumerate(clients):
            client.sendall(b"".join(dot(x, y, colours[x, y]) for x in range(64)))
        for client in clients:
            client.close()

        def complete():
            picture = wall.picture()
            return all(picture.getpixel(at) == rgb for at, rgb in colours.items())
        wait_for("all pixels", complete)


def test_udp_datagrams_paint(tmp_path):
    with Wall(tmp_path, "[plugin dots]\nlisten-udp = 127.0.0.1:0\n") as wall:
        port = int(re.search(r"dots: listening on \S+:(\d+), UDP", wall.log()).group(1))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(dot(1, 1, (9, 8, 7)) + dot(2, 2, (6, 5, 4)) + b"rest", ("127.0.0.1", port))
            client.sendto(b"", ("127.0.0.1", port))
            client.sendto(dot(3, 3, (3, 2, 1)), ("127.0.0.1", port))
        wall.painted(3, 3, (3, 2, 1))
        assert wall.picture().getpixel((2, 2)) == (6, 5, 4)
        command = re.search("dots: paint with: (printf .* nc -u .*)", wall.log()).group(1)
        x, _, y, _, *rgb, _ = [int(octal, 8) for octal in re.findall(r"\\(\d+)", command)]
        subprocess.run(["bash", "-c", command], check=True)
        wall.painted(x, y, tuple(rgb))


def test_datagrams_paint_after_an_error_of_their_socket(tmp_path):
    """As ss -K makes one, of which a socket keeps a port only if it has asked for that."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Wall(tmp_path, "[plugin dots]\nlisten-udp = 127.0.0.1:%d\n" % port) as wall:
        killed = subprocess.run(["ss", "-KHuan", "sport = :%d" % port], capture_output=True, text=True)
        if ":%d " % port not in killed.stdout:
            pytest.skip("needs root, and a kernel with CONFIG_INET_DIAG_DESTROY")
        for x in range(3):  # the first one may arrive before the error is read
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(dot(x, 1, (9, 8, 7)), ("127.0.0.1", port))
            wall.painted(x, 1, (9, 8, 7))


def test_unix_socket_paints_and_is_removed(tmp_path):
    path = str(tmp_path / "dots.sock")
    with Wall(tmp_path, "[plugin dots]\nlisten = unix:%s\n" % path) as wall:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(dot(7, 7, (7, 7, 7)))
            wall.painted(7, 7, (7, 7, 7))
        wall.kill()
        assert os.path.exists(path)
        wall.start().wait_ready()  # a socket that a crash left is no obstacle
        assert wall.stop() == 0
        assert not os.path.exists(path)


def test_instances_paint_their_own_regions(tmp_path):
    config = ("[plugin dots left]\nlisten = 127.0.0.1:0\nregion = 10x10\n"
              "[plugin dots right]\nlisten = 127.0.0.1:0\noffset = 20,30\nregion = 10x10\n"
              "opaque = yes\n")
    with Wall(tmp_path, config) as wall:
        for name in "left", "right":
            with wall.tcp(name) as client:
                client.sendall(dot(9, 9, (255, 0, 0), 128) + dot(10, 9, (1, 1, 1)))
        wall.painted(29, 39, (255, 0, 0))
        wall.painted(9, 9, (128, 0, 0))
        picture = wall.last_picture()
        assert sorted(picture.getcolors()) == [
            (1, (128, 0, 0)), (1, (255, 0, 0)), (64 * 48 - 2, (0, 0, 0))]
        assert re.search(r"left: painted 1 pixels, discarded 1 out_of_bounds", wall.log())


def test_wall_without_plugins_says_so(tmp_path):
    with Wall(tmp_path, "") as wall:
        assert "no plugin is enabled, so nobody can paint" in wall.log()


@pytest.mark.skipif(not os.path.exists("/sys/kernel/mm/transparent_hugepage/enabled"),
                    reason="this kernel has no transparent huge pages")
@pytest.mark.parametrize("owners, n_bytes", [("no", 4), ("yes", 8)])
def test_pixels_ask_for_huge_pages(tmp_path, owners, n_bytes):
    with Wall(tmp_path, DOTS, size="1024x1024", core="[canvas]\nowners = " + owners) as wall:
        with open("/proc/%d/smaps" % wall.pid) as f:
            asked = re.findall(r"\nSize: +(\d+) kB\n(?:(?!VmFlags).*\n)*VmFlags:.* hg\b", f.read())
    assert "%d" % (n_bytes << 10) in asked


def test_a_signal_without_a_meaning_ends_nothing(tmp_path):
    with Wall(tmp_path, DOTS) as wall:
        wall.process.send_signal(signal.SIGUSR2)
        wall.paint(dot(0, 0, (1, 1, 1)))
        assert wall.stop() == 0


def test_notifies_systemd(tmp_path):
    with Systemd(tmp_path) as systemd:
        wall = Wall(tmp_path, DOTS).start(env=dict(systemd.env, WATCHDOG_USEC="200000"))
        assert b"READY=1" in systemd.message()
        for _ in range(3):
            assert systemd.message() == b"WATCHDOG=1"
        wall.process.terminate()
        wait_for("the last message", lambda: b"STOPPING=1" in systemd.message())
        assert wall.stop() == 0


def test_painting_goes_on_when_systemd_does_not_read(tmp_path):
    with Systemd(tmp_path) as systemd, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.connect(systemd.path)
        other.setblocking(False)
        with pytest.raises(BlockingIOError):
            while True:
                other.send(b"full")
        wall = Wall(tmp_path, DOTS).start(env=dict(systemd.env, WATCHDOG_USEC="2000")).wait_ready()
        wall.painted(0, 0, (0, 0, 0))
        assert wall.stop() == 0


def test_required_instance_that_cannot_open_ends_it(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        wall = Wall(tmp_path, "[plugin dots]\nlisten = %s\n" % address)
        wall.start()
        assert wall.process.wait(30) == 1
        assert "dots: cannot listen on %s: another program does" % address in wall.log()
        assert not os.path.exists(wall.snapshot)  # it never ran, so it saves nothing

        both = Wall(tmp_path, "[plugin dots broken]\nlisten = %s\nrequired = no\n%s"
                    % (address, DOTS))
        with both:
            with both.tcp() as client:
                client.sendall(dot(0, 0, (1, 2, 3)))
            both.painted(0, 0, (1, 2, 3))
        assert "broken: could not be opened; continuing without it" in both.log()
        assert "broken: paint with" not in both.log()


def start_odd(wall, oddity):
    """Starts it with a plugin that has one thing wrong; tests/unit/plugin/odd.c has the list."""
    return wall.start("-s", "server.plugin-path=%s:%s" % (PLUGINS, os.path.join(BUILD, "tests", "unit", "plugin", ".libs")),
                      env={"ODD": oddity, "ASAN_OPTIONS": "detect_leaks=0"}).wait_ready()


def test_service_that_does_not_stop_is_named_and_left_behind(tmp_path):
    wall = Wall(tmp_path, "[plugin odd]\n" + DOTS)
    start_odd(wall, "stays").painted(0, 0, (255, 255, 255))
    assert wall.last_picture().getpixel((0, 0)) == (255, 255, 255)
    assert "odd: did not stop in time; left running" in wall.log()


@pytest.mark.parametrize("workers", ["0", "2"])
def test_plugin_that_rejects_its_datagram_socket_and_clients(tmp_path, workers):
    wall = Wall(tmp_path, "[plugin odd]\nlisten =\nlisten-udp = 127.0.0.1:0\nrequired = no\n"
                "[plugin odd tcp]\nlisten = 127.0.0.1:0\n" + DOTS, core="workers = " + workers)
    start_odd(wall, "refuses")
    assert "odd: could not be opened; continuing without it" in wall.log()
    port = re.search(r"odd: listening on 127.0.0.1:(\d+), UDP", wall.log()).group(1)
    sockets = subprocess.run(["ss", "-Hluan"], capture_output=True, text=True, check=True).stdout
    assert ":%s " % port not in sockets
    with wall.tcp("tcp") as client:
        assert client.recv(100) == b"no\n"
        assert client.recv(100) == b""
    wall.paint(dot(0, 0, (1, 1, 1)))
    assert wall.stop() == 0


def test_each_reason_why_an_address_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("mine")
    nobody = Wall(tmp_path, "[plugin dots]\nlisten = unix:%s\n" % (tmp_path / "file"))
    assert nobody.start().process.wait(30) == 1
    assert "file: that path exists and is not a socket; remove it" in nobody.log()
    assert (tmp_path / "file").read_text() == "mine"

    nowhere = Wall(tmp_path, "[plugin dots]\nlisten = no-such-host.invalid:1235\n")
    assert nowhere.start().process.wait(60) == 1
    assert "dots: cannot listen on no-such-host.invalid:1235: no address is known for that host" in nowhere.log()

    here = Wall(tmp_path, "[plugin dots]\nlisten = 192.0.2.1:1235\n")
    assert here.start().process.wait(30) == 1
    assert "dots: cannot listen on 192.0.2.1:1235: this machine has no such address" in here.log()

    twice = Wall(tmp_path, "[plugin dots]\nlisten-udp = unix:%s\n" % (tmp_path / "udp.sock"))
    with twice:
        assert twice.stop() == 0
    assert not os.path.exists(tmp_path / "udp.sock")


ECHO = "[plugin odd]\nlisten = 127.0.0.1:0\n"


def receive(client, length):
    """That many bytes, or fewer if it is closed before."""
    data = b""
    while len(data) < length:
        more = client.recv(length - len(data))
        if not more:
            break
        data += more
    return data


@pytest.mark.parametrize("workers", ["0", "2"])
def test_answers_arrive_whole_and_in_order(tmp_path, workers):
    wall = Wall(tmp_path, ECHO, core="workers = " + workers)
    start_odd(wall, "echoes")
    with wall.tcp("odd") as client:
        for i in range(8):
            client.sendall(b"%d" % i * 100000)
            time.sleep(0.05)  # until more is pending than fits into the socket, which cannot be seen from here
            assert receive(client, 4 * 100000) == b"%d" % i * 4 * 100000
        client.sendall(b"!bye")
        assert receive(client, 17) == b"!bye" * 4  # and no more: it is closed
    assert wall.stop() == 0


def test_who_takes_replies_at_once_gets_more_of_them(tmp_path):
    wall = Wall(tmp_path, ECHO, core="workers = 1")
    start_odd(wall, "fills")
    with wall.tcp("odd") as client, client.makefile("rb") as answers:
        def ask(question=b"?"):
            client.sendall(question)
            return len(answers.readline())
        wait_for("a larger answer", lambda: ask() > 256 << 10)
        ask(b"s")  # from now on one that is not taken whole
        assert [ask() for _ in range(4)] == [(64 << 10) + 1] * 4
    assert wall.stop() == 0


def test_stops_although_clients_do_not_read(tmp_path):
    wall = Wall(tmp_path, ECHO, core="workers = 2")
    start_odd(wall, "echoes")
    clients = [wall.tcp("odd") for _ in range(20)]
    for client in clients:
        client.setblocking(False)
    while ready := select.select([], clients, [], 0.2)[1]:  # until murald reads nothing more
        for client in ready:
            with contextlib.suppress(BlockingIOError):
                client.send(b"x" * 65536)
    for client in clients[:5]:
        client.close()
    assert wall.stop() == 0


@pytest.mark.skipif("address" in os.environ.get("sanitizer", ""), reason="AddressSanitizer keeps freed memory")
def test_memory_of_answers_is_given_back(tmp_path):
    wall = Wall(tmp_path, ECHO, core="workers = 1")
    start_odd(wall, "echoes")
    before = wall.memory_kib()
    clients = [wall.tcp("odd") for _ in range(100)]
    for client in clients:
        client.sendall(b"x" * 131072)
        receive(client, 4 * 131072)
    assert wall.memory_kib() - before < 10 * 1024
    assert wall.stop() == 0


def test_clients_beyond_the_limit_wait_and_are_logged_once(tmp_path):
    wall = Wall(tmp_path, DOTS, core="workers = 1", prefix=["prlimit", "--nofile=32:32"])
    with wall:
        # from eight sources, because one may have no more than its share of the descriptors
        clients = [wall.tcp(source="127.0.0.%d" % (2 + i % 8)) for i in range(40)]
        wait_for("a line in the log", lambda: "cannot accept clients for now" in wall.log())
        for client in clients[:10]:
            client.close()
            time.sleep(0.15)  # for the next one to be accepted in its place: murald tries ten times a second
        assert wall.log().count("cannot accept clients for now") == 1
        for client in clients:
            client.close()
        wall.paint(dot(1, 1, (9, 9, 9)))
        assert wall.last_picture().getpixel((1, 1)) == (9, 9, 9)


def test_too_few_descriptors_to_start_with(tmp_path):
    for limit in range(5, 16):  # with fewer the dynamic linker finds no library
        wall = Wall(tmp_path, DOTS, core="workers = 2", prefix=["prlimit", "--nofile=%d:%d" % (limit, limit)])
        wall.start()
        assert wall.process.wait(30) in (1, 78), wall.log()
        if 6 <= limit <= 10:
            assert "too few file descriptors: the limit is %d;" % limit in wall.log()


def test_a_low_soft_limit_of_descriptors_is_raised(tmp_path):
    with Wall(tmp_path, DOTS, prefix=["prlimit", "--nofile=6:1000"]) as wall:
        wall.paint(dot(1, 1, (9, 9, 9)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_during_the_start_takes_effect_after_it(tmp_path, number):
    """The start is held up by a log that nobody reads; nothing half-started may be left behind."""
    wall = Wall(tmp_path, "[plugin dots]\nlisten = unix:%s\n" % (tmp_path / "dots.sock"))
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    filling = 4096
    while filling:
        try:
            os.write(writer, b"-" * filling)
        except BlockingIOError:
            filling //= 2
    os.set_blocking(writer, True)
    wall.process = subprocess.Popen(wall.command(), stdin=subprocess.DEVNULL, stderr=writer)
    os.close(writer)

    def waits_for_the_pipe():
        with open("/proc/%d/wchan" % wall.process.pid) as f:
            return "pipe" in f.read()
    wait_for("the start to be held up", waits_for_the_pipe)
    wall.process.send_signal(number)
    if number == signal.SIGHUP:
        wall.process.send_signal(signal.SIGTERM)
    with open(reader, "rb") as log:
        said = log.read().decode().lstrip("-")
    assert wall.process.wait(20) == 0, said
    assert "listening" in said and "stopping: " in said
    assert not os.path.exists(tmp_path / "dots.sock")


def test_sighup_does_not_end_it(tmp_path):
    with Wall(tmp_path, DOTS) as wall:
        wall.process.send_signal(signal.SIGHUP)
        wait_for("a line in the log", lambda: "reload" in wall.log())
        assert wall.stop() == 0


@pytest.mark.skipif("thread" in os.environ.get("sanitizer", ""),
                    reason="ThreadSanitizer has a thread of its own that wakes up")
def test_idle_wall_does_not_wake_up(tmp_path):
    with Wall(tmp_path, DOTS) as wall:
        with wall.tcp() as client:
            client.sendall(dot(0, 0, (1, 1, 1)))
            wall.painted(0, 0, (1, 1, 1))
            before = settled(lambda: procfs.wake_ups(wall.pid))
            time.sleep(2)  # a clock that ticks would show by then
            assert procfs.wake_ups(wall.pid) == before


def test_stops_although_clients_go_on_sending(tmp_path):
    with Wall(tmp_path, DOTS, core="workers = 2") as wall:
        flood = dot(1, 1, (1, 1, 1)) * 8192
        clients, sent = [wall.tcp() for _ in range(4)], []

        def pour(client):
            with contextlib.suppress(OSError):
                while True:
                    client.sendall(flood)
                    sent.append(1)
        threads = [threading.Thread(target=pour, args=(c,)) for c in clients]
        for thread in threads:
            thread.start()
        wait_for("the flood", lambda: len(sent) > 100)
        assert wall.stop() == 0
        for thread in threads:
            thread.join(10)


def needed():
    """The names of the libraries that murald and its modules are linked with, as -l has them."""
    objects = [MURALD, *(os.path.join(PLUGINS, name) for name in os.listdir(PLUGINS) if name.endswith((".so", ".module")))]
    out = subprocess.run(["readelf", "-d", *objects], check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout
    return set(re.findall(r"\(NEEDED\).*\[lib(.*?)\.so", out))


def linked_packages():
    """Of the packages that configure looks for, those that are linked."""
    with open(os.path.join(SOURCE, "configure.ac")) as configure:
        known = re.search(r"m4_define\(\[OLDEST\](.*?)m4_fatal", configure.read(), re.S).group(1)
    some, there = needed(), pkg_config("--list-all")
    return {name for name in re.findall(r"^  \[(\w+)\]", known, re.M)
            if name in there and some & {flag[2:] for flag in pkg_config("--libs-only-l", name)}}


def test_version_names_what_is_linked():
    """Libraries of plugins too, and those that do not tell their versions."""
    said = subprocess.run([MURALD, "--version"], check=True, stdout=subprocess.PIPE, text=True, timeout=20).stdout
    libraries = dict(re.findall(r"^(\S+?),? (?:built for )?([0-9.]+)$", said, re.M))
    assert len(libraries) == len(said.splitlines()) and libraries.pop("murald")
    assert libraries.keys() == linked_packages()
    if "freetype2" in libraries:
        assert libraries["freetype2"] == pkg_config("--modversion", "freetype2")[0]


def test_exit_statuses(tmp_path):
    def status(*args):
        return subprocess.run([MURALD, *args], capture_output=True, text=True, timeout=20)

    assert status("--help").returncode == 0
    first, *libraries = status("--version").stdout.splitlines()
    assert re.fullmatch(r"murald [0-9.]+", first)
    assert [re.fullmatch(r"(\S+) [0-9.]+", line).group(1) for line in libraries[:3]] == ["libuv", "libpng", "zlib"]
    assert status("--no-such-option").returncode == 2
    wall = Wall(tmp_path, DOTS)
    assert status("-c", wall.config, "--check-config").stdout == "ok\n"
    bad = Wall(tmp_path, "[plugin dots]\nlissten = 127.0.0.1:0\n")
    result = status("-c", bad.config)
    assert result.returncode == 78
    assert "listen" in result.stderr and "%s:" % bad.config in result.stderr
    listed = status("-c", wall.config, "--list-plugins").stdout
    assert "dots" in listed and "opaque" in listed
