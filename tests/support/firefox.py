# SPDX-License-Identifier: MIT
"""A headless Firefox with one page, driven by WebDriver BiDi, which it speaks by itself."""
import json
import re
import shutil
import subprocess

import pytest

from closing import Closing
from wall import wait_for


class Firefox(Closing):
    def __init__(self, folder, width=1280, height=800):
        program = shutil.which("firefox-esr") or shutil.which("firefox")
        websocket = pytest.importorskip("websocket", reason="no websocket: apt-get install python3-websocket")
        if not program:
            pytest.skip("firefox is missing: apt-get install firefox-esr")
        self.number = 0
        self.log = open(folder / "firefox.log", "w+")
        self.process = subprocess.Popen(
            [program, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port=0"],
            stdout=self.log, stderr=subprocess.STDOUT, env={"HOME": str(folder), "PATH": "/usr/bin:/bin"})
        listening = wait_for("Firefox", self.listening, 120)
        self.socket = websocket.create_connection(listening + "/session", timeout=120, suppress_origin=True)
        self.ask("session.new", capabilities={})
        self.context = self.ask("browsingContext.getTree")["contexts"][0]["context"]
        self.ask("browsingContext.setViewport", context=self.context, viewport={"width": width, "height": height})

    def listening(self):
        with open(self.log.name) as log:
            said = re.search(r"BiDi listening on (ws://\S+)", log.read())
        return said and said.group(1)

    def ask(self, method, **params):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv())).get("id") != self.number:
            pass  # events
        assert answer["type"] == "success", answer
        return answer["result"]

    def goto(self, url):
        self.ask("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def reload(self):
        self.ask("browsingContext.reload", context=self.context, wait="complete")

    def eval(self, code):
        """What an expression is, or what it promises."""
        said = self.ask("script.evaluate", expression="Promise.resolve(%s).then(JSON.stringify)" % code,
                        target={"context": self.context}, awaitPromise=True)
        assert said["type"] == "success", said
        return json.loads(said["result"].get("value", "null"))

    def page(self, parts, code):
        """Code with parts of the page's own module, such as { view }."""
        return self.eval("import('/static/main.js').then((%s) => %s)" % (parts, code))

    def click(self, x, y):
        self.ask("input.performActions", context=self.context, actions=[{
            "type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [
                {"type": "pointerMove", "x": round(x), "y": round(y)}, {"type": "pointerDown", "button": 0},
                {"type": "pointerUp", "button": 0}]}])

    def press(self, key):
        self.ask("input.performActions", context=self.context, actions=[{
            "type": "key", "id": "keys", "actions": [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}])

    def close(self):
        try:
            self.socket.close()
        except (AttributeError, OSError):
            pass
        self.process.terminate()
        self.process.wait(60)
        self.log.close()
