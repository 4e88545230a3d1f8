# SPDX-License-Identifier: MIT
"""Half a minute, or $SOAK_SECONDS, of painting, resizes and unplugs, with sanitizers."""
import os
import random
import time

import pytest

import guests as g


@pytest.fixture(scope="module")
def sanitized(all_guests, tmp_path_factory):
    """Guests with a sanitized murald; a cross-built one is taken as it is."""
    if os.path.isdir(g.BUILD + "/sysroot"):
        yield all_guests
        return
    initrd = str(tmp_path_factory.mktemp("sanitized") / "initrd")
    guests = g.Guests(all_guests.kernel, g.make_initrd(all_guests.kernel, initrd, g.sanitized_build()))
    yield guests
    guests.close()


def test_half_a_minute_with_sanitizers(boot, all_guests, sanitized):
    screen = boot("virtio", guests=sanitized, mem=1024, smp=2)
    wall = screen.wall(size="640x400").start()
    if sanitized.initrd != all_guests.initrd:
        screen.guest.run("grep -q libasan /proc/$(cat /run/%s.pid)/maps" % wall.name, check=True)
    rng = random.Random(1)
    end = time.monotonic() + int(os.environ.get("SOAK_SECONDS", 30))
    rounds = changes = 0
    while time.monotonic() < end:
        rounds += 1
        wall.send(b"".join(wall.put(rng.randrange(640), rng.randrange(400), rng.randbytes(3))
                           for i in range(300)))
        time.sleep(0.001)  # a pace that the guest can follow
        if rounds % 400 == 0:
            changes += 1
            if changes % 3 == 2:
                screen.guest.unplug()
            else:
                screen.guest.resize(800 + 40 * (changes % 7), 600)
    screen.guest.resize(1280, 800)
    wall.seen(seconds=20)
    print("%d rounds of 300 pixels, %d resizes and unpluggings" % (rounds, changes))
    assert changes > 5
    wall.kill("TERM")
    assert "stopping: SIGTERM" in wall.log()
