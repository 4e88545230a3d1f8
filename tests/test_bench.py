# SPDX-License-Identifier: MIT
"""make bench rejects unknown chapters and bad settings before it measures anything."""
import os
import subprocess
import sys

import pytest

from wall import SOURCE


@pytest.mark.parametrize("words, settings, said", [
    (["pixelfult"], {}, "pixelfult? the chapters are canvas, "),
    (["canvas"], {"BENCH_RUNS": "0"}, "BENCH_RUNS=0: a whole number above 0"),
    (["canvas"], {"BENCH_RUNS": "x"}, "BENCH_RUNS=x: a whole number above 0"),
    (["canvas"], {"BENCH_SECONDS": "nan"}, "BENCH_SECONDS=nan: a number above 0"),
])
def test_what_it_cannot_measure(tmp_path, words, settings, said):
    done = subprocess.run([sys.executable, os.path.join(SOURCE, "bench/run.py"), *words], text=True, timeout=30,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          env=dict(os.environ, top_builddir=str(tmp_path), **settings))
    assert done.returncode == 1 and done.stderr.startswith("bench: " + said) and done.stderr.count("\n") == 1


@pytest.mark.parametrize("words, said", [
    (["--peer", "x=true"], "one --port for each --peer"),
    (["--peer", "true", "--port", "1302"], "--peer is NAME='COMMAND'"),
    (["--kinds", "texts"], "--kinds are text, binary and reads"),
])
def test_what_cannot_be_compared(words, said):
    done = subprocess.run([sys.executable, os.path.join(SOURCE, "bench/beside.py"), *words], text=True, timeout=30,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert done.returncode == 2 and said in done.stderr
