# SPDX-License-Identifier: MIT
"""A small server for each protocol muralctl speaks, written from the protocols' own texts, with
the habits of other people's servers to choose from.  `pixels` has what was painted, (x, y): colour."""
import http.server
import json
import socket
import socketserver
import struct
import threading
import time


class Threaded:
    """`with Server() as server:` serves on 127.0.0.1:server.port until the end."""

    def __enter__(self):
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *rest):
        self.server.shutdown()
        self.server.server_close()


def tcp_server(handle):
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            try:
                handle(self.request)
            except (ConnectionError, OSError):
                pass

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True
        request_queue_size = 128

        def server_bind(self):
            # What waits in the kernel has to be processed before an answer is sent.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
            super().server_bind()

    return Server(("127.0.0.1", 0), Handler)


# ---------------------------------------------------------------- Pixelflut

class Pixelflut(Threaded):
    """upper, crlf: style of the answers; digits: 6 or 8 for a colour; lossy: forgets every pixel;
    greeting: sent at once, then the connection is closed; mute: answers nothing; sizeless: does not
    answer SIZE; lag: reads are that many seconds old; chatty: sends what nobody asked for; behind: reads
    slowly for that many seconds."""

    def __init__(self, width=40, height=30, upper=False, crlf=False, digits=6, lossy=False,
                 greeting=None, mute=False, lag=0, chatty=False, sizeless=False, behind=0):
        self.width, self.height = width, height
        self.upper, self.crlf, self.digits = upper, crlf, digits
        self.lossy, self.greeting, self.mute = lossy, greeting, mute
        self.lag, self.chatty, self.frame, self.frame_at = lag, chatty, {}, 0
        self.sizeless, self.behind = sizeless, behind
        self.pixels, self.colours_seen, self.unknown, self.connections = {}, [], [], 0
        self.server = tcp_server(self.serve)

    def serve(self, client):
        self.connections += 1
        if self.greeting:
            client.sendall(self.greeting)
            return
        while self.chatty:
            client.sendall(b"news of the day\n" * 500)
        rest, quick = b"", time.monotonic() + self.behind
        while True:
            if time.monotonic() < quick:
                time.sleep(0.05)  # the slowness that a test asked for
            data = client.recv(4096 if time.monotonic() < quick else 65536)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            answers = "".join(self.obey(line.decode()) for line in lines)
            if answers and not self.mute:
                client.sendall(answers.encode())

    def answer(self, text):
        return (text.upper() if self.upper else text) + ("\r\n" if self.crlf else "\n")

    def obey(self, line):
        words = line.split()
        if words == ["SIZE"]:
            if self.sizeless:
                return ""
            return self.answer("SIZE %d %d" % (self.width, self.height))
        if not words or words[0] != "PX" or len(words) not in (3, 4):
            self.unknown.append(line)
            return ""
        at = int(words[1]), int(words[2])
        if not (at[0] < self.width and at[1] < self.height):
            self.unknown.append(line)
            return ""
        if len(words) == 4:
            self.colours_seen.append(words[3])
            if not self.lossy:
                self.pixels[at] = words[3][:6]
            return ""
        shown = self.frame if self.lag else self.pixels
        if self.lag and time.monotonic() - self.frame_at > self.lag:
            self.frame, self.frame_at = dict(self.pixels), time.monotonic()
        return self.answer("PX %d %d %s" % (*at, shown.get(at, "000000") + "ff" * (self.digits == 8)))


# ---------------------------------------------------------------- the pixel board

