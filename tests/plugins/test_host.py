# SPDX-License-Identifier: MIT
"""What murald offers plugins: the life of an instance, time, descriptors, waking, several ports."""
import os
import re
import signal
import socket
import struct
import subprocess

import pytest

from wall import BUILD, PLUGINS, Wall, wait_for

HERE = os.path.join(BUILD, "tests/plugins/.libs")
WORKERS = pytest.mark.parametrize("workers", [0, 2])


def core(workers=2, more=""):
    return "plugin-path = %s:%s\nworkers = %d\n%s" % (HERE, PLUGINS, workers, more)


def probe(tmp_path, options="listen = 127.0.0.1:0\n", workers=2, more=""):
    return Wall(tmp_path, "[plugin probe]\n" + options, core=core(workers, more))


def ask(wall, *words):
    """The client, and what it was told after it had sent the words."""
    client = wall.tcp("probe")
    client.sendall("".join(word + "\n" for word in words).encode())
    return client


def line(client):
    text = b""
    while not text.endswith(b"\n"):
        more = client.recv(1)
        assert more, text
        text += more
    return text.decode().strip()


def udp_port(wall, nth=0):
    return int(re.findall(r"probe: listening on \S+:(\d+), UDP", wall.log())[nth])


def udp(wall, data, nth=0):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.sendto(data, ("127.0.0.1", udp_port(wall, nth)))
        return client.recv(1000)


@WORKERS
def test_an_instance_begins_and_ends_around_its_clients(tmp_path, workers):
    with probe(tmp_path, workers=workers) as wall:
        client = ask(wall, "once")
        assert line(client) == "ring 1"
        wait_for("the instance's timer", lambda: "three rings" in wall.log())
        wall.painted(2, 0, (0, 0, 255))
        log = wall.reload("[plugin probe]\nlisten = 127.0.0.1:0\nregion = 9x9\n")
        assert "probe: finish after 1 of 1 clients" in log
        assert log.index("finish after") < log.index("probe: init with") < log.index("listening on")
        assert wall.stop() == 0
        assert wall.log().count("probe: init with") == wall.log().count("probe: finish after") == 2


@WORKERS
def test_an_init_that_fails_keeps_the_instance_closed(tmp_path, workers):
    with probe(tmp_path, "listen = 127.0.0.1:0\nfail-init = yes\nrequired = no\n", workers) as wall:
        assert "probe: the plugin could not begin: Operation not supported" in wall.log()
        assert "continuing without it" in wall.log() and "probe: listening on" not in wall.log()
        assert wall.stop() == 0
        assert "probe: finish" not in wall.log()
    required = probe(tmp_path, "fail-init = yes\n", workers).start()
    assert required.process.wait(20) != 0
    assert "probe: could not be opened, and it is required" in required.log()


def test_a_refused_client_has_its_reply_and_no_close(tmp_path):
    with probe(tmp_path, "listen = 127.0.0.1:0\nfail-open = yes\n") as wall:
        client = wall.tcp("probe")
        assert line(client) == "no" and client.recv(10) == b""
        assert wall.stop() == 0
        assert "probe: finish after 0 of 0 clients" in wall.log()


@WORKERS
def test_timers_ring_once_repeatedly_and_again(tmp_path, workers):
    with probe(tmp_path, workers=workers) as wall:
        client = ask(wall, "once")
        assert line(client) == "ring 1"
        client.sendall(b"again\n")
        assert line(client) == "ring 2"
        client = ask(wall, "every")
        assert [line(client) for _ in range(3)] == ["ring 1", "ring 2", "ring 3"]
        wall.painted(2, 0, (0, 0, 255))
        wall.painted(1, 0, (0, 255, 0))


@WORKERS
def test_a_connection_is_woken_from_another_thread(tmp_path, workers):
    with probe(tmp_path, workers=workers) as wall:
        clients = [ask(wall, "wake") for _ in range(20)]
        assert [line(client) for client in clients] == ["awake"] * 20
        for client in clients[:10]:
            client.close()
        gone = ask(wall, "wake")  # and goes while it is woken
        gone.close()
        assert line(ask(wall, "once")) == "ring 1"
        assert wall.stop() == 0
        assert "probe: finish after 22 of 22 clients" in wall.log()


