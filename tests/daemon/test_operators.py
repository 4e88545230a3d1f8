# SPDX-License-Identifier: MIT
"""What operators do to a wall while others paint it, and what of that outlives murald."""
import base64
import datetime
import os
import random
import re
import socket
import threading

import pytest
from PIL import Image

from control import Operator, again, control, new_wall, png, png_file, state
from waiting import settled, wait_for
from wall import DOTS, Wall, dot

RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)


def sent(operator, verb, file, piece=3000, **more):
    """Asks with a file, in pieces of so many bytes."""
    pieces = [file[at:at + piece] for at in range(0, len(file), piece)]
    for n, part in enumerate(pieces):
        is_last = n + 1 == len(pieces)
        answer = operator.done(verb, png=base64.b64encode(part).decode(), offset=n * piece, part=not is_last, **more)
        assert is_last or answer == {"received": n * piece + len(part)}
    return answer


# ---- freeze

def test_frozen_takes_no_paint(wall, operator):
    wall.paint(dot(1, 1, RED))
    assert operator.done("freeze")["frozen"] == "all"
    wall.paint(dot(1, 1, GREEN) + dot(2, 2, GREEN))
    picture = wall.picture()
    assert picture.getpixel((1, 1)) == RED and picture.getpixel((2, 2)) == BLACK
    status = operator.done("status")
    assert status["frozen"] == [{"rect": "64x48+0+0"}] and status["frozen_since"]
    assert operator.done("thaw")["thawed"] == "all"
    wall.paint(dot(2, 2, GREEN))
    assert wall.picture().getpixel((2, 2)) == GREEN
    assert operator.done("status")["frozen_since"] is None
    totals = wall.totals("dots")
    assert totals["frozen"] == 2 and totals["painted"] == 2


def test_a_part_is_frozen(wall, operator):
    operator.done("freeze", rect="10x10+5+5")
    wall.paint(dot(5, 5, RED) + dot(14, 14, RED) + dot(15, 15, RED) + dot(4, 5, RED))
    picture = wall.picture()
    assert [picture.getpixel(at) for at in ((5, 5), (14, 14), (15, 15), (4, 5))] == [BLACK, BLACK, RED, RED]
    operator.done("thaw", rect="1x1+5+5")
    wall.paint(dot(5, 5, RED) + dot(6, 5, RED))
    picture = wall.picture()
    assert picture.getpixel((5, 5)) == RED and picture.getpixel((6, 5)) == BLACK


def test_connections_stay_while_it_is_frozen(wall, operator):
    with wall.tcp() as client:
        client.sendall(dot(1, 1, RED))
        wall.painted(1, 1, RED)
        operator.done("freeze")
        client.sendall(dot(1, 1, GREEN))
        operator.done("thaw")
        client.sendall(dot(2, 2, GREEN))
        wall.painted(2, 2, GREEN)


def test_a_crash_thaws_nothing(wall, operator):
    operator.done("freeze", rect="8x8+0+0")
    operator.done("protect", rect="8x8+16+16")
    since = operator.done("status")["frozen_since"]
    operator.close()
    again(wall)
    wall.paint(dot(1, 1, RED) + dot(17, 17, RED) + dot(9, 9, RED))
    picture = wall.picture()
    assert [picture.getpixel(at) for at in ((1, 1), (17, 17), (9, 9))] == [BLACK, BLACK, RED]
    with Operator(wall) as operator:
        status = operator.done("status")
        assert status["frozen"] == [{"rect": "8x8+0+0"}] and status["frozen_since"] == since
        assert operator.done("protected")["protected"] == [{"rect": "8x8+16+16"}]
    assert "control: frozen since " + since in wall.log()
    assert wall.totals("dots") == {"painted": 1, "frozen": 1, "protected": 1, "drops": 0}


