# SPDX-License-Identifier: MIT
"""python3-socketio's client as it is: listener.py URL TRANSPORTS.  Prints what listener.mjs prints."""
import json
import os
import sys

import socketio


def say(what, value):
    # in one write: each handler runs in a thread of its own
    sys.stdout.write(json.dumps([what, value]) + "\n")
    sys.stdout.flush()


client = socketio.Client()
client.on("connect", lambda: say("session", client.eio.sid))
client.on("pixel update", lambda update: say("update", update))
client.on("connect_error", lambda error: say("error", str(error)))
client.on("disconnect", lambda: say("disconnect", ""))
client.connect(sys.argv[1], transports=sys.argv[2].split(","))
if client.eio.transport() == "websocket":
    say("upgrade", "websocket")
sys.stdin.read()
client.disconnect()
os._exit(0)  # after a reconnection its threads may wait for ever
