# SPDX-License-Identifier: MIT
"""The pixelflut chapter of make bench: murald over TCP, compared with the same plugin on the same
bytes in memory, and with a server that discards everything."""
import os
import statistics
import subprocess
import tempfile

import procfs
from procfs import threads_seconds

SIZE = "1280x720"
ANSWER_PERCENT = 166  # of the bytes of reads, and a hundredth more
CONNECTIONS = 1, 4, 16
LOGO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "doc", "pictures", "strip.png")
NAMES = {"text": "PX x y rrggbb", "binary": "PB", "reads": "PX x y"}
HOSTILE = {"eighths": "each eighth wrong", "wrong": "every line wrong", "outside": "all outside",
           "feeds": "only line feeds"}


def on_cpu(cpus, *command):
    return ["nice", "-n-20", "taskset", "-c", str(cpus), *map(str, command)]


def numbers(*command):
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [float(word) for word in out.split()]


class Bench:
    def __init__(self, program, runs, seconds, spread, show):
        self.program, self.runs, self.seconds, self.spread, self.show = program, runs, seconds, spread, show

    def parse(self, kind, *more, size=SIZE, cpus=0):
        """Processes commands from memory."""
        commands, seconds, cpu, frames, late, dear, worst = numbers(
            *on_cpu(cpus, self.program("pixelflut-parse"), kind, size, self.seconds, *more))
        return {"rate": commands / seconds, "cpu_ns": cpu / commands * 1e9, "frames": int(frames), "late": int(late),
                "dear": int(dear), "worst": worst}

    def flood(self, kind, port, connections, pid, cpus=1):
        command = on_cpu(cpus, self.program("pixelflut-flood"), kind, "127.0.0.1", port, connections, SIZE,
                         self.seconds)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as flood:
            if kind.endswith("reads"):
                assert flood.stdout.readline() == "painted\n"
            before = threads_seconds(pid)
            commands, seconds, sent = map(float, flood.stdout.readline().split())
            used = threads_seconds(pid) - before
            wrong = flood.communicate("look\n")[0]
        assert flood.returncode == 0
        return {"rate": commands / seconds, "gbits": sent * 8e-9 / seconds, "wrong": int(wrong),
                "cpu_ns": used / commands * 1e9}

    def sink(self, kind, connections):
        """A flood to a server that discards everything, and answers reads with as much as they need."""
        command = on_cpu(0, self.program("tcpsink"), *([ANSWER_PERCENT] if kind == "reads" else []))
        sink = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            return self.flood("sink-" + kind, int(sink.stdout.readline()), connections, sink.pid)
        finally:
            sink.kill()
            sink.wait()

    def row(self, wall, kind, connections):
        murald, parsing, sinking = [], [], []
        for run in range(self.runs):  # in turns, so that a disturbance hits all of them
            turns = [lambda: parsing.append(self.parse(kind)),
                     lambda: murald.append(self.flood(kind, wall.port("pixelflut"), connections, wall.process.pid)),
                     lambda: sinking.append(self.sink(kind, connections))]
            for measure in turns[::-1] if run % 2 else turns:
                measure()
        row = {"name": "%s, %d" % (NAMES[kind], connections), "unit": "commands a second",
               "measure": "the same bytes from memory", "murald": self.spread([m["rate"] for m in murald]),
               "least": self.spread([p["rate"] for p in parsing]), "gbits": self.spread([m["gbits"] for m in murald]),
               "ratio": statistics.median(m["rate"] / p["rate"] for m, p in zip(murald, parsing)),
               "cpu_ns": [statistics.median(r["cpu_ns"] for r in runs) for runs in (murald, parsing)],
               "wrong": sum(m["wrong"] for m in murald), "runs": {"murald": murald, "parsing": parsing}}
        row["right"] = row["wrong"] == 0
        print("  %-18s %s M/s   %s Gbit/s   from memory %s M/s   ratio %.2f   CPU %.1f / %.1f ns   picture %s" % (
            row["name"], self.show(row["murald"], 1, 1e-6), self.show(row["gbits"], 2),
            self.show(row["least"], 1, 1e-6), row["ratio"], *row["cpu_ns"],
            "right" if row["right"] else "WRONG"))
        self.judge(row, murald, parsing, sinking)
        return row

    def judge(self, row, murald, parsing, sinking):
        """Against the limit of one core that also reads the bytes from a socket."""
        row["sink"] = self.spread([s["gbits"] for s in sinking])
        row["limit_ns"] = statistics.median(p["cpu_ns"] + s["cpu_ns"] for p, s in zip(parsing, sinking))
        row["sink_ns"] = statistics.median(s["cpu_ns"] for s in sinking)
        row["of_the_limit"] = statistics.median(
            (p["cpu_ns"] + s["cpu_ns"]) / m["cpu_ns"] for m, p, s in zip(murald, parsing, sinking))
        print("  %-18s thrown away %s Gbit/s, CPU %.1f ns a command: with it one core has a limit of %.2f, "
              "murald has %.2f of that" % ("", self.show(row["sink"], 1), row["sink_ns"], statistics.median(
                  p["cpu_ns"] / (p["cpu_ns"] + s["cpu_ns"]) for p, s in zip(parsing, sinking)), row["of_the_limit"]))
        row["ok"] = row["right"] and (row["ratio"] >= 0.9 or row["of_the_limit"] >= 0.9)
        if row["right"] and not row["ok"]:
            print("  MISSED: at least 0.90 of what one core does from memory, or from a socket")

    def beside(self, name, size, one, other, wanted):
        """The same work with and without other threads: rate, and CPU time per command."""
        alone, together = [], []
        for run in range(self.runs):
            turns = [lambda: alone.append(self.parse("text", *one, size=size, cpus="0,1")),
                     lambda: together.append(self.parse("text", *other, size=size, cpus="0,1"))]
            for measure in turns[::-1] if run % 2 else turns:
                measure()
        row = {"name": name, "unit": "commands a second", "measure": "one thread alone",
               "murald": self.spread([t["rate"] for t in together]), "least": self.spread([a["rate"] for a in alone]),
               "cpu_ns": [statistics.median(r["cpu_ns"] for r in runs) for runs in (together, alone)],
               "dearer": statistics.median(t["cpu_ns"] / a["cpu_ns"] for t, a in zip(together, alone)) - 1,
               "frames": sum(t["frames"] for t in together), "late": sum(t["late"] for t in together),
               "dear": sum(t["dear"] for t in together), "worst_s": max(t["worst"] for t in together)}
        row["ok"] = row["dearer"] <= wanted and row["late"] == 0
        print("  %-18s %s M/s   alone %s M/s   CPU %.2f / %.2f ns, %+.1f %%%s" % (
            name, self.show(row["murald"], 1, 1e-6), self.show(row["least"], 1, 1e-6), *row["cpu_ns"],
            100 * row["dearer"], "   %d frames, %d late, the dearest computed for %.1f of 16.7 ms" % (
                row["frames"], row["late"], 1e3 * row["worst_s"]) if row["frames"] else ""))
        if row["dearer"] > wanted:
            print("  MISSED: at most %.0f %% dearer" % (100 * wanted))
        if row["late"]:
            print("  MISSED: no frame late; %s" % ("%d computed for too long" % row["dear"] if row["dear"] else
                                                   "each had to wait for a processor, or for the frame before it"))
        return row

    def hostile(self, kind):
        """Text that nobody should send, beside good text, from memory."""
        good, bad = [], []
        for run in range(self.runs):
            turns = [lambda: good.append(self.parse("text")), lambda: bad.append(self.parse(kind))]
            for measure in turns[::-1] if run % 2 else turns:
                measure()
        row = {"name": HOSTILE[kind], "unit": "ns of CPU time a line", "measure": "good text", "ok": True,
               "murald": self.spread([b["cpu_ns"] for b in bad]), "least": self.spread([g["cpu_ns"] for g in good]),
               "ratio": statistics.median(b["cpu_ns"] / g["cpu_ns"] for b, g in zip(bad, good))}
        print("  %-18s %s ns a line   good text %s ns   ratio %.2f" % (
            row["name"], self.show(row["murald"], 1), self.show(row["least"], 1), row["ratio"]))
        return row

    def two_workers(self, folder):
        """Two workers compared with one, with the load on the same two cores."""
        runs = {1: [], 2: []}
        for run in range(self.runs):
            for workers in (1, 2) if run % 2 else (2, 1):
                with open_wall(folder, workers, "0,1") as wall:
                    runs[workers].append(self.flood("text", wall.port("pixelflut"), 4, wall.process.pid, "0,1"))
        row = {"name": "two workers", "unit": "commands a second", "measure": "one worker",
               "murald": self.spread([r["rate"] for r in runs[2]]), "least": self.spread([r["rate"] for r in runs[1]]),
               "cpu_ns": [statistics.median(r["cpu_ns"] for r in runs[n]) for n in (2, 1)],
               "wrong": sum(r["wrong"] for r in runs[1] + runs[2])}
        row["ok"] = row["wrong"] == 0
        print("  %-18s %s M/s   one %s M/s   CPU %.1f / %.1f ns   picture %s" % (
            "two workers", self.show(row["murald"], 1, 1e-6), self.show(row["least"], 1, 1e-6), *row["cpu_ns"],
            "right" if row["ok"] else "WRONG"))
        return row


