# SPDX-License-Identifier: MIT
"""/healthz of a wall that loses its screen."""
import json

from guests import wait_for

HTTP = "[plugin http]\nlisten = 127.0.0.1:8080\ndatabase = /run/board.db\n"


def health(screen):
    # nc must not end before the answer is there
    out = screen.guest.run(r"(printf 'GET /healthz HTTP/1.0\r\n\r\n'; sleep 1) | nc 127.0.0.1 8080")[1]
    head, body = out.replace("\r", "").split("\n\n", 1)
    return int(head.split()[1]), json.loads(body)["reasons"]


def test_a_wall_is_healthy_while_its_screen_shows_it(boot):
    screen = boot("virtio")
    wall = screen.wall(plugins=HTTP).start()
    wall.said("http: listening on")
    assert health(screen) == (200, [])
    wall.noise()
    wall.seen()
    assert health(screen) == (200, [])
    wall.reload(display="output = kms\nblank = idle 2s")
    wall.said("nothing was painted for the idle time")
    assert health(screen) == (200, []), "it is dark on purpose"
    wall.reload(display="output = kms")
    wall.dot(1, 2, (3, 4, 5))
    wall.seen()
    screen.guest.unplug()
    lost = 503, ["display: the canvas is on no screen"]
    wait_for("it to be reported", lambda: health(screen) == lost)
    screen.guest.resize(1280, 800)
    wait_for("it to be healthy", lambda: health(screen) == (200, []))
    wall.dot(9, 9, (5, 4, 3))
    wall.seen()
    assert health(screen) == (200, [])
