# SPDX-License-Identifier: MIT
"""Every promise of SECURITY.md names a test that there is."""
import glob
import os
import re

from wall import SOURCE

TEST = re.compile(r"`(test_\w+|tests/[\w/.-]+)`")


def promises():
    """The points under "What is promised", and the rows of the table behind them."""
    with open(os.path.join(SOURCE, "SECURITY.md")) as f:
        text = f.read()
    promised, kept = re.search(r"^## What is promised\n(.*?)^## What is kept.*?\n(.*?)^## ", text, re.M | re.S).groups()
    points = re.split(r"^- ", promised, flags=re.M)[1:]
    rows = [row for row in kept.splitlines() if row.startswith("| ")][2:]
    assert len(points) > 10 and len(rows) > 10
    return points + rows


def all_tests():
    """Functions of the suites, and files."""
    found = set()
    for path in glob.glob(os.path.join(SOURCE, "tests/**/test_*.py"), recursive=True):
        with open(path) as f:
            found.update(re.findall(r"^(?:async )?def (test_\w+)", f.read(), re.M))
    return found


def test_every_promise_names_a_test():
    assert not [promise[:60] for promise in promises() if not TEST.search(promise)]


def test_there_is_every_test_that_is_named():
    known = all_tests()
    named = [name for promise in promises() for name in TEST.findall(promise)]
    assert not [name for name in named if name not in known and not os.path.exists(os.path.join(SOURCE, name))]
