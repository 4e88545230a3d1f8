# SPDX-License-Identifier: MIT
"""/canvas.png and /heat: the canvas as one picture, and where much was painted."""
import asyncio
import io

import pytest

pytest.importorskip("websockets", reason="no websockets: apt-get install python3-websockets")
from PIL import Image
from wall import dot, wait_for
from watchers import ask, canvas_png, http_wall, in_time

RED, BLACK = (255, 0, 0), (0, 0, 0)

def test_canvas_png_is_the_canvas_with_a_tag_for_its_state(tmp_path):
    with http_wall(tmp_path) as wall, wall.tcp() as dots:
        status, fields, body = ask(wall, "/canvas.png")
        assert status == 200 and fields["content-type"] == "image/png" and fields["cache-control"] == "no-store"
        tag = fields["etag"]
        picture = Image.open(io.BytesIO(body))
        assert picture.mode == "RGB" and picture.size == (64, 48)
        assert ask(wall, "/canvas.png", If_None_Match=tag)[::2] == (304, b"")
        assert ask(wall, "/canvas.png", If_None_Match="W/%s, \"x\"" % tag)[0] == 304
        assert ask(wall, "/canvas.png", If_None_Match="\"x\"")[0] == 200
        assert ask(wall, "/canvas.png?allow_cache=true")[1]["cache-control"] == "no-cache"
        status, fields, body = ask(wall, "/canvas.png", "HEAD")
        assert status == 200 and body == b"" and fields["etag"] == tag
        wall.paint(dot(9, 9, BLACK))
        assert ask(wall, "/canvas.png", If_None_Match=tag)[0] == 304, "painted, but not changed"
        dots.sendall(dot(9, 9, RED))
        wait_for("a new tag", lambda: ask(wall, "/canvas.png", If_None_Match=tag)[0] == 200)
        assert canvas_png(wall).getpixel((9, 9)) == RED
        assert ask(wall, "/canvas.png")[1]["etag"] != tag


def test_heat_is_where_much_was_painted(tmp_path):
    with http_wall(tmp_path, size="100x70") as wall, wall.tcp("dots") as client:
        def heat():
            picture = Image.open(io.BytesIO(ask(wall, "/heat.png")[2]))
            assert picture.size == (4, 3)
            return picture.convert("L").load()

        def warmer(x, y, than):
            client.sendall(dot(99, 69, RED))
            return heat()[x, y] > than
        assert not any(heat()[x, y] for x in range(4) for y in range(3))
        client.sendall(dot(40, 10, RED))
        once = wait_for("one pixel to be seen", lambda: heat()[1, 0])
        wait_for("more where more is painted", lambda: warmer(3, 2, 2 * once))
        wait_for("it to be forgotten", lambda: heat()[1, 0] < once)
        assert {(x, y) for x in range(4) for y in range(3) if heat()[x, y]} == {(1, 0), (3, 2)}


def test_simultaneous_requests_share_one_picture(tmp_path):
    async def script():
        with http_wall(tmp_path, size="640x360") as wall, wall.tcp() as dots:
            loop = asyncio.get_running_loop()
            dots.sendall(b"".join(dot(i, i, RED) for i in range(300)))
            wall.painted(299, 299, RED)
            answers = await asyncio.gather(*[loop.run_in_executor(None, ask, wall, "/canvas.png")
                                             for _ in range(32)])
            assert {status for status, _, _ in answers} == {200}
            assert len({body for _, _, body in answers}) == 1
    in_time(script)
