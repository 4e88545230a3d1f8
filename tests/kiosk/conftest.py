# SPDX-License-Identifier: MIT
"""`kiosk`: one whose wall is up, as it was saved after the first boot; `power_on` boots others."""
import fcntl
import os
import shutil

import pytest

import hosts
import rig
from guests import debian_arch, need
from image import FOLDER, make_image
from kiosk import ADDRESS, Kiosk, Wire
from outcome import has_failed, pytest_runtest_makereport  # noqa: F401, the hook
from waiting import wait_for


@pytest.fixture(scope="session")
def image():
    hosts.need_namespaces()
    for command, package in [("ping", "iputils-ping"), ("curl", "curl")]:
        hosts.need(command, package)
    need(os.path.exists("/dev/net/tun"), "no /dev/net/tun: modprobe tun")
    if debian_arch() != "amd64":
        pytest.skip("it has the keyboard of a PC: on amd64 only")
    with open(FOLDER + ".lock", "w") as lock:  # for one suite at a time
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield make_image()


@pytest.fixture
def power_on(request, image, tmp_path):
    """Powers kiosks on, with the options of Kiosk."""
    open_ones = []
    with Wire(image.kernel, str(tmp_path)) as wire:
        def one(**options):
            open_ones.append(rig.boot(lambda: Kiosk(image, wire, **options)))
            return open_ones[-1]
        yield one
        for kiosk in open_ones:
            if has_failed(request) and kiosk.proc.poll() is None:
                kiosk.report()
            kiosk.close()


@pytest.fixture
def booted(power_on, image):
    """The first boot; with the cable in only when the wall is there, which makes the saved state."""
    def boot():
        disk = image.disk + ".new"
        shutil.copy(image.disk, disk)
        kiosk = power_on(disk=disk, cable=False)
        wait_for("the wall", lambda: kiosk.says("Waiting for the network"), 300)
        kiosk.cable(True)
        wait_for("the address on the screen", lambda: kiosk.says(ADDRESS), 60)
        kiosk.sh("sync")
        kiosk.save()
        kiosk.close()
    return boot


@pytest.fixture
def kiosk(power_on, booted, image):
    if not os.path.exists(image.state):
        booted()
    return power_on(saved=True)
