# SPDX-License-Identifier: MIT
"""What operators learn of who painted, and do about it: who, undo, highlight."""
import time

import pytest

from control import Operator, control
from waiting import wait_for
from wall import DOTS, Wall, dot

RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)
ANNA, BERT = "127.0.0.5", "127.0.0.6"


@pytest.fixture
def wall(tmp_path):
    with Wall(tmp_path, DOTS, core="[canvas]\nowners = yes\n" + control(tmp_path)) as wall:
        yield wall


def paint(wall, source, *dots):
    with wall.tcp(source=source) as client:
        client.sendall(b"".join(dots))
        client.shutdown(1)
        assert client.recv(1) == b""


def stand(operator):
    """What is painted stands long enough to be remembered as what lies under; nobody can ask when that is."""
    operator.done("status")
    time.sleep(0.5)  # five passes over what changed


# ---- who

def test_who(wall, operator):
    paint(wall, ANNA, dot(3, 4, RED))
    who = operator.done("who", point="3,4")
    assert who["source"] == ANNA and who["protocol"] == "dots" and who["colour"] == "#ff0000"
    assert not who["forgeable"] and who["when"].startswith("20")
    assert operator.done("who", point="4,4") == {"source": "nobody", "colour": "#000000"}
    operator.done("clear", rect="1x1+4+4", colour="#00ff00")
    assert operator.done("who", point="4,4")["source"] == "operator"


@pytest.mark.parametrize("point", ["64,0", "0,48", "-1,0", "5", "x,y", ""])
def test_who_outside(operator, point):
    operator.refused("who", "usage", point=point)


def test_a_canvas_without_owners(tmp_path):
    with Wall(tmp_path, DOTS, core=control(tmp_path)) as wall, Operator(wall) as operator:
        for verb, arguments in (("who", {"point": "1,1"}), ("undo", {"source": ANNA}), ("highlight", {"source": ANNA})):
            assert "canvas.owners = yes" in operator.refused(verb, "failed", **arguments)


# ---- undo

def test_undo_gives_back_what_lay_under(wall, operator):
    paint(wall, BERT, dot(1, 1, GREEN), dot(2, 1, GREEN))
    stand(operator)
    paint(wall, ANNA, dot(1, 1, RED), dot(9, 9, RED))
    stand(operator)
    paint(wall, BERT, dot(9, 9, BLUE))
    cleared = operator.done("clear", rect="1x1+40+40")["number"]
    counted = operator.done("undo", source=ANNA, count=True)
    assert counted["pixels"] == 1 and "number" not in counted
    assert operator.done("undo", number=cleared)["pixels"] == 1
    assert wall.picture().getpixel((1, 1)) == RED
    done = operator.done("undo", source=ANNA)
    assert done["pixels"] == 1 and done["unknown"] == 0
    picture = wall.picture()
    assert [picture.getpixel(at) for at in ((1, 1), (2, 1), (9, 9))] == [GREEN, GREEN, BLUE]
    assert operator.done("who", point="1,1")["source"] == BERT
    assert operator.done("undo", number=done["number"])["pixels"] == 1
    assert wall.picture().getpixel((1, 1)) == RED


def test_undo_of_a_network_and_of_a_part(wall, operator):
    paint(wall, ANNA, dot(1, 1, RED), dot(20, 20, RED))
    paint(wall, "127.0.0.4", dot(2, 2, RED))
    paint(wall, BERT, dot(3, 3, RED))
    assert operator.done("undo", source="127.0.0.4/31", rect="10x10+0+0")["pixels"] == 2
    picture = wall.picture()
    assert [picture.getpixel((n, n)) for n in (1, 2, 3, 20)] == [BLACK, BLACK, RED, RED]


def test_undo_since(wall, operator):
    paint(wall, ANNA, dot(1, 1, RED))
    assert operator.done("undo", source=ANNA, since="-1h", count=True)["pixels"] == 1
    assert operator.done("undo", source=ANNA, since="2000-01-01T00:00:00Z", count=True)["pixels"] == 1
    wait_for("what was painted to be older", lambda: operator.done(
        "undo", source=ANNA, since="-1ms", count=True)["pixels"] == 0)
    assert operator.done("undo", source=ANNA) == {"unknown": 0, "pixels": 1, "number": 1}
    assert wall.picture().getpixel((1, 1)) == BLACK


@pytest.mark.parametrize("arguments, word", [
    ({}, "usage"), ({"source": "nonsense"}, "usage"), ({"source": "127.0.0.99"}, "unknown"),
    ({"source": "dots:anna"}, "unknown"), ({"source": ANNA, "number": 1}, "usage"),
    ({"number": 1, "rect": "1x1+0+0"}, "usage"), ({"number": 1}, "unknown"),
    ({"source": "127.0.0.0/8", "since": "yesterday"}, "usage"),
])
def test_what_undo_refuses(operator, arguments, word):
    operator.refused("undo", word, **arguments)


def test_the_log_has_how_many(wall, operator):
    paint(wall, ANNA, dot(1, 1, RED))
    operator.done("undo", source=ANNA)
    act, = operator.log()
    assert act["verb"] == "undo" and act["args"] == {"source": ANNA} and act["outcome"] == "done"


# ---- highlight

def test_highlight_is_for_those_who_look(wall, operator):
    """What is saved is not dimmed; screens and viewers have tests of their own."""
    paint(wall, ANNA, dot(1, 1, RED))
    paint(wall, BERT, dot(2, 2, GREEN))
    assert operator.done("highlight", source=ANNA) == {"highlighted": ANNA, "for_ms": 10000}
    assert wall.picture().getpixel((2, 2)) == GREEN
    assert operator.done("highlight", source=ANNA, for_="1s")["for_ms"] == 1000
    assert operator.done("highlight") == {}
    operator.refused("highlight", "unknown", source="127.0.0.99")
    operator.refused("highlight", "usage", source="who?")


# ---- top

def test_top(wall, operator):
    assert operator.done("top") == {"sources": []}
    with wall.tcp(source=ANNA) as anna, wall.tcp(source=BERT) as bert:
        def sees_both():
            anna.sendall(dot(1, 1, RED) * 50)
            bert.sendall(dot(2, 2, RED))
            return [source["source"] for source in operator.done("top")["sources"]] == [ANNA, BERT]
        wait_for("both to be counted", sees_both)
        first = operator.done("top")["sources"][0]
        assert first["protocol"] == "dots" and first["connections"] == 1 and first["bytes"] >= 8
    wait_for("them to be gone", lambda: operator.done("top")["sources"] == [])


def test_top_as_a_stream(wall, operator):
    operator.send({"id": 1, "do": "top", "every": 200})
    assert all(operator.read()["is"] == {"sources": []} for _ in range(3))


def test_stopping_while_top_is_awaited(wall, operator):
    operator.send({"do": "top"})
    assert wall.stop() == 0
    operator.read()