class Board(Threaded):
    """rate: ms between two cells of one id; early: number of 429s sent although it is time;
    web: has /frontend-pixels; secret: the only one accepted; enabled."""

    PALETTE = ["#ffffff", "#000000", "#ff0000", "#0000ff"]

    def __init__(self, width=8, height=6, rate=20, early=0, retry_after=None, web=True, secret=None,
                 enabled=True):
        self.width, self.height, self.rate = width, height, rate
        self.early, self.retry_after, self.web = early, retry_after, web
        self.secret, self.enabled = secret, enabled
        self.cells = [[0] * width for _ in range(height)]
        self.ids, self.ready, self.lock = {}, {}, threading.Lock()
        self.updates, self.refused = [], []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())

    def handler(board):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fields = json.loads(body) if body else {}
                with board.lock:
                    status, answer, headers = board.answer(self.command, self.path, fields)
                text = (json.dumps(answer, sort_keys=True, separators=(",", ":")) + "\n").encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_PUT = do_POST = do

            def log_message(self, *rest):
                pass
        return Handler

    @staticmethod
    def error(status, text, headers={}, **more):
        return status, dict(more, error=text, success=False), headers

    def too_early(self, seconds):
        headers = {"Retry-After": self.retry_after or "%f" % seconds}
        self.refused.append(time.monotonic())
        return self.error(429, "429 Too Many Requests", headers, rate=self.rate, timeoutRemaining=seconds)

    def missing(self, fields, *names):
        return next((self.error(400, "Required field `%s` not present." % name)
                     for name in names if name not in fields), None)

    def answer(self, method, path, fields):
        route = "%s %s" % (method, path)
        if route == "GET /settings":
            return 200, {"width": self.width, "height": self.height, "palette": self.PALETTE}, {}
        if route == "PUT /register-pg":
            return self.missing(fields, "name", "author", "secret") or self.register(fields)
        if route == "GET /frontend-pixels" and self.web:
            return 200, {"pixels": self.cells, "authors": []}, {}
        if route == "GET /pixels":
            return self.missing(fields, "id") or self.cooling(fields["id"]) or (200, {"pixels": self.cells}, {})
        if route == "PUT /update-pixel":
            return self.missing(fields, "row", "col", "color", "id") or self.update(fields)
        return self.error(404, "Not Found")

    def register(self, fields):
        if self.secret and fields["secret"] != self.secret:
            return self.error(401, "Secret was not in list of valid secrets!")
        token = self.ids.setdefault((fields["name"], fields["author"]), "%024x" % (len(self.ids) + 0xabc))
        return 200, {"id": token}, {}

    def cooling(self, token):
        if token not in self.ids.values():
            return self.error(401, "401 Unauthorized")
        left = self.ready.get(token, 0) - time.monotonic()
        return self.too_early(left) if left > 0 else None

    def update(self, fields):
        wrong = self.cooling(fields["id"])
        if wrong:
            return wrong
        if self.early:
            self.early -= 1
            return self.too_early(0.05)
        self.ready[fields["id"]] = time.monotonic() + self.rate / 1000
        self.updates.append((fields["col"], fields["row"], fields["color"], time.monotonic()))
        if not self.enabled:
            return 200, {"success": True, "rate": self.rate, "currentlyDisabled": True}, {}
        self.cells[fields["row"]][fields["col"]] = fields["color"]
        return 200, {"success": True, "rate": self.rate}, {}


# ---------------------------------------------------------------- p2

def p2_number(byte):
    return byte if byte < 128 else -(byte - 127)


def p2_coordinate(high, low):
    high, low = p2_number(high), p2_number(low)
    return high * 255 + low if high >= 0 else -(-high * 255 + low)


def p2_bytes(n):
    def one(m):
        return m if m >= 0 else 0x80 | -m - 1
    if abs(n) <= 127:
        return bytes([0, one(n)])
    high, low = divmod(abs(n) + 127, 255)
    return bytes([one(high if n > 0 else -high), one(low - 127)])


