# SPDX-License-Identifier: MIT
"""Attacks on the pixel board."""
import itertools
import json
import os

from attacking import Attack, Flood, ask, connect, flood, sources

NUMBERS = itertools.count()


def registrations(n=50):
    """Of names that nobody has."""
    return b"".join(ask("PUT", "/register-pg", json.dumps(
        {"name": "%d-%d" % (os.getpid(), next(NUMBERS)), "author": "", "secret": "s"}).encode()) for _ in range(n))


def both_families(wall):
    """Every other connection by IPv6."""
    Flood(lambda n: connect(wall, source="::1", host="::1") if n % 2 else connect(wall), registrations, 8).run()


def many_sources(wall):
    flood(wall, registrations, 100, source=sources(100))


def cross_site(wall):
    clicks = [ask("POST", "/changeByClick", json.dumps({"row": 1, "col": n, "color": 2, "secret": secret}).encode(),
                  b"Origin: http://evil.example\r\nContent-Type: text/plain\r\n")
              for n, secret in enumerate(("", "s", "guess"))]
    flood(wall, b"".join(clicks) * 30, 20, source=sources(20))


def secrets(wall):
    def guesses():
        return b"".join(ask("PUT", "/register-pg", json.dumps(
            {"name": "n", "author": "a", "secret": "guess%d" % next(NUMBERS)}).encode()) for _ in range(50))
    flood(wall, guesses, 20)


ATTACKS = [
    Attack("tokens from IPv4 and IPv6 at once", both_families, ("newcomer",)),
    Attack("a table of generators full of 100 sources'", many_sources, ("newcomer",)),
    Attack("clicks that another site's page sends", cross_site, ("newcomer",)),
    Attack("guesses of the secret for registration", secrets, ("newcomer",), http="secrets = %(folder)s/secrets\n"),
]