def test_a_picture_is_protected_over_a_crash(wall, operator):
    """More of it than there are rectangles to be listed: a chequered one, half of which is half opaque."""
    image = Image.new("RGBA", (60, 40), (1, 2, 3, 254))
    for x in range(60):
        for y in range(40):
            if (x + y) % 2:
                image.putpixel((x, y), (9, 9, 9, 255))
    done = sent(operator, "protect", png_file(image, 10000), to="2,3")
    assert done["protected"] == "60x40+2+3"
    act, = operator.log()
    assert act["args"]["rect"] == "60x40+2+3" and "png" not in act["args"]
    for _ in range(2):
        listed = operator.done("protected")
        assert len(listed["protected"]) == 1000 and listed["left_out"]
        wall.paint(b"".join(dot(x, y, RED) for x in range(64) for y in range(48)))
        picture = wall.picture()
        for x in range(64):
            for y in range(48):
                inside = 2 <= x < 62 and 3 <= y < 43 and (x + y - 5) % 2
                assert picture.getpixel((x, y)) == (BLACK if inside else RED)
        operator.close()
        again(wall)
        operator = Operator(wall)
    operator.done("unprotect", rect="64x48+0+0")
    assert operator.done("protected") == {"protected": []}
    operator.close()


def test_pictures_that_are_not_protected(wall, operator):
    assert "no pixel" in operator.refused("protect", "usage", png=png(4, 4, (0, 0, 0, 254)))
    assert "does not fit" in operator.refused("protect", "usage", png=png(65, 4))
    assert "not a complete PNG" in operator.refused("protect", "usage", png=png(9, 9)[:60])
    operator.done("protect", png=png(4, 4), part=True)
    operator.refused("protect", "usage", png="AAAA", offset=7)
    too_much = base64.b64encode(bytes(39000)).decode()
    for n in range(1, 9):
        answer = operator.ask("protect", png=too_much, offset=(n - 1) * 39000, part=True)
        if "is" not in answer:
            break
    assert answer["error"] == "failed" and n == 2
    assert operator.done("protected") == {"protected": []}


def test_a_picture_is_painted_and_taken_back(wall, operator):
    """Over what is frozen and protected too; transparent parts leave what is there."""
    wall.paint(b"".join(dot(x, y, BLUE) for x in range(64) for y in range(48)))
    operator.done("freeze")
    operator.done("protect", rect="8x8+0+0")
    image = Image.new("RGBA", (30, 20), (255, 0, 0, 255))
    image.paste((0, 255, 0, 0), (0, 0, 10, 20))
    image.paste((255, 0, 0, 51), (10, 0, 20, 20))
    done = sent(operator, "paint", png_file(image, 10000), to="1,2")
    assert done["pixels"] == 20 * 20
    wanted = Image.new("RGB", (64, 48), BLUE)
    wanted.paste(RED, (21, 2, 31, 22))
    wanted.paste((51, 0, 204), (11, 2, 21, 22))
    assert wall.picture().tobytes() == wanted.tobytes()
    operator.done("undo", number=done["number"])
    assert set(wall.picture().getdata()) == {BLUE}
    act = operator.log()[2]
    assert act["verb"] == "paint" and act["args"]["rect"] == "30x20+1+2" and "png" not in act["args"]


def test_protection(wall, operator):
    operator.done("protect", rect="4x4+0+0")
    wall.paint(dot(0, 0, RED) + dot(4, 4, RED))
    operator.done("clear", rect="2x2+0+0", colour="#0000ff")
    picture = wall.picture()
    assert picture.getpixel((0, 0)) == BLUE and picture.getpixel((4, 4)) == RED
    operator.done("unprotect", rect="4x4+0+0")
    assert operator.done("protected")["protected"] == []
    wall.paint(dot(0, 0, RED))
    assert wall.picture().getpixel((0, 0)) == RED


# ---- clear and undo

