# SPDX-License-Identifier: MIT
"""A headless Firefox with one page, driven as Browser is, by its own protocol (Marionette)."""
import base64
import json
import os
import shutil
import socket
import subprocess

import pytest

from browser import Browser
from wall import wait_for

PREFERENCES = {"marionette.port": 0, "app.update.enabled": False, "browser.shell.checkDefaultBrowser": False,
               "datareporting.policy.dataSubmissionEnabled": False, "toolkit.telemetry.enabled": False,
               "network.captive-portal-service.enabled": False, "network.connectivity-service.enabled": False,
               "extensions.update.enabled": False, "services.settings.server": "data:,"}


class Firefox(Browser):
    def __init__(self, folder, width=1280, height=800):  # pylint: disable=super-init-not-called
        firefox = shutil.which("firefox-esr")
        if not firefox:
            pytest.skip("Firefox is missing: apt-get install firefox-esr")
        profile = os.path.join(str(folder), "firefox")
        os.mkdir(profile)
        with open(os.path.join(profile, "user.js"), "w", encoding="utf-8") as file:
            file.writelines("user_pref(%s, %s);\n" % (json.dumps(key), json.dumps(value))
                            for key, value in PREFERENCES.items())
        self.errors = []
        self.number = 0
        self.process = subprocess.Popen(
            [firefox, "--headless", "--marionette", "--no-remote", "--profile", profile, "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=dict(os.environ, HOME=str(folder), MOZ_HEADLESS_WIDTH=str(width), MOZ_HEADLESS_HEIGHT=str(height)))
        port = os.path.join(profile, "MarionetteActivePort")
        wait_for("Firefox", lambda: os.path.exists(port) and open(port, encoding="utf-8").read(), 120)
        with open(port, encoding="utf-8") as file:
            self.socket = socket.create_connection(("127.0.0.1", int(file.read())), 120)
        self.stream = self.socket.makefile("rb")
        self.receive()
        self.send("WebDriver:NewSession", capabilities={"alwaysMatch": {}})
        self.send("WebDriver:SetTimeouts", script=120000, pageLoad=120000)

    def receive(self):
        text = b""
        while not text.endswith(b":"):
            text += self.stream.read(1)
        return json.loads(self.stream.read(int(text[:-1])))

    def send(self, command, **values):
        self.number += 1
        text = json.dumps([0, self.number, command, values]).encode()
        self.socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self.receive()
        assert error is None, error
        return result.get("value") if isinstance(result, dict) else result

    def ask(self, what, **values):
        return getattr(self, "do_" + what)(**values)

    def do_goto(self, url):
        self.send("WebDriver:Navigate", url=url)

    def do_eval(self, code):
        return self.send("WebDriver:ExecuteAsyncScript", args=[], script="""
            const done = arguments[arguments.length - 1];
            (async () => (%s))().then(value => done({ value }), error => done({ failed: String(error) }));""" % code)["value"]

    def do_click(self, x, y):
        self.send("WebDriver:PerformActions", actions=[{
            "type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
            "actions": [{"type": "pointerMove", "x": round(x), "y": round(y)},
                        {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]}])

    def do_screenshot(self, path, full=False):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.send("WebDriver:TakeScreenshot", full=full)))

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait(30)