@WORKERS
def test_a_descriptor_of_the_plugin_s_own_is_polled(tmp_path, workers):
    with probe(tmp_path, workers=workers) as wall:
        client = ask(wall, "pipe", "fill")
        assert line(client) == "pipe full"


@WORKERS
def test_a_connection_is_told_what_changed(tmp_path, workers):
    plugins = "[plugin probe]\nlisten = 127.0.0.1:0\n[plugin dots]\nlisten = 127.0.0.1:0\n"
    with Wall(tmp_path, plugins, size="128x96", core=core(workers)) as wall:
        client = ask(wall, "watch")
        assert line(client) == "tiles 11"  # all of them; the first one is not counted
        with wall.tcp("dots") as painter:
            for x in (40, 70):
                painter.sendall(struct.pack("<HHBBBB", x, 50, 1, 2, 3, 255))
                assert line(client) == "tiles 1"
        other = ask(wall, "watch")
        assert line(other) == "tiles 11"


@WORKERS
def test_ready_waits_for_a_client_that_does_not_read(tmp_path, workers):
    with probe(tmp_path, workers=workers) as wall:
        client = ask(wall, "flood")
        assert line(ask(wall, "once")) == "ring 1"  # others are served
        got = 0
        while got < 64 << 20:
            got += len(client.recv(1 << 20))
        assert got == 64 << 20
        client.sendall(b"leave\n")
        assert client.recv(10) == b""


@WORKERS
def test_a_datagram_socket_is_woken_and_sends_to_whom_it_will(tmp_path, workers):
    with probe(tmp_path, "listen-udp = 127.0.0.1:0\n", workers) as wall:
        assert udp(wall, b"echo") == b"echo"
        assert udp(wall, b"later") == b"later"


def test_datagrams_may_be_as_large_as_ip_has_them(tmp_path):
    with probe(tmp_path, "listen-udp = 127.0.0.1:0\n") as wall:
        for size in (4096, 4097, 12301, 65507):
            assert udp(wall, b"x" * size) == b"%d bytes" % size
        assert wall.stop() == 0
        assert "malformed" not in wall.log()


@WORKERS
def test_an_instance_listens_on_several_addresses(tmp_path, workers):
    unix = tmp_path / "socket"
    with probe(tmp_path, "listen = 127.0.0.1:0 unix:%s  127.0.0.2:0\n" % unix, workers) as wall:
        hosts = re.findall(r"probe: listening on (\S+)$", wall.log(), re.M)
        assert [host.split(":")[0] for host in hosts] == ["127.0.0.1", "unix", "127.0.0.2"]
        for host in (hosts[0], hosts[2]):
            name, port = host.split(":")
            with socket.create_connection((name, int(port)), 30) as client:
                client.sendall(b"once\n")
                assert line(client) == "ring 1"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(unix))
            client.sendall(b"once\n")
            assert line(client) == "ring 1"
        assert wall.stop() == 0
        assert not unix.exists()
    with probe(tmp_path, "listen-udp = 127.0.0.1:0 127.0.0.1:0\n", workers) as wall:
        assert udp(wall, b"one") == b"one" and udp(wall, b"two", 1) == b"two"
        assert udp_port(wall) != udp_port(wall, 1)


def test_one_address_that_cannot_be_bound_closes_them_all(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with probe(tmp_path, "listen = 127.0.0.1:0 127.0.0.1:%d\nrequired = no\n" % port) as wall:
            assert "cannot listen on 127.0.0.1:%d" % port in wall.log()
            assert "probe: finish after 0 of 0 clients" in wall.log()
            with pytest.raises(ConnectionRefusedError):
                wall.tcp("probe")


@pytest.mark.parametrize("list_, why", [
    ("127.0.0.1:1 nowhere", "is not an address"),
    ("127.0.0.1%eth0:1", "has no host name or address"),
    ("239.1.2.3%:1", "has no host name or address"),
    ("[::1]:1 [::1]:99999", "a number from 0 to 65535"),
])
def test_each_address_of_a_list_is_checked(tmp_path, list_, why):
    wall = probe(tmp_path, "listen-udp = %s\n" % list_)
    said = subprocess.run(wall.command("--check-config"), capture_output=True, text=True, timeout=20, check=False)
    assert said.returncode != 0 and why in said.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="network namespaces need root")
