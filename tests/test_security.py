# SPDX-License-Identifier: MIT
"""Every promise of SECURITY.md names a test that there is, and its proxy is one."""
import glob
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import textwrap

import pytest

from p2client import upgrade_request
from wall import SOURCE, Wall, has_plugin, wait_for

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


# ------------------------------------------------------------------------ the proxy

NGINX = """daemon off;
user root;
pid %(folder)s/pid;
error_log %(folder)s/errors;
events {}
http {
    access_log off;
    client_body_temp_path %(folder)s/bodies;
    proxy_temp_path %(folder)s/proxied;
%(server)s}
"""


def proxy_of_the_page():
    with open(os.path.join(SOURCE, "SECURITY.md")) as f:
        return textwrap.dedent(re.search(r"^  ```\n(  # /etc/nginx.*?)^  ```$", f.read(), re.M | re.S).group(1))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture
def proxy(tmp_path):
    """The page's server on a port of its own, before a wall on a Unix socket; ask(source, request)."""
    nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if not nginx or not shutil.which("openssl"):
        pytest.skip("no nginx or openssl: apt-get install nginx-light openssl")
    if not has_plugin("http"):
        pytest.skip("built without http: apt-get install libmicrohttpd-dev libjansson-dev libsqlite3-dev")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
                    "/CN=wall.example.org", "-addext", "subjectAltName=DNS:wall.example.org", "-keyout",
                    str(tmp_path / "key"), "-out", str(tmp_path / "pem")], check=True, stderr=subprocess.DEVNULL)
    port, server = free_port(), proxy_of_the_page()
    for said, here in (("listen 443 ssl", "listen 127.0.0.1:%d ssl" % port), ("/etc/ssl/wall.pem", tmp_path / "pem"),
                       ("/etc/ssl/wall.key", tmp_path / "key"), ("/run/murald/http.sock", tmp_path / "sock")):
        assert said in server
        server = server.replace(said, str(here))
    (tmp_path / "nginx.conf").write_text(NGINX % {"folder": tmp_path, "server": textwrap.indent(server, "    ")})
    context = ssl.create_default_context(cafile=str(tmp_path / "pem"))

    def ask(source, request):
        with socket.create_connection(("127.0.0.1", port), 30, (source, 0)) as plain, \
                context.wrap_socket(plain, server_hostname="wall.example.org") as s:
            s.sendall(request)
            return s.recv(65536)

    def is_up():
        try:
            return ask("127.0.0.1", b"GET /healthz HTTP/1.1\r\nHost: wall.example.org\r\n\r\n")
        except OSError:
            return None

    with Wall(tmp_path, "[plugin http]\nlisten = unix:%s/sock\nproxies = unix\nadmin-token = adm\n"
              "database = %s/b\n" % (tmp_path, tmp_path)) as wall:
        process = subprocess.Popen([nginx, "-c", str(tmp_path / "nginx.conf")], stderr=subprocess.DEVNULL)
        try:
            wait_for("nginx", is_up)
            yield ask
            assert wall.stop() == 0
        finally:
            process.terminate()
            process.wait(30)


def test_the_proxy_of_this_page(proxy):
    """TLS, a WebSocket, and limits for each of its visitors."""
    assert proxy("127.0.0.1", b"GET /healthz HTTP/1.1\r\nHost: wall.example.org\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    assert proxy("127.0.0.1", upgrade_request("/ws")).startswith(b"HTTP/1.1 101 ")

    def guess(token, source):
        body = json.dumps({"token": token, "new_rate": 5}).encode()
        return int(proxy(source, b"POST /changePixelRate HTTP/1.1\r\nHost: wall.example.org\r\n"
                         b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)).split()[1])

    assert [guess("guess", "127.0.0.9") for _ in range(2)] == [401, 429]
    assert guess("adm", "127.0.0.7") == 200
