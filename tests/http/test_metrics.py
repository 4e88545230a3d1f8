# SPDX-License-Identifier: MIT
"""/metrics, read by Prometheus' own parsers, and /healthz."""
import asyncio
import json
import socket
import subprocess

import pytest

pytest.importorskip("websockets", reason="no websockets: apt-get install python3-websockets")
parsers = pytest.importorskip(
    "prometheus_client", reason="no prometheus_client: apt-get install python3-prometheus-client")
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text
from wall import MURALD, dot, wait_for
from watchers import Live, Place, Raw, ask, http_wall

PROMETHEUS = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
              "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
OPEN, TEXT = "application/openmetrics-text; version=1.0.0; charset=utf-8", "text/plain; version=0.0.4; charset=utf-8"


def metrics(wall, accept=None):
    """The samples by name and labels, and the types of the families."""
    status, fields, body = ask(wall, "/metrics", **({"Accept": accept} if accept else {}))
    assert status == 200
    parse = read_openmetrics if fields["content-type"] == OPEN else read_text
    families = list(parse(body.decode()))
    samples = {(s.name, *sorted(s.labels.items())): s.value for f in families for s in f.samples}
    return samples, {f.name: f.type for f in families}


def of(samples, name, plugin=None, **labels):
    labels = dict(labels, plugin=plugin) if plugin else labels
    return samples[(name, *sorted(labels.items()))]


@pytest.mark.parametrize("accept,want", [
    (None, OPEN), ("*/*", OPEN), (PROMETHEUS, OPEN), ("application/openmetrics-text", OPEN),
    ("text/plain", TEXT), ("text/*", TEXT), ("text/plain;version=0.0.4;q=1,*/*;q=0.1", TEXT),
    ("application/openmetrics-text;q=0.2, text/plain; q=0.9", TEXT),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT), ("", OPEN), (",;q=,=q;q", OPEN)])
def test_the_format_is_negotiated(tmp_path, accept, want):
    with http_wall(tmp_path) as wall:
        headers = {} if accept is None else {"Accept": accept}
        status, fields, body = ask(wall, "/metrics", **headers)
        assert status == 200 and fields["content-type"] == want
        assert body.endswith(b"# EOF\n") == (want == OPEN)
        samples, types = metrics(wall, accept)
        assert of(samples, "murald_canvas_width") == 64 and of(samples, "murald_canvas_height") == 48
        counter = "murald_pixels"  # the parsers agree on this name
        assert types[counter] == "counter" and types["murald_viewers"] == "gauge"
        assert of(samples, "murald_build_info", version=wall_version()) == 1
        assert types["murald_build" if want == OPEN else "murald_build_info"] == (
            "info" if want == OPEN else "gauge")


def wall_version():
    return subprocess.run([MURALD, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.split()[1]


@pytest.mark.parametrize("accept", [PROMETHEUS, "text/plain"])
def test_what_is_painted_is_counted_by_instance(tmp_path, accept):
    others = "".join("[plugin dots %s]\nlisten = 127.0.0.1:0\n" % name for name in ("left", "right"))
    with http_wall(tmp_path, others=others) as wall, wall.tcp("left") as left, wall.tcp("right") as right:
        left.sendall(dot(1, 2, (9, 9, 9)) * 30 + dot(64, 0, (9, 9, 9)) * 4)
        right.sendall(dot(3, 4, (9, 9, 9)) * 5)
        wait_for("39 records", lambda: of(metrics(wall, accept)[0], "murald_received_bytes_total", "left") == 34 * 8
                 and of(metrics(wall, accept)[0], "murald_pixels_total", "right") == 5)
        samples, types = metrics(wall, accept)
        assert of(samples, "murald_pixels_total", "left") == 30
        assert of(samples, "murald_discarded_total", "left", reason="out_of_bounds") == 4
        for reason in "malformed", "rate_limited", "unauthorized":
            assert of(samples, "murald_discarded_total", "left", reason=reason) == 0
        assert of(samples, "murald_discarded_total", "right", reason="out_of_bounds") == 0
        assert of(samples, "murald_connections", "left") == of(samples, "murald_connections", "right") == 1
        assert of(samples, "murald_connections", "http") >= 1
        assert of(samples, "murald_display_frames_total") == of(samples, "murald_display_late_frames_total") == 0
        assert types["murald_discarded"] == types["murald_received_bytes"] == "counter"


def test_viewers_are_counted_while_they_watch(tmp_path):
    async def script():
        with http_wall(tmp_path) as wall:
            def seen():
                return of(metrics(wall)[0], "murald_viewers", "http")
            loop = asyncio.get_running_loop()
            assert await loop.run_in_executor(None, seen) == 0
            async with Place(wall) as place, Live(wall):
                await place.read()
                assert await loop.run_in_executor(None, seen) == 2
            await loop.run_in_executor(None, wait_for, "no viewer", lambda: seen() == 0)
            for _ in range(50):
                Raw(wall, "/ws").close()
            await loop.run_in_executor(None, wait_for, "no viewer", lambda: seen() == 0)
    asyncio.run(asyncio.wait_for(script(), 60))


def test_names_of_instances_are_labels(tmp_path):
    name = "a.b-c_9"
    with http_wall(tmp_path, others="[plugin dots %s]\nlisten = 127.0.0.1:0\n" % name) as wall:
        for accept in PROMETHEUS, "text/plain":
            assert of(metrics(wall, accept)[0], "murald_pixels_total", name) == 0


# ------------------------------------------------------------------------------ health

def test_a_headless_wall_is_healthy(tmp_path):
    with http_wall(tmp_path) as wall:
        status, fields, body = ask(wall, "/healthz")
        assert status == 200 and fields["content-type"] == "application/json"
        assert json.loads(body) == {"status": "ok", "reasons": []}


def test_plugins_that_are_not_required_may_be_closed(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        others = "[plugin dots]\nlisten = 127.0.0.1:%d\nrequired = no\n" % taken.getsockname()[1]
        with http_wall(tmp_path, others=others) as wall:
            assert "dots" in wall.log()
            assert ask(wall, "/healthz")[0] == 200, "it may be missing"


def test_a_wall_without_its_screen_is_unhealthy(tmp_path):
    """`kms` waits for a card; this one never comes."""
    with http_wall(tmp_path) as wall:
        assert wall.stop() == 0
        wall.edit_config("output = headless", "output = kms\ndevice = %s/card0" % tmp_path)
        wall.start().wait_ready()
        status, _, body = ask(wall, "/healthz")
        assert status == 503
        assert json.loads(body) == {"status": "failing", "reasons": ["display: the canvas is on no screen"]}


def test_the_last_hour_of_a_plugin_that_is_unloaded(tmp_path):
    with http_wall(tmp_path, others="[plugin dots]\nlisten = 127.0.0.1:0\n") as wall:
        wall.edit_config("[plugin dots]\nlisten = 127.0.0.1:0\n", "")
        wall.reload()
        ways = {way["name"]: way["module"] for way in json.loads(ask(wall, "/figures.json")[2])["ways"]}
        assert ways == {"dots": "dots", "http": "http"}
