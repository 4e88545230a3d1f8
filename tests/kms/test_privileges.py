# SPDX-License-Identifier: MIT
"""A display with server.user: not root, only in the card's group."""
from guests import wait_for


def test_screens_are_enabled_and_enabled_again_without_root(boot):
    screen = boot("virtio")
    guest = screen.guest
    before = screen.console("a console")
    guest.run("mkdir -p /etc; grep -qs ^nobody: /etc/passwd || echo 'nobody:x:65534:65534::/:/bin/sh' >>/etc/passwd; "
              "chgrp 44 /dev/dri/card*; chmod 660 /dev/dri/card*", check=True)
    wall = screen.painted(plugins="[server]\nuser = nobody\n")
    lines = guest.run("grep -h -E '^(Uid|CapEff|Groups)' /proc/$(cat /run/wall0.pid)/task/*/status")[1].splitlines()
    assert len(lines) >= 9
    for line in lines:
        kind, *values = line.split()
        assert {"Uid:": values == ["65534"] * 4, "CapEff:": values == ["0" * 16],
                "Groups:": "44" in values}[kind], line
    for i in range(2):
        guest.unplug()
        wall.said("no screen is connected", i + 1)
        wall.noise(i + 2, (30 * i, 20, 90, 100))
        guest.resize(1280, 800)
        wall.seen()
    wall.reload(plugins="[server]\nuser = nobody\n[plugin dots other]\nlisten = 127.0.0.1:0\n")
    wall.said("1 unchanged")
    wall.dot(5, 5, (1, 2, 255))
    wall.seen()
    wall.kill("TERM")
    wait_for("the console", lambda: guest.wait_shot(before, 30)[0] is not None, 60)
