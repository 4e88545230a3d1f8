# SPDX-License-Identifier: MIT
"""What a wall that is up goes through at a kiosk, seen on its screen and in its system: the cases that CI
has time for, and with MURALD_LONG the others."""
import os
import re

import pytest

from kiosk import ADDRESS, PATIENCE, RED
from waiting import stays, wait_for

LONG = pytest.mark.skipif(not os.environ.get("MURALD_LONG"), reason="minutes together: MURALD_LONG=1")
LOGGED_IN = "pgrep -t %s -x bash"


def away_and_back(kiosk):
    kiosk.key("alt-f2")
    wait_for("tty2 in front", lambda: kiosk.front() == "tty2", PATIENCE)
    wait_for("its text", lambda: not kiosk.says(ADDRESS), PATIENCE)
    kiosk.key("alt-f1")
    wait_for("the wall", lambda: kiosk.says(ADDRESS), PATIENCE)
    kiosk.is_up()


def log_in(kiosk, console):
    wait_for("a login prompt", lambda: kiosk.run("pgrep -t %s -x 'agetty|login'" % console)[0] == 0, PATIENCE)

    def entered():
        kiosk.key(*"root", "ret")
        return kiosk.run(LOGGED_IN % console)[0] == 0
    wait_for("somebody to be logged in", entered, PATIENCE)


def test_the_address_comes_later(kiosk):
    """It was powered on without its cable."""
    kiosk.is_up()
    wait_for("the address in the journal", lambda: re.search(r"icmp: .* %s$" % ADDRESS, kiosk.journal(), re.M))


def test_no_key_is_a_signal(kiosk):
    before = kiosk.shows("MainPID")
    kiosk.key("ctrl-c", "ctrl-backslash", "ctrl-z", "ctrl-s", "x", "ret", "ctrl-d")
    stays("the wall", lambda: kiosk.shows("MainPID") == before and kiosk.shows("ActiveState") == "active", 3)
    kiosk.is_up()
    away_and_back(kiosk)
    kiosk.key("ctrl-c")
    stays("the wall", lambda: kiosk.shows("MainPID") == before, 1)


def test_another_console_and_back(kiosk):
    """Also after a reload, whose command must leave the console alone."""
    kiosk.sh("systemctl reload murald")
    assert kiosk.journal().count("reload: reading the config") == 1, kiosk.journal()
    kiosk.key("alt-f2")
    wait_for("tty2 in front", lambda: kiosk.front() == "tty2", PATIENCE)
    log_in(kiosk, "tty2")
    kiosk.ping(100, 50, RED)
    kiosk.key("alt-f1")
    wait_for("what was painted meanwhile", lambda: kiosk.pixel(100, 50) == RED, PATIENCE)
    kiosk.is_up()
    away_and_back(kiosk)


@LONG
def test_a_console_that_was_hung_up(kiosk):
    """By another program that wanted it: nobody can leave any more, but the wall stays."""
    kiosk.sh("systemd-run -q --wait -p TTYPath=/dev/tty1 -p TTYVHangup=yes true")
    kiosk.key("alt-f2")
    wait_for("a warning", lambda: "took tty1 away" in kiosk.journal(), PATIENCE)
    kiosk.is_up()
    kiosk.sh("systemctl restart murald")
    away_and_back(kiosk)


def test_no_getty_takes_its_console(kiosk):
    for name in ["getty@tty1", "autovt@tty1"]:
        kiosk.sh("systemctl start " + name)
        assert kiosk.run("systemctl is-active getty@tty1")[1] == "inactive\n"
        kiosk.is_up()
    # also not between a crash and the restart after it
    kiosk.sh("systemctl kill -s KILL murald; while systemctl is-active -q murald; do sleep 0.05; done; "
             "stty -a -F /dev/tty1 | grep -w isig; systemctl start getty@tty1")
    kiosk.is_up()
    assert kiosk.run("systemctl is-active getty@tty1")[1] == "inactive\n"
    assert kiosk.shows("NRestarts") == "1"


def test_the_console_is_given_back(kiosk):
    kiosk.key(*"letters")
    for command, again in [("systemctl stop murald", "systemctl start murald"),
                           ("dpkg -r murald-http murald", "dpkg -i /debs/murald_*.deb /debs/murald-http_*.deb"),
                           ("dpkg -P murald-http murald", None)]:
        kiosk.sh(command)
        kiosk.settles("a login", "systemctl is-active getty@tty1")
        log_in(kiosk, "tty1")
        kiosk.key(*"exit", "ret")
        kiosk.settles("the end of the session", "! " + LOGGED_IN % "tty1")
        if again:
            kiosk.sh(again)
            kiosk.is_up()
    assert kiosk.run("pidof murald")[1] == ""
    assert "murald" not in kiosk.sh("systemctl list-units --all --plain --no-legend 'murald*'")


def test_the_front_is_taken_only_from_nobody(kiosk):
    kiosk.key("alt-f2")
    wait_for("tty2 in front", lambda: kiosk.front() == "tty2", PATIENCE)
    kiosk.sh("systemctl restart murald")
    stays("tty2 in front", lambda: kiosk.front() == "tty2", 2)
    assert not kiosk.says(ADDRESS)
    kiosk.key("alt-f1")
    kiosk.is_up()


@pytest.mark.parametrize("signal", ["KILL", *(pytest.param(s, marks=LONG) for s in ("SEGV", "INT", "TERM"))])
def test_ended_by_a_signal(kiosk, signal):
    kiosk.sh("systemctl kill --kill-who=main -s %s murald" % signal)
    wait_for("another one", lambda: kiosk.shows("NRestarts") == "1", PATIENCE)
    kiosk.is_up()