def test_acts_has_the_number_to_take_one_back(wall, operator):
    """Whoever did not note it; not of what was done before a restart, whose number may be another's now."""
    number = operator.done("clear", colour="#ff0000")["number"]
    operator.done("freeze")
    operator.done("thaw")
    acts = operator.done("acts")["acts"]
    assert [act.get("number") for act in acts] == [number, None, None] and acts == operator.log()
    assert "\"acts\" lists" in operator.refused("undo", "refused", number=number + 1)
    operator.done("undo", number=number)
    wall.stop()
    with new_wall(wall.folder) as again, Operator(again) as operator:
        assert [act["verb"] for act in operator.done("acts")["acts"] if "number" not in act] == [
            "clear", "freeze", "thaw", "undo", "undo"]


def test_clear_and_take_back(wall, operator):
    wall.paint(b"".join(dot(x, y, RED) for x in range(64) for y in range(48)))
    done = operator.done("clear", rect="32x48+0+0", colour="#00ff00")
    assert done["pixels"] == 32 * 48
    wall.paint(dot(3, 3, BLUE))
    assert wall.picture().getpixel((4, 3)) == GREEN
    undone = operator.done("undo", number=done["number"])
    picture = wall.picture()
    assert picture.getpixel((4, 3)) == RED and picture.getpixel((3, 3)) == BLUE
    assert undone["pixels"] == 32 * 48 - 1
    assert "last act" in operator.refused("undo", "refused", number=done["number"])
    operator.done("undo", number=undone["number"])
    assert wall.picture().getpixel((4, 3)) == GREEN


def test_there_is_nothing_to_take_back(operator):
    operator.refused("undo", "unknown", number=1)


# ---- restore

def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.fixture
def recording(tmp_path):
    core = "[canvas]\nowners = yes\n[record]\nfile = %s/record\ninterval = 20ms\n" % tmp_path
    with Wall(tmp_path, DOTS, core=core + control(tmp_path)) as wall:
        yield wall


def wait_for_record(wall):
    """Until nothing more is written of what was painted; a time that shows it."""
    settled(lambda: os.stat(wall.folder + "/record").st_size, 1)
    return now()


def test_restore(recording):
    with Operator(recording) as operator:
        recording.paint(b"".join(dot(x, y, RED) for x in range(64) for y in range(48)))
        was = wait_for_record(recording)
        assert "begins at" in operator.refused("restore", "unknown", at="2000-01-01T00:00:00Z")
        recording.paint(b"".join(dot(x, y, GREEN) for x in range(64) for y in range(48)))
        done = operator.done("restore", at=was, rect="10x10+5+5")
        assert done["pixels"] == 100 and done["at"] <= was
        picture = recording.picture()
        assert [picture.getpixel(at) for at in ((4, 5), (5, 5), (14, 14), (15, 15))] == [GREEN, RED, RED, GREEN]
        operator.done("undo", number=done["number"])
        assert recording.picture().getpixel((5, 5)) == GREEN
        assert operator.done("restore", at=was)["pixels"] == 64 * 48
        assert recording.picture().getpixel((63, 47)) == RED
        assert "yet to come" in operator.refused("restore", "usage", at="2100-01-01T00:00:00Z")
        operator.refused("restore", "usage", at=was, rect="1x1+64+0")


def test_what_accomplices_left_comes_from_the_recording(recording):
    """What lies under is another's whose paint is undone as well: then it is what was there before both."""
    with Operator(recording) as operator:
        recording.paint(dot(5, 5, RED))
        wait_for_record(recording)
        wait_for("it to be older than what follows, by stamps of two seconds", lambda: operator.done(
            "undo", source="127.0.0.1", since="-4s", count=True)["pixels"] == 0)
        with recording.tcp(source="127.0.0.5") as client:
            client.sendall(dot(5, 5, GREEN))
            wait_for("its pixel", lambda: operator.done("who", point="5,5")["source"] == "127.0.0.5")
        assert operator.done("undo", source="127.0.0.0/29", rect="1x1+5+5")["unknown"] == 1
        assert recording.picture().getpixel((5, 5)) == RED


