# SPDX-License-Identifier: MIT
"""What an operator says to all, and who is told of it."""
import asyncio
import json
import os
import subprocess

import pytest

from boardclient import board_wall
from control import Operator, control
from engine import Client
from waiting import wait_for
from wall import BUILD
from watchers import Live

TEXT = "Um 23 Uhr schließt die Tür \u2013 danke!"


@pytest.fixture
def wall(tmp_path):
    with board_wall(tmp_path, core=control(tmp_path)) as wall:
        yield wall


def state(wall):
    with open(wall.folder + "/control.state") as f:
        return [json.loads(line) for line in f]


def test_it_is_kept_over_a_crash_until_it_is_taken_away(wall):
    with Operator(wall) as operator:
        assert operator.done("status")["notice"] is None
        said = operator.done("notice", text=TEXT)["notice"]
        assert said["text"] == TEXT and "until" not in said
        assert operator.done("status")["notice"] == said
    wall.kill()
    wall.start().wait_ready()
    with Operator(wall) as operator:
        assert operator.done("status")["notice"] == said
        assert operator.done("notice") == {"notice": None}
        assert operator.done("status")["notice"] is None and state(wall) == []
        assert [act["verb"] for act in operator.log()] == ["notice"] * 2


def test_its_time_is_over(wall):
    with Operator(wall) as operator:
        said = operator.done("notice", text="x" * 255, for_="1s")["notice"]
        assert said["until"] > said["since"]
        wait_for("its end", lambda: operator.done("status")["notice"] is None)
        wait_for("it to be written down", lambda: state(wall) == [])
        operator.done("notice", text="another", for_="1s")
    wall.kill()
    wall.start().wait_ready()
    with Operator(wall) as operator:
        wait_for("the other's end", lambda: operator.done("status")["notice"] is None)


def test_a_state_that_is_damaged(tmp_path):
    (tmp_path / "control.state").write_text(
        '{"notice":7}\n{"notice":{"text":"%s"}}\n{"notice":{"text":"old","until":"2001-01-01T00:00:00Z"}}\n' % ("x" * 256))
    with board_wall(tmp_path, core=control(tmp_path)) as wall, Operator(wall) as operator:
        assert operator.done("status")["notice"] is None


def test_muralctl_says_it(wall):
    muralctl = lambda *words: subprocess.run(
        [os.path.join(BUILD, "muralctl"), "wall", "-S", wall.folder + "/control", "notice", *words],
        check=True, timeout=30, capture_output=True, text=True).stdout
    assert TEXT.split()[-1] in muralctl(TEXT, "--for", "5min")
    with Operator(wall) as operator:
        assert operator.done("status")["notice"]["text"] == TEXT
        muralctl("")
        assert operator.done("status")["notice"] is None


def test_pages_and_listeners_are_told(wall):
    """Also whether the canvas is frozen."""
    none = {"text": "", "until": 0, "frozen": False}

    async def steps():
        listener = await Client(wall.port("http")).join_by_websocket()
        async with Live(wall) as viewer:
            figures = lambda: [text["notice"] for text in viewer.texts if text["type"] == "figures"]

            async def told(notice):
                await viewer.until(lambda _: figures()[-1:] == [notice])
                while notice not in listener.notices:
                    await asyncio.wait_for(listener.receive(), 60)
                assert listener.notices.pop() == notice and not listener.notices
            await viewer.until(lambda _: figures() == [none])
            with Operator(wall) as operator:
                said = operator.done("notice", text=TEXT)["notice"]
                await told({**none, "text": TEXT})
                operator.done("freeze", rect="1x1+0+0")
                operator.done("freeze")
                await told({**none, "text": TEXT, "frozen": True})
                operator.done("notice")
                await told({**none, "frozen": True})
                operator.done("thaw", rect="1x1+0+0")
                await told(none)
                operator.done("notice", text=said["text"], for_="1h")
            await viewer.until(lambda _: figures()[-1]["until"] > 1e9)
        await listener.leave()

    asyncio.run(steps())
