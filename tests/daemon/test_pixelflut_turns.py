# SPDX-License-Identifier: MIT
"""What clients of Pixelflut take from one another: time, turns and memory."""
import contextlib
import functools
import socket
import time

import pytest

from pixelflut import Client, PIXELFLUT, open_files, sockets
from sanitizer import SANITIZED
from waiting import meanwhile
from wall import Wall, wait_for


def latency(client, rounds=200):
    times = []
    for i in range(rounds):
        begin = time.monotonic()
        assert client.ask(b"PX %d 1\n" % (i % 64)).startswith("PX")
        times.append(time.monotonic() - begin)
        time.sleep(0.002)  # a light load, not one more flood
    times.sort()
    return times[len(times) // 2], times[-len(times) // 100 - 1]


@contextlib.contextmanager
def flooded(wall, data):
    """Four clients send `data` again and again; yields who has sent it, each time."""
    sent = []

    def pour(number, over):
        with Client(wall) as client, contextlib.suppress(OSError):
            while not over.is_set():
                client.send(data)
                sent.append(number)
    with meanwhile(*(functools.partial(pour, number) for number in range(4))):
        wait_for("all floods", lambda: len(set(sent)) == 4)
        yield sent


PIXELS = b"".join(b"PX %d %d %06x\n" % (i % 64, i % 48, i) for i in range(20000))


def test_light_clients_are_answered_soon_beside_a_flood(tmp_path):
    with Wall(tmp_path, PIXELFLUT, core="workers = 1") as wall, contextlib.ExitStack() as stack:
        light = [stack.enter_context(Client(wall)) for _ in range(100)]
        for client in light:
            assert client.ask(b"SIZE\n") == "SIZE 64 48\n"
        alone = latency(light[50])
        with flooded(wall, PIXELS):
            beside = latency(light[50])
            for client in light:
                assert client.ask(b"SIZE\n") == "SIZE 64 48\n"
        print("an answer takes %.2f ms (99 of 100: %.2f), beside a flood %.2f ms (%.2f)"
              % tuple(1000 * t for t in alone + beside))
        assert beside[0] < 1


def test_heavy_clients_take_turns(tmp_path):
    """Who stops in the middle of a turn keeps nobody waiting, and who never stops neither."""
    with Wall(tmp_path, PIXELFLUT, core="workers = 1") as wall, Client(wall) as client:
        with flooded(wall, PIXELS) as sent:
            for burst in range(20):
                assert client.ask(PIXELS * (1 + burst % 3) + b"SIZE\n") == "SIZE 64 48\n"
            # several turns each, and more than the sockets' buffers hold
            before = len(sent)
            wait_for("turns of all", lambda: all(sent[before:].count(number) * len(PIXELS) > 16 << 20
                                                 for number in range(4)), 60)
        assert set(wall.totals("pixelflut")) == {"painted", "drops"}


def latency_beside(wall, data):
    with Client(wall) as client, flooded(wall, data):
        return latency(client, 60)[0]


@pytest.mark.skipif(SANITIZED, reason="a sanitizer changes what is expensive; build without --enable-sanitizer")
def test_input_that_is_expensive_to_process_is_read_in_short_turns(tmp_path):
    """A line of one byte costs as much as one of twenty: such a flood must not delay the others more."""
    with Wall(tmp_path, PIXELFLUT, core="workers = 1") as wall:
        takes = []

        def no_slower():
            """By the best of some takes of each: the machine may be busier during one of them."""
            takes.append((latency_beside(wall, PIXELS), latency_beside(wall, b"\n" * 300000)))
            plain, empty = map(min, zip(*takes))
            print("an answer takes %.2f ms beside a flood of pixels, %.2f ms beside one of empty lines"
                  % (1000 * plain, 1000 * empty))
            return empty < 10 * max(plain, 0.01)
        wait_for("turns that are as short", no_slower, 60)


@pytest.mark.skipif(SANITIZED, reason="a sanitizer's memory proves nothing; build without --enable-sanitizer")
def test_ten_thousand_idle_clients_cost_little(tmp_path):
    hard = open_files(10300)
    with Wall(tmp_path, PIXELFLUT, core="workers = 2",
              prefix=["prlimit", "--nofile=%d" % hard]) as wall, contextlib.ExitStack() as stack:
        with Client(wall) as client:
            client.ask(b"SIZE\n")
        before = wall.memory_kib()
        clients = []
        for i in range(10000):
            # from many sources: each has a share of the descriptors
            client = stack.enter_context(socket.create_connection(("127.0.0.1", wall.port("pixelflut")),
                                                                  source_address=("127.0.%d.1" % (i % 50), 0)))
            clients.append(client)
            client.sendall(b"PX %d 1 ff8000\nPX 1 1 ff" % (i % 64))
        wait_for("all of them", lambda: sockets(wall) > 10000, 30)
        clients[-1].settimeout(30)
        clients[-1].sendall(b"8000\nSIZE\n")
        assert clients[-1].recv(100) == b"SIZE 64 48\n"
        growth = wall.memory_kib() - before
        print("10000 idle clients: %.1f MiB" % (growth / 1024))
        assert growth < 10 << 10
