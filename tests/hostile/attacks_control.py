# SPDX-License-Identifier: MIT
"""Attacks by whoever may use the control socket: a script of an operator's that went wild."""
import os

from attacking import Attack, Flood, hoard
from control import attach

CONTROL = "[control]\nsocket = %(folder)s/control\nlog = %(folder)s/control.log\nstate = %(folder)s/control.state\n"
QUESTIONS = b'{"do":"status"}\n{"do":"verbs"}\n{"do":"acts"}\n{"do":"top"}\n{"do":"bans"}\n' * 500
LONG_ACT = b'{"do":"notice","with":{"text":"%s"}}\n' % (b"x" * 60000)
LOGS_MIB = 2 * 16 + 1


def half_line(wall):
    s = attach(wall)
    s.sendall(b'{"do":"sta')
    return s


def half_lines(wall):
    """On a thousand connections, and never the end."""
    hoard(lambda n: half_line(wall), 1000)


def endless_questions(wall):
    Flood(lambda n: attach(wall), lambda: QUESTIONS, 15).run()


def deaf(wall):
    """Streams of who paints most, and questions, and no answer is read."""
    Flood(lambda n: attach(wall), lambda: QUESTIONS, 15, first=b'{"do":"top","every":100}\n', reads=False).run()


def endless_acts(wall):
    """Each is a line of the log, with what was wrong with it."""
    Flood(lambda n: attach(wall), lambda: LONG_ACT, 15).run()


def what_fills_the_disk(wall):
    logs = [os.path.join(wall.folder, name) for name in os.listdir(wall.folder) if name.startswith("control.log")]
    mib = sum(map(os.path.getsize, logs)) / (1 << 20)
    return "the control log has %.0f MiB" % mib if mib > LOGS_MIB else None


PROBES = ("operator",)
ATTACKS = [
    Attack("half lines on 1000 connections to the control socket", half_lines, PROBES, core=CONTROL),
    Attack("questions of 15 operators without an end", endless_questions, PROBES, core=CONTROL),
    Attack("15 operators that read no answers", deaf, PROBES, core=CONTROL, long=True),
    Attack("acts of 15 operators without an end", endless_acts, PROBES, core=CONTROL, check=what_fills_the_disk,
           long=True),
]
