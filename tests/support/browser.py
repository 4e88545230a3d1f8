# SPDX-License-Identifier: MIT
"""A headless Chromium with one page, driven through browser.mjs."""
import base64
import json
import os
import shutil
import subprocess

import pytest

import npm
from closing import Closing
from wall import SOURCE, wait_for


class Browser(Closing):
    def __init__(self, folder, *size, **window):
        chromium = shutil.which("chromium")
        if not chromium:
            pytest.skip("chromium is missing: apt-get install chromium")
        self.errors = []
        self.process = subprocess.Popen(
            ["node", os.path.join(SOURCE, "tests/support/browser.mjs")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=dict(os.environ, MODULES=os.path.join(npm.modules(), "node_modules"),
                     CHROMIUM=chromium, HOME=str(folder)))
        self.open(*size, **window)

    def open(self, width=1280, height=800, **context):
        """A new window, with nothing stored, in place of the one before."""
        self.ask("open", viewport={"width": width, "height": height}, **context)

    def ask(self, what, **values):
        self.process.stdin.write(json.dumps({"what": what, **values}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        self.errors += answer.pop("errors")
        assert "failed" not in answer, answer["failed"]
        return answer.get("value")

    def goto(self, url):
        self.ask("goto", url=url)

    def eval(self, code):
        return self.ask("eval", code=code)

    def page(self, parts, code):
        """Code with parts of the page's own module, such as { view }."""
        return self.eval("import('/static/main.js').then((%s) => %s)" % (parts, code))

    def text(self, selector):
        return self.eval("document.querySelector(%s)?.textContent ?? ''" % json.dumps(selector))

    def wait_text(self, selector, part, seconds=30):
        wait_for("%r in %s" % (part, selector), lambda: part in self.text(selector), seconds)

    def press(self, selector, how="click"):
        """An element, once it stands still, with a mouse, or with how="tap" a finger."""
        self.ask("press_element", selector=selector, how=how)

    def choose_file(self, selector, name, data):
        self.ask("choose_file", selector=selector, name=name, base64=base64.b64encode(data).decode())

    def choose_in_dialog(self, selector, name, data, how="click"):
        """The element opens the browser's dialog, in which the file is chosen."""
        self.ask("choose_in_dialog", selector=selector, how=how, name=name, base64=base64.b64encode(data).decode())

    def paste(self, png):
        self.ask("paste", base64=base64.b64encode(png).decode())

    def download(self, selector, how="click"):
        """The name and the bytes of the file that an element saves when it is pressed."""
        name, data = self.ask("download", selector=selector, how=how)
        return name, base64.b64decode(data)

    def fill(self, selector, value):
        """As if it was typed."""
        self.eval("(e => { e.value = %s; e.dispatchEvent(new Event('input', { bubbles: true })); })"
                  "(document.querySelector(%s))" % (json.dumps(value), json.dumps(selector)))

    def pixels(self):
        """The wall as the page has it: width, height, RGB bytes."""
        width, height, hexa = self.page(
            "{ live: { image } }", "(() => { if (!image) return [0, 0, '']; const d = image.data;"
            "let s = ''; for (let i = 0; i < d.length; i += 4)"
            " s += (0x1000000 | d[i] << 16 | d[i + 1] << 8 | d[i + 2]).toString(16).slice(1);"
            "return [image.width, image.height, s]; })()")
        return width, height, bytes.fromhex(hexa)

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