class P2(Threaded):
    """0,0 is the centre of the wall.  snapshot: a Sub is answered with the picture; drop: one Put
    in that many is lost; busy: somebody else paints all the time; stall: seconds of silence in the
    middle of a picture."""

    def __init__(self, width=32, height=20, snapshot=True, users={b"py1": "00001234"}, drop=0, busy=False, stall=0):
        self.left, self.top = -(width // 2), -(height // 2)
        self.right, self.bottom = self.left + width, self.top + height
        self.snapshot, self.users, self.drop = snapshot, users, drop
        self.busy, self.stall = busy, stall
        self.pixels, self.puts, self.lock = {}, 0, threading.Lock()
        self.server = tcp_server(self.serve)

    def serve(self, client):
        stream = client.makefile("rb")
        head = stream.read(3)
        name = stream.read(head[2] + 1)
        if head[:2] != b"\xff\xa0" or self.users.get(name) != stream.read(4).hex():
            client.sendall(b"\xff\x00")
            return
        area = None
        while True:
            start = stream.read(1)
            if not start:
                return
            assert start == b"\xff", start
            kind = stream.read(1)
            if kind == b"\xaf":
                b = stream.read(8)
                area = [p2_coordinate(*b[i:i + 2]) for i in (0, 2, 4, 6)]
                if self.snapshot:
                    picture = self.picture(area)
                    client.sendall(picture[:len(picture) // 2])
                    time.sleep(self.stall)  # the stall that a test asked for
                    client.sendall(picture[len(picture) // 2:])
                if self.busy:
                    threading.Thread(target=self.others, args=(client,), daemon=True).start()
            elif kind == b"\xd0":
                b = stream.read(6)
                self.put(client, area, p2_coordinate(*b[0:2]), p2_coordinate(*b[2:4]), b[4:6])

    def put(self, client, area, x, y, colour):
        with self.lock:
            self.puts += 1
            if self.drop and self.puts % self.drop == 0:
                return
        if not (self.left <= x < self.right and self.top <= y < self.bottom):
            return
        self.pixels[x, y] = colour
        if area and area[0] <= x <= area[2] and area[1] <= y <= area[3]:
            client.sendall(b"\xff\x01" + p2_bytes(x) + p2_bytes(y) + colour)

    def others(self, client):
        for _ in range(100):
            time.sleep(0.1)  # ten times a second
            try:
                client.sendall(b"\xff\x01" + p2_bytes(self.left) + p2_bytes(self.bottom - 1) + b"\x00\x05"
                               + b"\xff\x01" + p2_bytes(self.right - 1) + p2_bytes(self.top) + b"\x00\x05")
            except OSError:
                return

    def picture(self, area):
        """Blocks of 15x8 and the rest."""
        x1, y1 = max(area[0], self.left), max(area[1], self.top)
        x2, y2 = min(area[2] + 1, self.right), min(area[3] + 1, self.bottom)
        out = b"\xff"  # a heartbeat
        for y in range(y1, y2, 8):
            for x in range(x1, x2, 15):
                w, h = min(15, x2 - x), min(8, y2 - y)
                out += bytes([0xff, (h - 1) << 4 | w]) + p2_bytes(x) + p2_bytes(y)
                for row in range(y, y + h):
                    for column in range(x, x + w):
                        out += self.pixels.get((column, row), b"\x00\x01")
        return out

    def rgb(self, x, y):
        """Five bits a channel, as the text decodes them."""
        n = p2_coordinate(*self.pixels[x, y])
        n = n - 1 if n > 0 else -n - 1 + 16384
        return n >> 10 & 31, n >> 5 & 31, n & 31


# ---------------------------------------------------------------- pingxelflut

class Pings:
    """Answers a size request as the reference server does: in a packet of its own, with
    identifier and sequence 0.  The socket belongs to the namespace where this is constructed."""

    def __init__(self, width, height):
        self.size = struct.pack(">BHH", 0xbb, width, height)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.socket.settimeout(0.1)
        self.messages, self.running = [], True
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while self.running:
            try:
                packet, peer = self.socket.recvfrom(2048)
            except socket.timeout:
                continue
            icmp = packet[(packet[0] & 15) * 4:]
            if icmp[0] != 8 or checksum(icmp) != 0:
                continue
            self.messages.append(icmp[8:])
            if icmp[8:] == b"\xaa":
                reply = b"\0\0\0\0\0\0\0\0" + self.size
                reply = reply[:2] + struct.pack(">H", checksum(reply)) + reply[4:]
                self.socket.sendto(reply, peer)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *rest):
        self.running = False
        self.thread.join()
        self.socket.close()


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
