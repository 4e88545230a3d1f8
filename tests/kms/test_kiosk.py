# SPDX-License-Identifier: MIT
"""A kiosk: the HUD read from the screen, --doctor, and --test-card."""
import contextlib
import re
import threading

import pytest
from PIL import Image

from guests import DOTS, on_screen, wait_for
from hud import FONT, WIDTH, Page, scan

SCREEN = 1280, 800
STRIP = 0, 666, 1280, 800  # a sixth of the height
PLUGINS = "[plugin icmp]\n[plugin pixelflut]\n"


def shot(screen):
    image = screen.guest.shot()
    return Image.frombytes("RGB", (image.w, image.h), bytes(image.rgb))


def rows(screen, box=STRIP):
    return Page(shot(screen).crop(box)).rows


def reads(screen, claim, box=STRIP, seconds=20):
    """Waits until the claim about the HUD's text is true; its rows."""
    seen = []

    def look():
        seen[:] = rows(screen, box)
        return claim("\n".join(seen))
    try:
        wait_for("the HUD", look, seconds)
    except AssertionError:
        print("\n".join(seen))
        raise
    return seen


@contextlib.contextmanager
def painting(wall):
    """Dots all the time, from a thread."""
    enough = threading.Event()

    def paint():
        n = 0
        while not enough.wait(0.02):
            wall.dot(n % 320, n // 320 % 200, (n & 0xff, 255, 0))
            n += 1
    thread = threading.Thread(target=paint)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()


@pytest.fixture
def screen(boot):
    one = boot("virtio")
    yield one
    one.guest.run("ip addr flush dev eth0; ip addr add 10.0.2.15/24 dev eth0; "
                  "ip route add default via 10.0.2.2")


def test_text_and_code(screen):
    wall = screen.wall(hud=True, plugins=PLUGINS + "[plugin http]\ndatabase = /run/board.db\n").start()
    wall.noise()
    seen = reads(screen, lambda text: "8080" in text)
    assert seen[0] == "scan or open 10.0.2.15:8080"
    assert seen[1].startswith("$ printf") and "10.0.2.15" in seen[1], "the first section's command"
    assert "painting" in seen[2]
    assert scan(shot(screen).crop(STRIP)) == "HTTP://10.0.2.15:8080"
    # the picture is all above it, and holds nothing of it
    want = on_screen(wall.canvas, 1280, STRIP[1])
    wait_for("the picture", lambda: screen.guest.shot().crop(0, 0, 1280, STRIP[1]).diff(want) is None)


def test_addresses_are_followed(screen):
    screen.wall(hud=True, plugins=PLUGINS).start()
    reads(screen, lambda text: "8000 10.0.2.15" in text, seconds=60)
    screen.guest.run("ip addr add 10.9.8.7/24 dev eth0; ip addr del 10.0.2.15/24 dev eth0", check=True)
    reads(screen, lambda text: "8000 10.9.8.7" in text and "-w1 10.9.8.7" in text)
    screen.guest.run("ip addr flush dev eth0", check=True)
    reads(screen, lambda text: "Waiting for the network" in text)
    screen.guest.run("ip addr add 10.0.2.15/24 dev eth0; ip route add default via 10.0.2.2")
    reads(screen, lambda text: "8000 10.0.2.15" in text)


def test_rates_come_and_go(screen):
    wall = screen.wall(hud=True, plugins=PLUGINS).start()
    reads(screen, lambda text: "be the first" in text and "nobody is painting" in text)
    with painting(wall):
        reads(screen, lambda text: re.search(r"\b[1-9]\d* pixels/s", text) and "1 painting" in text)
    reads(screen, lambda text: re.search(r"\d pixels so far", text) and "nobody is painting" in text, seconds=60)


def test_the_hud_follows_a_reload(screen):
    wall = screen.wall(hud=True, plugins=PLUGINS).start()
    reads(screen, lambda text: "ping -c1" in text)
    wall.reload(plugins="[plugin pixelflut]\nlisten = [::]:4321\n")
    reads(screen, lambda text: "ping -c1" not in text and "10.0.2.15 4321" in text)


# ---------------------------------------------------------------- --doctor

def doctor(screen, *more):
    screen.guest.run("printf '[canvas]\\nsnapshot = /run/canvas.png\\n[display]\\noutput = kms\\n[server]\\n"
                     "plugin-path = /usr/lib/murald\\n[plugin dots]\\nlisten = [::]:%d\\n' "
                     ">/run/doctor.conf" % DOTS, check=True)
    return screen.guest.run("murald --doctor -c /run/doctor.conf %s" % " ".join(more))


def test_doctor_finds_all_in_order(screen):
    status, text = doctor(screen)
    assert status == 0, text
    assert re.search(r"ok     /dev/dri/card0: driver virtio_gpu, dumb buffers, atomic", text)
    assert re.search(r"ok     Virtual-1: connected, \d+ modes, 1280x800@\d+ first", text)
    assert re.search(r"ok     primary planes: \d+, XRGB8888", text)
    assert "ok     /dev/dri/card0: nobody holds the display" in text
    assert text.rstrip().endswith("nothing is wrong")


def test_doctor_leaves_a_running_wall_alone(screen):
    wall = screen.painted()
    status, text = doctor(screen)
    assert status == 0, text
    assert re.search(r"note   /dev/dri/card0 is held by murald \(\d+\)", text)
    assert re.search(r"\[plugin dots\] listen = \[::\]:%d is served by murald \(\d+\)" % DOTS, text)
    wall.dot(5, 6, (7, 8, 9))
    wall.seen()
    assert wall.log().count("; canvas ") == 1 and "refused" not in wall.log()


def test_doctor_names_the_program_that_holds_the_display(screen):
    screen.guest.run("(exec 3<>/dev/dri/card0; exec sleep 600) >/dev/null 2>&1 &", check=True)
    try:
        pid = wait_for("sleep", lambda: screen.guest.run("pidof sleep")[1].strip())
        status, text = doctor(screen)
    finally:
        screen.guest.run("kill $(pidof sleep)")
    assert status == 1
    assert "WRONG  another program holds the display: sleep (%s)" % pid in text
    assert "systemctl disable --now" in text


def test_doctor_misses_the_screen(screen):
    screen.guest.unplug()
    try:
        status, text = wait_for("an unplugged screen", lambda: next(
            (r for r in [doctor(screen)] if "no screen is connected" in r[1]), None))
    finally:
        screen.guest.resize(*SCREEN)
    assert status == 1
    assert "note   Virtual-1: not connected" in text
    assert "video=HDMI-A-1:1920x1080@60D" in text


def test_doctor_knows_modes_and_cards(screen):
    status, text = doctor(screen, "-s display.mode=1234x56")
    assert status == 1 and "WRONG  Virtual-1: has no mode 1234x56" in text
    status, text = doctor(screen, "-s display.connector=HDMI-A-9")
    assert status == 1 and ("WRONG  display.connector: there is no connector HDMI-A-9; "
                            "there are Virtual-1\n") in text
    status, text = doctor(screen, "-s display.device=/dev/dri/card7")
    assert status == 1 and "WRONG  no card that could display" in text


def test_a_canvas_without_room_is_told(screen):
    """A canvas that is only enlarged, and larger than its place: a part of it is on no screen."""
    large = "-s canvas.size=1280x800 "
    status, text = doctor(screen, large + "-s display.hud=on -s display.scale=integer")
    assert status == 1
    assert re.search("WRONG  Virtual-1: has room for 1280x[0-9]+ pixels; of a canvas of 1280x800 some "
                     "are not shown", text)
    assert "set scale = fit, canvas.size = auto or at most 1280x" in text
    text = doctor(screen, large + "-s 'output a.connector=Virtual-1' -s 'output a.view=1280x790+0+0' "
                  "-s 'output a.scale=none'")[1]
    assert re.search("WRONG  Virtual-1: has room for 1280x[0-9]+ pixels; of a view of 1280x790 some "
                     "are not shown", text)
    for fits in large, large + "-s display.hud=off -s display.scale=integer", "-s canvas.size=auto":
        assert "has room for" not in doctor(screen, fits)[1]


# ---------------------------------------------------------------- --test-card

def is_written(image, text, top, factor):
    """Whether that text is there, white and centred."""
    dots = {name: rows for rows, name in FONT.items()}
    left = (image.width - len(text) * WIDTH * factor) // 2
    for i, letter in enumerate(text):
        for n, dot in enumerate(dots[letter]):
            x = left + (i * WIDTH + n % WIDTH) * factor
            y = top + n // WIDTH * factor
            if dot == "#" and image.getpixel((x, y)) != (255, 255, 255):
                return False
    return True


def show_card(screen, **options):
    wall = screen.wall(dots=False, **options)
    screen.guest.run("murald --test-card -c /run/%s.conf >/run/%s.log 2>&1 & echo $! >/run/%s.pid"
                     % (wall.name, wall.name, wall.name), check=True)
    return wall


def test_card(screen):
    wall = show_card(screen)
    wall.said("; canvas 1280x800 as 1280x800")
    words = re.search(r"display: (\S+ .*); canvas", wall.log()).group(1)
    assert "Virtual-1" in words and "1280x800@" in words
    factor = 1280 * 7 // 8 // (len(words) * WIDTH)
    wait_for("the words", lambda: is_written(shot(screen), words, 800 * 27 // 48, min(factor, 2)))
    image = shot(screen)
    width, height = image.size
    assert (width, height) == SCREEN
    edge = [(x, y) for x in range(width) for y in (0, height - 1)]
    edge += [(x, y) for y in range(height) for x in (0, width - 1)]
    assert all(image.getpixel(at) == (255, 255, 255) for at in edge)
    assert [image.getpixel(at) for at in ((3, 3), (width - 4, 3), (3, height - 4), (width - 4, height - 4))] == [
        (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]
    # lines of one pixel: next to white is black
    y, x = height * 22 // 48, width // 6 + 20
    line = [image.getpixel((x + i, y)) for i in range(40)]
    assert set(line) == {(0, 0, 0), (255, 255, 255)} and all(a != b for a, b in zip(line, line[1:]))
    wall.kill("TERM")
    assert "stopping: SIGTERM" in wall.log()


def test_card_with_the_strip(screen):
    """At its real size, below the card: its code can be read from as far away as on the evening."""
    wall = show_card(screen, size="1280x666", hud=True, plugins="[plugin http]\nlisten = 0.0.0.0:8080\n"
                     "database = /run/board.db\n")
    wall.said("; canvas 1280x800 as 1280x800")
    strip = lambda: shot(screen).crop((0, 666, 1280, 800))
    wait_for("the code", lambda: scan(strip()) == "HTTP://10.0.2.15:8080")
    image = shot(screen)
    assert {image.getpixel((x, 799)) for x in range(1280)} == {(255, 255, 255)}, "the frame is around all of the screen"
    left, top, right, bottom = 213, 666 * 6 // 48, 1067, 666 * 14 // 48
    assert {image.getpixel((x, bottom - 1)) for x in range(left, right)} == {(255, 255, 255)}, "around the black field too"
    assert image.getpixel((right - 5, top + 9)) == (0, 0, 0)
    wait_for("the output in words", lambda: is_written(shot(screen), "auto: all of the canvas, scale fit, rotate 0, hud yes",
                                                       666 * 59 // 96, 2))
    wall.kill("TERM")


def test_card_of_a_part(screen):
    """The strip is as high as on the evening, when the output shows half of a wide canvas."""
    wall = show_card(screen, size="2560x666", hud=True, display="output = kms\n[output left]\nconnector = auto\n"
                     "view = 1280x666+0+0\n", plugins="[plugin http]\nlisten = 0.0.0.0:8080\ndatabase = /run/board.db\n")
    wall.said("; canvas 1280x800")
    wait_for("the code", lambda: scan(shot(screen).crop((0, 666, 1280, 800))) == "HTTP://10.0.2.15:8080")
    wall.kill("TERM")


def test_card_without_a_display(screen):
    wall = screen.wall(display="output = headless", dots=False)
    status, text = screen.guest.run("murald --test-card -c /run/%s.conf 2>&1" % wall.name)
    assert status == 1 and "there is no display to show it on" in text
    status, text = screen.guest.run("murald --test-card -c /run/%s.conf -s display.output=kms "
                                    "-s display.connector=HDMI-A-9 2>&1" % wall.name)
    assert status == 1 and "no screen is connected to show it on" in text


def test_a_connector_that_is_not_there(screen):
    wall = screen.wall(display="connector = HDMI-A-9", dots=False).start(shown=False)
    wall.said("there is no connector HDMI-A-9; there are Virtual-1; waiting for that")
    wall.kill("TERM")
