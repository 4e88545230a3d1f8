# SPDX-License-Identifier: MIT
"""The pixelflut chapter of make bench: what murald paints over TCP, beside the same plugin over
the same bytes in memory, and beside a server that throws everything away."""
import os
import re
import statistics
import subprocess
import tempfile

SIZE = "1280x720"
CONNECTIONS = 1, 4, 16
NAMES = {"text": "PX x y rrggbb", "binary": "PB", "reads": "PX x y"}


def on_cpu(cpu, *command):
    return ["nice", "-n-20", "taskset", "-c", str(cpu), *map(str, command)]


def numbers(*command):
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [float(word) for word in out.split()]


def cpu_seconds(pid):
    """What a process used until now, all threads."""
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Bench:
    def __init__(self, program, runs, seconds, spread, show):
        self.program, self.runs, self.seconds, self.spread, self.show = program, runs, seconds, spread, show

    def parse(self, kind):
        """Commands that one core can do from memory."""
        commands, seconds, cpu = numbers(
            *on_cpu(0, self.program("pixelflut-parse"), kind, SIZE, self.seconds))
        return {"rate": commands / seconds, "cpu_ns": cpu / commands * 1e9}

    def flood(self, kind, port, connections, pid):
        before = cpu_seconds(pid)
        commands, seconds, wrong, sent = numbers(*on_cpu(
            1, self.program("pixelflut-flood"), kind, "127.0.0.1", port, connections, SIZE, self.seconds))
        return {"rate": commands / seconds, "gbits": sent * 8e-9 / seconds, "wrong": int(wrong),
                "cpu_ns": (cpu_seconds(pid) - before) / commands * 1e9}

    def sink(self, connections):
        """Bytes a second that a server which does nothing gets."""
        sink = subprocess.Popen(on_cpu(0, self.program("tcpsink")), stdout=subprocess.PIPE, text=True)
        try:
            return self.flood("sink", int(sink.stdout.readline()), connections, sink.pid)
        finally:
            sink.kill()
            sink.wait()

    def row(self, wall, kind, connections):
        murald, parsing = [], []
        for run in range(self.runs):  # in pairs: what disturbs one disturbs the other
            first = lambda: parsing.append(self.parse(kind))
            second = lambda: murald.append(self.flood(
                kind, wall.port("pixelflut"), connections, wall.process.pid))
            for measure in (first, second) if run % 2 else (second, first):
                measure()
        row = {"name": "%s, %d" % (NAMES[kind], connections), "unit": "commands a second",
               "measure": "the same bytes from memory", "murald": self.spread([m["rate"] for m in murald]),
               "least": self.spread([p["rate"] for p in parsing]), "gbits": self.spread([m["gbits"] for m in murald]),
               "ratio": statistics.median(m["rate"] / p["rate"] for m, p in zip(murald, parsing)),
               "cpu_ns": [statistics.median(r["cpu_ns"] for r in runs) for runs in (murald, parsing)],
               "wrong": sum(m["wrong"] for m in murald), "runs": {"murald": murald, "parsing": parsing}}
        row["right"] = row["wrong"] == 0
        row["ok"] = row["right"] and (kind != "text" or row["ratio"] >= 0.9)
        print("  %-18s %s M/s   %s Gbit/s   from memory %s M/s   ratio %.2f   CPU %.1f / %.1f ns   picture %s" % (
            row["name"], self.show(row["murald"], 1, 1e-6), self.show(row["gbits"], 2),
            self.show(row["least"], 1, 1e-6), row["ratio"], *row["cpu_ns"],
            "right" if row["right"] else "WRONG"))
        if row["right"] and not row["ok"]:
            print("  MISSED: at least 0.90 of what one core does from memory")
        return row


def compare(rows, kind, least):
    """The goals that set one kind of command against writes as text."""
    rate = {row["name"]: row["murald"]["median"] for row in rows}
    for connections in CONNECTIONS:
        name = "%s, %d" % (NAMES[kind], connections)
        ratio = rate[name] / rate["%s, %d" % (NAMES["text"], connections)]
        if ratio < least:
            print("  MISSED: %s at %.2f of the text rate, not %.1f" % (name, ratio, least))
            next(row for row in rows if row["name"] == name)["ok"] = False


def memory(wall):
    with open("/proc/%d/status" % wall.process.pid) as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1)) / 1024


def measure(program, runs, seconds, spread, show):
    from wall import Wall
    bench, rows = Bench(program, runs, seconds, spread, show), []
    with tempfile.TemporaryDirectory() as folder, \
            Wall(folder, "[plugin pixelflut]\nlisten = 127.0.0.1:0\n", size=SIZE, core="workers = 1",
                 prefix=on_cpu(0)) as wall:
        for kind in NAMES:
            for connections in CONNECTIONS:
                rows.append(bench.row(wall, kind, connections))
        width, height = map(int, SIZE.split("x"))
        beside = memory(wall) - width * height * 4 / (1 << 20)
        assert wall.stop() == 0
    compare(rows, "binary", 2)
    compare(rows, "reads", 0.5)
    print("  murald's memory at most %.1f MiB beside the canvas" % beside)
    rows.append({"name": "memory", "unit": "MiB beside the canvas", "most": beside, "ok": beside < 16})
    for connections in CONNECTIONS:
        sunk = [bench.sink(connections)["gbits"] for _ in range(runs)]
        print("  thrown away, %-3d  %s Gbit/s" % (connections, show(spread(sunk), 1)))
        rows.append({"name": "sink, %d" % connections, "unit": "Gbit/s", "least": spread(sunk), "ok": True})
    return rows


def obstacle():
    if os.cpu_count() < 2:
        return "needs two CPUs, one for the sender"
    try:
        import PIL  # noqa: F401, the test harness uses it
    except ImportError:
        return "no PIL: apt-get install python3-pil"
    return None
