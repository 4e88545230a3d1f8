# SPDX-License-Identifier: MIT
"""Half a minute of paint, resizes and unplugging, with the sanitizers watching."""
import os
import random
import time

import guests as g


def test_half_a_minute_with_sanitizers(boot, all_guests, tmp_path_factory):
    build = g.sanitized_build()
    initrd = g.make_initrd(all_guests.kernel, str(tmp_path_factory.mktemp("asan") / "initrd"), build)
    sanitized = g.Guests(all_guests.kernel, initrd)
    screen = boot("virtio", guests=sanitized, mem=1024, smp=2)
    wall = screen.wall(size="640x400").start()
    rng = random.Random(1)
    end = time.monotonic() + 30
    changes = 0
    rounds = 0
    while time.monotonic() < end:
        rounds += 1
        wall.send(b"".join(wall.put(rng.randrange(640), rng.randrange(400), rng.randbytes(3))
                           for i in range(300)))
        time.sleep(0.001)
        if rounds % 400 == 0:
            changes += 1
            if changes % 3 == 2:
                screen.guest.unplug()
            else:
                screen.guest.resize(800 + 40 * (changes % 7), 600)
    screen.guest.resize(1280, 800)
    wall.seen(seconds=20)
    memory = screen.guest.run("grep VmRSS /proc/$(cat /run/%s.pid)/status" % wall.name)[1]
    print("%d rounds of 300 pixels, %d changes, %s" % (rounds, changes, memory))
    assert changes > 5
    wall.kill("TERM")
    log = wall.log()
    assert "ERROR: " not in log and "runtime error" not in log, log
    assert "stopping: SIGTERM" in log
    assert os.path.exists(build)
    sanitized.close()
