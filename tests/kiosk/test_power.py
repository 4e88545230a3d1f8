# SPDX-License-Identifier: MIT
"""A kiosk's power, each case with a boot of its own.  Minutes: only with MURALD_LONG."""
import os
import shutil

import pytest

from kiosk import PATIENCE, RED
from waiting import wait_for

pytestmark = pytest.mark.skipif(not os.environ.get("MURALD_LONG"), reason="minutes: MURALD_LONG=1")


@pytest.fixture
def disk(image, tmp_path):
    """One that is written to."""
    return shutil.copy(image.disk, str(tmp_path / "disk"))


def test_a_root_that_is_read_only_at_first_boot(power_on):
    kiosk = power_on(append="rig.mount=ro")
    kiosk.is_up()
    assert "/var/lib/murald" in kiosk.sh("journalctl -b -o cat -u murald --no-pager")


def test_power_cut_while_somebody_paints(power_on, booted, image, tmp_path):
    kiosk = power_on(disk=shutil.copy(image.disk, str(tmp_path / "disk")))
    kiosk.configure("[canvas]\nsnapshot-interval = 1s\n[record]\nfile = /var/lib/murald/history\n")
    kiosk.sh("systemctl restart murald")
    kiosk.is_up()
    kiosk.paint()
    kiosk.settles("the picture to be saved", "test -s /var/lib/murald/canvas.png && sync")
    for x in range(200, 210):
        kiosk.paint(x, 60)
    kiosk.cut()
    again = power_on(disk=kiosk.disk)
    again.is_up()
    assert again.pixel(100, 50) == RED
    assert again.get("/healthz"), again.journal()


def test_a_clock_that_begins_in_1970(power_on):
    kiosk = power_on(more=["-rtc", "base=1970-01-01T00:00:10"])
    kiosk.is_up()
    kiosk.sh("date -s '2031-02-03 04:05:06'")
    kiosk.paint()


@pytest.mark.parametrize("megabytes", [192, 256])
def test_small_memory(power_on, megabytes):
    kiosk = power_on(mem=megabytes)
    kiosk.is_up()
    kiosk.get("/")
    kiosk.paint()
    assert kiosk.shows("NRestarts") == "0"


def test_ctrl_alt_del_reboots_and_keeps_the_picture(power_on, disk):
    kiosk = power_on(disk=disk)
    kiosk.is_up()
    kiosk.paint()
    kiosk.key("ctrl-alt-delete")  # which ends QEMU: -no-reboot
    wait_for("the reboot", lambda: kiosk.proc.poll() is not None, 120)
    again = power_on(disk=disk)
    again.is_up()
    assert again.pixel(100, 50) == RED
    # as murald(8) says
    again.sh("systemctl mask ctrl-alt-del.target")
    again.key("ctrl-alt-delete")
    again.paint(100, 60)
    assert again.sh("systemctl is-system-running || true").strip() != "stopping"


def test_powered_on_with_the_screen_off(power_on, disk):
    kiosk = power_on(disk=disk)
    kiosk.is_up()
    kiosk.paint()
    kiosk.sh("systemctl poweroff --no-block")
    wait_for("the end", lambda: kiosk.proc.poll() is not None, 120)
    again = power_on(disk=disk, screen=False)
    wait_for("the wall", lambda: again.shows("ActiveState") == "active", 120)
    again.resize(1280, 800)
    wait_for("the picture", lambda: again.pixel(100, 50) == RED, PATIENCE)
