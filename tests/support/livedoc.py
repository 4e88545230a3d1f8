# SPDX-License-Identifier: MIT
"""The program in doc/live.md, which understands /live and films, as its readers copy it."""
import os

DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "doc", "live.md")


def program():
    """What it defines: apply(), watch(), film()."""
    with open(DOCUMENT) as document:
        text = document.read()
    names = {}
    exec("\n".join(line[4:] for line in text[text.index("    import asyncio"):].splitlines()), names)
    return names