@LONG
def test_signals_that_it_does_not_use(kiosk):
    before = kiosk.shows("MainPID")
    kiosk.sh("systemctl kill --kill-who=main -s USR2 murald")
    kiosk.paint()
    assert kiosk.shows("MainPID") == before


def test_cable_out_and_in(kiosk):
    kiosk.cable(False)
    wait_for("no address on the screen", lambda: not kiosk.says(ADDRESS), PATIENCE)
    kiosk.cable(True)
    kiosk.is_up()


def test_screen_off_and_on(kiosk):
    kiosk.paint()
    kiosk.unplug()
    wait_for("the loss", lambda: "no screen is connected" in kiosk.journal(), PATIENCE)
    kiosk.sh("systemctl restart murald")
    kiosk.resize(1280, 800)
    kiosk.is_up()
    assert kiosk.pixel(100, 50) == RED


def test_an_interface_that_comes_late(kiosk):
    kiosk.configure("[plugin icmp]\ninterface = wlan0\n")
    kiosk.sh("systemctl restart murald")
    name = kiosk.sh("ls /sys/class/net | grep -v lo").strip()
    kiosk.sh("ip link set %s down; ip link set %s name wlan0; ip link set wlan0 up; "
             "sed -i 's/^Name=.*/& wlan*/' /etc/systemd/network/10-kiosk.network; networkctl reload" % (name, name))
    kiosk.is_up()


FILL = ("fallocate -l $(($(df --output=avail -B1 / | tail -1) - 65536)) /fill; "
        "dd if=/dev/zero of=/fill2 bs=4k 2>/dev/null; true")  # root may use what df does not count


@LONG
def test_disk_full(kiosk):
    kiosk.paint()
    kiosk.sh("systemctl kill --kill-who=main -s USR1 murald")
    kiosk.settles("the picture to be saved", "test -s /var/lib/murald/canvas.png")
    kiosk.sh(FILL)
    kiosk.sh("systemctl restart murald")
    kiosk.is_up()
    assert kiosk.pixel(100, 50) == RED
    kiosk.sh("rm /fill /fill2")
    wait_for("the web page", lambda: kiosk.get("/healthz"), PATIENCE)


def test_disk_full_before_there_is_a_state_folder(kiosk):
    kiosk.sh("systemctl stop murald; rm -r /var/lib/murald; " + FILL)
    kiosk.sh("systemctl start murald")
    kiosk.is_up()
    assert "/var/lib/murald does not exist, so nothing will be saved" in kiosk.journal()
    kiosk.sh("rm /fill /fill2; systemctl restart murald")
    kiosk.is_up()
    kiosk.sh("systemctl stop murald; test -s /var/lib/murald/canvas.png")


def test_a_root_that_is_read_only_without_a_state_folder(kiosk):
    kiosk.sh("systemctl stop murald; rm -r /var/lib/murald; sync; echo u >/proc/sysrq-trigger; "
             "until ! touch /x 2>/dev/null; do sleep 0.1; done; systemctl start murald")  # between two looks
    kiosk.is_up()
    assert "read-only" in kiosk.journal().lower() or "nothing will be saved" in kiosk.journal()


@LONG
def test_the_state_folder_is_elsewhere(kiosk):
    kiosk.paint()
    kiosk.sh("systemctl stop murald; mkdir /srv/disk; mv /var/lib/murald /srv/disk; "
             "ln -s /srv/disk/murald /var/lib/murald; systemctl start murald")
    kiosk.is_up()
    assert kiosk.pixel(100, 50) == RED
    kiosk.paint(100, 60)
    kiosk.sh("systemctl restart murald")
    kiosk.is_up()
    assert kiosk.pixel(100, 60) == RED


@LONG
def test_the_state_folder_is_mended(kiosk):
    kiosk.paint()
    kiosk.sh("systemctl stop murald; chown -R root:root /var/lib/murald; systemctl start murald")
    kiosk.is_up()
    assert kiosk.pixel(100, 50) == RED
    kiosk.sh("systemctl stop murald; rm -r /var/lib/murald; systemctl start murald")
    kiosk.is_up()
    kiosk.sh("systemctl stop murald; test -s /var/lib/murald/canvas.png")


def test_upgrade_with_settings_of_ones_own(kiosk):
    """Unattended: nothing asks a question, nothing is lost."""
    kiosk.paint()
    kiosk.sh("for f in $(find /etc/murald -name '*.conf'); do echo '; mine' >>$f; done; "
             "printf '[canvas]\\nbackground = #000040\\n' >/etc/murald/murald.conf.d/http.conf")
    before = kiosk.shows("MainPID")
    kiosk.sh("dpkg -i /repo/murald_*.deb /repo/murald-http_*.deb")
    assert kiosk.shows("MainPID") not in (before, "0")
    assert kiosk.sh("dpkg-query -W -f '${Version} ' murald murald-http").count("+1 ") == 2
    kiosk.is_up()
    assert kiosk.pixel(100, 50) == RED
    assert kiosk.sh("grep -l mine /etc/murald/murald.conf; murald --check-config").endswith("ok\n")


def test_doctor_as_its_user(kiosk):
    out = kiosk.run("su -s /bin/sh -c 'murald --doctor' murald")[1]
    assert "WRONG" not in out and out.endswith("nothing is wrong\n"), out
    kiosk.sh("systemctl stop murald getty@tty1")
    out = kiosk.run("su -s /bin/sh -c 'murald --doctor' murald")[1]
    assert "WRONG" not in out, out
