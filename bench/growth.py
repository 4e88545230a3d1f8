#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Draws what a Pixelflut command costs murald as connections and canvases grow; bench/README explains it.

  growth.py OUT.svg [--connections 1,16,256,4096] [--sizes 1280x720,...] [--runs 3] [--seconds 1]

Run it in the build folder, or with top_builddir and top_srcdir set.
"""
import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile

import beside
from procfs import threads_seconds

SIZES = "1280x720,1920x1080,3840x2160,7680x4320"
KINDS = ("text", "binary")
COLOURS = ("#0072b2", "#009e73", "#e69f00", "#cc79a7")  # told apart by those who see few colours, too
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 420, 320, 56, 40, 96, 48  # of a panel, and its margins


def is_socket(link):
    try:
        return os.readlink(link).startswith("socket:")
    except FileNotFoundError:  # closed since the folder was listed
        return False


def open_sockets(server):
    folder = "/proc/%d/fd" % server.pid
    return sum(is_socket(os.path.join(folder, name)) for name in os.listdir(folder))


def command_ns(server, kind, connections, size, given):
    """CPU time of the server for a command; the median of the runs."""
    from waiting import wait_for  # of the tests
    runs = []
    sockets = open_sockets(server)
    for _ in range(given.runs):
        wait_for("the clients of before to be gone", lambda: open_sockets(server) <= sockets)
        before = threads_seconds(server.pid)
        flood = subprocess.run(beside.on_cpu(1, beside.FLOOD, kind, "127.0.0.1", server.port, connections, size,
                                             given.seconds, 0), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               text=True, check=True)
        runs.append((threads_seconds(server.pid) - before) / float(flood.stdout.split()[0]) * 1e9)
    return statistics.median(runs)


def measure(given):
    """{kind: {size: [ns, ...]}}"""
    costs = {kind: {} for kind in KINDS}
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as folder, beside.this_build(folder, size) as server:
            for kind in KINDS:
                costs[kind][size] = [command_ns(server, kind, n, size, given) for n in given.connections]
                print("%-7s %-10s %s" % (kind, size, "  ".join(
                    "%d: %.1f ns" % pair for pair in zip(given.connections, costs[kind][size]))))
                sys.stdout.flush()
    return costs


# ---- the drawing

def element(name, content="", **attributes):
    text = "".join(' %s="%s"' % (key.replace("_", "-"), value) for key, value in attributes.items())
    return "<%s%s>%s</%s>" % (name, text, content, name)


def nice_step(most):
    return next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if most <= 6 * step)


def panel(kind, costs, connections, left):
    """One kind of command: a line for each size, ns upwards from zero, connections in equal steps."""
    step = nice_step(max(max(row) for row in costs.values()))
    most = step * 6
    inner = WIDTH - LEFT - RIGHT

    def across(i):
        return left + LEFT + inner * i / max(len(connections) - 1, 1)

    def upwards(ns):
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - ns / most)
    parts = [element("text", "%s: CPU time a command, ns" % ("PB" if kind == "binary" else kind), x=left + LEFT,
                     y=TOP - 16, font_weight="bold")]
    for ns in range(0, most + 1, step):
        parts.append(element("line", x1=across(0), x2=left + WIDTH - RIGHT, y1=upwards(ns), y2=upwards(ns),
                             stroke="#cccccc"))
        parts.append(element("text", ns, x=left + LEFT - 8, y=upwards(ns) + 4, text_anchor="end"))
    for i, n in enumerate(connections):
        parts.append(element("text", n, x=across(i), y=HEIGHT - BOTTOM + 20, text_anchor="middle"))
    parts.append(element("text", "connections", x=left + LEFT + inner / 2, y=HEIGHT - 8, text_anchor="middle"))
    heights = sorted((upwards(row[-1]), size) for size, row in costs.items())
    label = -1e9
    for y, size in heights:  # names at the lines' ends, none over another
        colour = COLOURS[list(costs).index(size) % len(COLOURS)]
        points = [(across(i), upwards(ns)) for i, ns in enumerate(costs[size])]
        parts.append(element("polyline", points=" ".join("%.1f,%.1f" % point for point in points), fill="none",
                             stroke=colour, stroke_width=2))
        parts += [element("circle", cx="%.1f" % x, cy="%.1f" % at, r=3, fill=colour) for x, at in points]
        label = max(y + 4, label + 14)
        parts.append(element("text", size, x=left + WIDTH - RIGHT + 8, y="%.1f" % label, fill=colour))
    return "\n".join(parts)


def draw(costs, connections):
    panels = "\n".join(panel(kind, costs[kind], connections, i * WIDTH) for i, kind in enumerate(costs))
    background = element("rect", width="100%", height="100%", fill="white")
    licence = "<!-- SPDX-License-Identifier: MIT -->"
    return element("svg", "\n%s\n%s\n%s\n" % (licence, background, panels), xmlns="http://www.w3.org/2000/svg",
                   width=len(costs) * WIDTH, height=HEIGHT, font_family="sans-serif", font_size=12) + "\n"


def main(words):
    parser = argparse.ArgumentParser(description="draws what a Pixelflut command costs as a wall grows")
    parser.add_argument("out", metavar="OUT.svg")
    parser.add_argument("--connections", default="1,16,256,4096")
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1)
    given = parser.parse_args(words)
    given.connections = [int(n) for n in given.connections.split(",")]
    given.sizes = given.sizes.split(",")
    # a source has a third of the files that murald may open, and the flood is one
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    drawing = draw(measure(given), given.connections)
    with open(given.out, "w", encoding="utf-8") as out:
        out.write(drawing)


if __name__ == "__main__":
    main(sys.argv[1:])