def test_nothing_is_recorded(operator):
    assert "record.file" in operator.refused("restore", "failed", at="-1min")


# ---- plugins

def is_open(operator, name="dots"):
    return {plugin["name"]: plugin["open"] for plugin in operator.done("status")["plugins"]}[name]


def test_a_plugin_off_and_on(wall, operator):
    with wall.tcp() as client:
        client.sendall(dot(1, 1, RED))
        wall.painted(1, 1, RED)
        assert operator.done("plugin", name="dots", switch="off") == {"plugin": "dots", "on": False}
        assert client.recv(1) == b""
    assert not is_open(operator)
    with pytest.raises(ConnectionRefusedError):
        wall.tcp()
    operator.done("plugin", name="dots", switch="off")
    operator.done("reload")
    assert not is_open(operator)
    assert operator.done("plugin", name="dots", switch="on") == {"plugin": "dots", "on": True}
    operator.done("plugin", name="dots", switch="on")
    wall.paint(dot(2, 2, GREEN))
    assert wall.picture().getpixel((2, 2)) == GREEN and wall.picture().getpixel((1, 1)) == RED


def test_a_plugin_stays_off_over_a_crash(wall, operator):
    operator.done("plugin", name="dots", switch="off")
    operator.close()
    again(wall)
    with Operator(wall) as operator:
        assert not is_open(operator)
        assert "switched off by an operator" in str(operator.done("status")["plugins"])
        operator.done("plugin", name="dots", switch="on")
        wall.paint(dot(2, 2, GREEN))
    assert "control: dots: is off" in wall.log()
    again(wall)
    wall.paint(dot(2, 2, GREEN))


def test_clients_are_told_that_their_plugin_is_off(tmp_path):
    plugins = DOTS + "[plugin pixelflut]\nlisten = 127.0.0.1:0\n"
    with Wall(tmp_path, plugins, core=control(tmp_path)) as wall, Operator(wall) as operator:
        with wall.tcp("pixelflut") as client:
            client.sendall(b"SIZE\n")
            assert client.recv(100) == b"SIZE 64 48\n"
            operator.done("plugin", name="pixelflut", switch="off")
            assert client.makefile("rb").read() == b"ERROR the operator has switched this off\n"
        assert is_open(operator)