def compare(rows):
    """Tells what reads and PB cost beside writes as text, by CPU time, and what they would cost at their limits."""
    by_name = {row["name"]: row for row in rows}
    for kind in "binary", "reads":
        for connections in CONNECTIONS:
            row, text = (by_name["%s, %d" % (NAMES[name], connections)] for name in (kind, "text"))
            row["of_text"] = text["cpu_ns"][0] / row["cpu_ns"][0]
            row["limits_of_text"] = text["limit_ns"] / row["limit_ns"]
            print("  %-18s %.2f of the text's rate by CPU time; their limits %.2f" % (
                row["name"], row["of_text"], row["limits_of_text"]))


def open_wall(folder, workers, cpus, core=""):
    from wall import Wall
    return Wall(folder, "[plugin pixelflut]\nlisten = 127.0.0.1:0\n", size=SIZE, core="workers = %d%s" % (
        workers, core), prefix=on_cpu(cpus))


def measure(program, runs, seconds, spread, show):
    bench, rows = Bench(program, runs, seconds, spread, show), []
    with tempfile.TemporaryDirectory() as folder, open_wall(folder, 1, 0) as wall:
        for kind in NAMES:
            for connections in CONNECTIONS:
                rows.append(bench.row(wall, kind, connections))
        width, height = map(int, SIZE.split("x"))
        beside = procfs.memory_kib(wall.pid, "VmHWM") / 1024 - width * height * 4 / (1 << 20)
        assert wall.stop() == 0
    compare(rows)
    print("  murald's memory at most %.1f MiB beside the canvas" % beside)
    rows.append({"name": "memory", "unit": "MiB beside the canvas", "most": beside, "ok": beside < 16})
    with tempfile.TemporaryDirectory() as folder:
        rows.append(bench.two_workers(folder))
    rows += [bench.hostile(kind) for kind in HOSTILE]
    rows.append(bench.beside("two threads", SIZE, [1], [2], 0.1))
    rows.append(bench.beside("1080p at 60 Hz", "1920x1080", [1], [1, "display"], 0.03))
    rows.append(bench.beside("with the strip", "1920x900", [1], [1, "display", LOGO], 0.03))
    return rows


def obstacle():
    if os.cpu_count() < 2:
        return "needs two CPUs, one for the sender"
    return None