def test_multicast_groups_are_joined(tmp_path):
    netns = "murald-group-%d" % os.getpid()
    commands = ["ip netns add " + netns] + ["ip -n %s %s" % (netns, c) for c in (
        "link set lo up", "link add d0 type veth peer name d1", "link set d0 up",
        "addr add 192.0.2.1/24 dev d0", "route add 224.0.0.0/4 dev d0",
        "link set d1 up", "addr add 198.51.100.1/24 dev d1",
        "addr add 2001:db8::1/64 dev d1 nodad")]
    send = ("import socket,sys; s=socket.socket(socket.%s, socket.SOCK_DGRAM); s.settimeout(30);"
            "s.setsockopt(%s); s.sendto(b'x' * 100, ('%s', %d)); print(s.recv(100).decode())")
    try:
        for command in commands:
            subprocess.run(command.split(), check=True)
        options = "listen-udp = 239.1.2.3:0 239.1.2.4%d1:0 [ff05::1%d1]:0\n"
        with Wall(tmp_path, "[plugin probe]\n" + options, netns=netns, core=core()) as wall:
            def told(family, option, host, nth):
                script = send % (family, option, host, udp_port(wall, nth))
                return subprocess.run(["ip", "netns", "exec", netns, "/usr/bin/python3", "-c", script],
                                      capture_output=True, text=True, timeout=30, check=False).stdout.strip()
            out4 = "socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('%s')"
            out6 = "socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex('d1')"
            assert told("AF_INET", out4 % "192.0.2.1", "239.1.2.3", 0) == "100 bytes"
            assert told("AF_INET", out4 % "198.51.100.1", "239.1.2.3", 0) == "100 bytes"
            assert told("AF_INET", out4 % "198.51.100.1", "239.1.2.4", 1) == "100 bytes"
            assert told("AF_INET6", out6, "ff05::1", 2) == "100 bytes"
        with Wall(tmp_path, "[plugin probe]\nlisten-udp = 239.1.2.3%absent:0\nrequired = no\n",
                  netns=netns, core=core()) as wall:
            assert "no interface for that multicast group" in wall.log()
    finally:
        subprocess.run(["ip", "netns", "del", netns], check=False)


def test_what_is_painted_for_somebody_is_held_to_the_lists(tmp_path):
    with probe(tmp_path, "listen-udp = 127.0.0.1:0\n", more="deny = 192.0.2.0/24\n") as wall:
        assert udp(wall, b"as 192.0.2.7") == b"as -13"
        assert wall.picture().getpixel((4, 4)) == (0, 0, 0)
        assert udp(wall, b"echo") == b"echo"
        assert udp(wall, b"as 198.51.100.7") == b"as 0"
        wall.painted(4, 4, (255, 0, 0))
        wall.painted(7, 4, (255, 0, 0))
        assert udp(wall, b"for somebody") == b"as 0"
        assert wall.stop() == 0
        assert re.search(r"discarded, 4 unauthorized|discarded 4 unauthorized", wall.log()), wall.log()


@WORKERS
def test_a_reply_outside_of_a_callback_names_the_function(tmp_path, workers):
    wall = probe(tmp_path, workers=workers).start().wait_ready()
    with ask(wall, "misreply"):
        assert wall.process.wait(30) == -signal.SIGABRT
    assert "probe: the plugin called mural_reply() outside its callbacks" in wall.log()


@WORKERS
def test_a_feed_that_never_returns_stops_the_keep_alive(tmp_path, workers):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(path)
        receiver.settimeout(30)
        wall = probe(tmp_path, workers=workers)
        wall.start(env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
        wall.wait_ready()
        while receiver.recv(1000) != b"WATCHDOG=1":
            pass
        with ask(wall, "hang"):
            receiver.settimeout(3)
            with pytest.raises(socket.timeout):
                while True:
                    receiver.recv(1000)
        assert workers == 0 or "a thread is stuck: the plugin of probe has not returned" in wall.log()
        wall.process.kill()
        wall.process.wait()
