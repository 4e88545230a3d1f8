# SPDX-License-Identifier: MIT
"""The owners chapter of make bench: Pixelflut as text on a wall that remembers who painted each pixel, beside one
that does not."""
import statistics
import tempfile

import pixelflut

GOALS = dict(zip(pixelflut.CONNECTIONS, (0.75, 0.85, 0.85)))


def compare(bench, walls, connections):
    runs = {name: [] for name in walls}
    for run in range(bench.runs):  # in turns, so that a disturbance hits both
        for name in list(walls)[::-1] if run % 2 else walls:
            wall = walls[name]
            runs[name].append(bench.flood("text", wall.port("pixelflut"), connections, wall.pid))
    pairs = list(zip(runs["with"], runs["without"]))
    row = {"name": "text, %d" % connections, "unit": "commands a second", "measure": "without owners",
           "murald": bench.spread([w["rate"] for w in runs["with"]]),
           "least": bench.spread([w["rate"] for w in runs["without"]]),
           "cpu_ns": [statistics.median(one["cpu_ns"] for one in runs[name]) for name in ("with", "without")],
           "ratio": statistics.median(w["rate"] / o["rate"] for w, o in pairs),
           "cpu_ratio": statistics.median(o["cpu_ns"] / w["cpu_ns"] for w, o in pairs),
           "wrong": sum(one["wrong"] for pair in pairs for one in pair)}
    row["right"] = row["wrong"] == 0
    row["ok"] = row["right"] and row["ratio"] >= GOALS[connections]
    print("  %-18s %s M/s   without owners %s M/s   ratio %.2f   CPU %.1f / %.1f ns, ratio %.2f   picture %s" % (
        row["name"], bench.show(row["murald"], 1, 1e-6), bench.show(row["least"], 1, 1e-6), row["ratio"],
        *row["cpu_ns"], row["cpu_ratio"], "right" if row["right"] else "WRONG"))
    if row["right"] and not row["ok"]:
        print("  MISSED: at least %.2f of the rate without owners" % GOALS[connections])
    return row


def measure(program, runs, seconds, spread, show):
    bench = pixelflut.Bench(program, runs, seconds, spread, show)
    with tempfile.TemporaryDirectory() as plain, tempfile.TemporaryDirectory() as kept, \
            pixelflut.open_wall(plain, 1, 0) as without, \
            pixelflut.open_wall(kept, 1, 0, "\n[canvas]\nowners = yes") as with_owners:
        walls = {"with": with_owners, "without": without}
        rows = [compare(bench, walls, connections) for connections in GOALS]
        assert without.stop() == 0 and with_owners.stop() == 0
    return rows
