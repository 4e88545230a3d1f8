# SPDX-License-Identifier: MIT
"""The service as the packages install it, each case at a kiosk that is up: its rights, reload, errors,
new plugins, and who is logged in where it belongs."""
import re

from kiosk import PATIENCE, RED
from waiting import wait_for

DROP_IN = "/run/systemd/system/murald.service.d"


def test_its_rights(kiosk):
    out = kiosk.sh("cat /proc/%s/status" % kiosk.shows("MainPID"))
    now = dict(line.split(":\t", 1) for line in out.splitlines())
    assert now["Uid"].split()[0] != "0"
    assert {now[s] for s in ["CapPrm", "CapEff", "CapBnd"]} == {"0000000000002000"}
    assert (now["NoNewPrivs"], now["Seccomp"]) == ("1", "2")
    assert kiosk.run("systemctl is-active getty@tty1")[1] == "inactive\n"


def test_painted_over_ipv6_as_its_page_tells(kiosk):
    kiosk.sh("ping -c 1 -s 8 -p cc00640032ff0000 ::1")
    wait_for("the pixel", lambda: kiosk.pixel(100, 50) == RED)
    assert 'murald_pixels_total{plugin="icmp"} 1\n' in kiosk.get("/metrics")


def test_reload_and_a_privilege_from_a_drop_in(kiosk):
    """As in murald(8): a plugin is added while the others stay; a port below 1024 needs a drop-in."""
    def listens(port):
        return any(line.split()[1] == "00000000:%04X" % port for line in kiosk.sh("cat /proc/net/tcp").splitlines())
    before = kiosk.shows("MainPID")
    kiosk.configure("[plugin dots]\nlisten = 0.0.0.0:1235\n", "dots")
    kiosk.sh("systemctl reload murald")
    wait_for("dots", lambda: listens(1235))
    kiosk.configure("[plugin dots]\nlisten = 0.0.0.0:99\n", "dots")
    kiosk.sh("systemctl reload murald")
    wait_for("a refusal", lambda: ":99" in kiosk.journal())
    assert kiosk.shows("MainPID") == before and not listens(99)
    kiosk.sh("mkdir -p %s; printf '[Service]\\nAmbientCapabilities=CAP_NET_BIND_SERVICE\\n"
             "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\\n' >%s/port.conf; systemctl daemon-reload; "
             "systemctl restart murald" % (DROP_IN, DROP_IN))
    assert listens(99)


def test_a_config_error_causes_no_restart_loop(kiosk):
    kiosk.configure("[canvsa]\n")
    kiosk.run("systemctl restart murald")
    assert (kiosk.shows("Result"), kiosk.shows("NRestarts"), kiosk.shows("ExecMainStatus")) == ("exit-code", "0", "78")
    assert "canvsa" in kiosk.journal()
    kiosk.sh("rm /etc/murald/murald.conf.d/mine.conf; systemctl reset-failed murald; systemctl start murald")
    kiosk.is_up()


def test_new_plugins_restart_it(kiosk):
    """Those of a package, too, whose drop-in gives the unit what XDP takes."""
    before = kiosk.shows("MainPID")
    with_xdp = kiosk.run("ls /debs/murald-xdp_*.deb")[0] == 0  # for other releases it is not built
    kiosk.sh("dpkg -i /debs/murald-xdp_*.deb" if with_xdp else
             "dpkg-trigger --by-package=other $(dirname /usr/lib/*/murald/icmp.so); dpkg --triggers-only -a")
    wait_for("another one", lambda: kiosk.shows("MainPID") not in (before, "0"), PATIENCE)
    kiosk.is_up()
    if with_xdp:
        kiosk.configure("[plugin icmp]\nkernel-replies = suppress\naccelerate = xdp\n")
        kiosk.sh("systemctl restart murald")
        wait_for("XDP", lambda: re.search(r"icmp: accelerate: \S+: XDP, ", kiosk.journal()), PATIENCE)
        kiosk.paint()
        # what it takes for that is given up again; kernel-replies cannot be set in this service
        assert "CapPrm:\t0000000000002000\n" in kiosk.sh("cat /proc/%s/status" % kiosk.shows("MainPID"))


def test_a_session_on_tty1_is_left_alone(kiosk):
    # the login prompt that comes back when the wall goes would hang this session up
    kiosk.sh("systemctl mask --runtime getty@tty1; systemctl stop murald getty@tty1")
    kiosk.sh("setsid --ctty sleep 1000 </dev/tty1 >/dev/tty1 2>&1 & echo $! >/run/session")
    assert "logged in on tty1" in kiosk.sh("dpkg -i /debs/murald_*.deb")
    assert kiosk.shows("ActiveState") == "inactive"
    kiosk.sh("kill $(cat /run/session); systemctl unmask --runtime getty@tty1; dpkg -i /debs/murald_*.deb")
    kiosk.is_up()