def test_a_plugin_that_cannot_be_opened_again(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    plugins = "[plugin dots]\nlisten = 127.0.0.1:%d\n" % port
    with Wall(tmp_path, plugins, core=control(tmp_path)) as wall, Operator(wall) as operator:
        operator.done("plugin", name="dots", switch="off")
        with socket.create_server(("127.0.0.1", port)):
            why = operator.refused("plugin", "failed", name="dots", switch="on")
            assert "tried again every second" in why and "another program" in why
        wait_for("it to be open", lambda: is_open(operator))


def test_what_plugin_refuses(operator):
    operator.refused("plugin", "unknown", name="absent", switch="off")
    operator.refused("plugin", "usage", name="dots", switch="maybe")


def test_off_and_on_in_one_breath(operator):
    operator.socket.sendall(b"".join(b'{"do":"plugin","with":{"name":"dots","switch":"%s"}}\n' % on
                                     for on in (b"off", b"on") * 10))
    assert all("is" in operator.read() for _ in range(20))
    assert is_open(operator)


def test_stopping_while_a_plugin_is_switched(wall, operator):
    operator.send({"do": "plugin", "with": {"name": "dots", "switch": "off"}})
    assert wall.stop() == 0


def test_killed_amid_bans(wall):
    """What was answered is there again, bans and protection alike."""
    answered = set()
    for start in range(4):
        with Operator(wall) as operator:
            killer = threading.Timer(random.uniform(0.02, 0.3), wall.kill)
            killer.start()
            try:
                for i in range(10000):
                    net, row = "10.%d.%d.1" % (start, i), "1x1+%d+%d" % (i % 64, start + i // 64 % 8 * 4)
                    if "is" not in operator.ask("ban", net=net):
                        break
                    answered.add(net)
                    if "is" not in operator.ask("protect", rect=row):
                        break
                    answered.add(row)
            except (OSError, TypeError):  # TypeError: the end instead of an answer
                pass
            killer.join()
        wall.start().wait_ready()
        with Operator(wall) as operator:
            there = {ban["net"] for ban in operator.done("bans")["bans"]}
            assert {what for what in answered if "x" not in what} <= there
            assert len(there - answered) <= start + 1
            closed = protected_pixels(operator)
            asked = {tuple(int(n) for n in what.split("+")[1:]) for what in answered if "x" in what}
            assert asked <= closed and len(closed - asked) <= start + 1
    assert answered


def protected_pixels(operator):
    """Where only the operator paints."""
    pixels = set()
    for entry in operator.done("protected")["protected"]:
        width, height, left, top = (int(n) for n in re.split("[x+]", entry["rect"]))
        pixels |= {(left + x, top + y) for x in range(width) for y in range(height)}
    return pixels


def test_a_state_that_is_damaged(tmp_path):
    (tmp_path / "control.state").write_text(
        '{"frozen":"4x4+0+0"}\n{"ban":{"net":"192.0.2.1"}}\nrubbish\n{"ban":{"net":7}}\n{"frozen":"4x4+900+0"}\n'
        '{"protected":[]}\n{"tomorrow":1}\n{"notice":{"text":""}}\n')
    with new_wall(tmp_path) as wall, Operator(wall) as operator:
        status = operator.done("status")
        assert status["frozen"] == [{"rect": "4x4+0+0"}] and status["bans"] == 1 and status["notice"] is None
        assert "control.state: some of it cannot be read; kept as" in wall.log()
        wait_for("what was good to be written", lambda: os.path.exists(tmp_path / "control.state"))
        again(wall)
    assert os.path.exists(tmp_path / "control.state.bad")
    assert [list(line)[0] for line in state(wall)] == ["frozen", "ban"]


def test_a_frozen_part_that_is_no_longer_there(tmp_path):
    (tmp_path / "control.state").write_text('{"frozen":"4x4+900+0","since":"2026-01-01T00:00:00.000Z"}\n')
    with new_wall(tmp_path) as wall, Operator(wall) as operator:
        assert operator.done("status")["frozen_since"] is None
        assert "frozen since" not in wall.log()


def test_all_is_frozen_whatever_its_size(tmp_path, wall, operator):
    operator.done("freeze")
    assert state(wall)[0]["frozen"] == "all"
    operator.close()
    wall.stop()
    wall.size = "80x60"
    wall.configure(DOTS)
    wall.start().wait_ready()
    wall.paint(dot(70, 50, RED))
    assert wall.picture().getpixel((70, 50)) == BLACK
    with Operator(wall) as operator:
        assert operator.done("status")["frozen"] == [{"rect": "80x60+0+0"}]


def test_a_state_that_cannot_be_written(tmp_path):
    core = control(tmp_path).replace("/control.state", "/absent/control.state")
    with Wall(tmp_path, DOTS, core=core) as wall, Operator(wall) as operator:
        assert "it is in force, but cannot be written to control.state" in operator.refused("freeze", "failed")
        assert operator.done("status")["frozen"]
        assert "absent/control.state: cannot be written" in wall.log()


def test_two_operators_at_once(wall):
    """Their acts are done one after the other, and all of them are in the log."""
    def work(number):
        with Operator(wall) as operator:
            for _ in range(20):
                operator.done("freeze", rect="8x8+%d+0" % (8 * number))
                operator.done("clear", colour="#0000ff")
                operator.done("thaw", rect="8x8+%d+0" % (8 * number))
    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Operator(wall) as operator:
        assert operator.done("status")["frozen"] == []
        acts = operator.log()
    assert len(acts) == 3 * 20 * 3 and all(act["outcome"] == "done" for act in acts)
