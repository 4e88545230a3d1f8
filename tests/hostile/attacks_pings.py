# SPDX-License-Identifier: MIT
"""Packets: forged senders, and neighbour discovery."""
import os
import random
import socket
import struct

from attacking import WIRE, Attack
from peers import checksum
from xdp import has_xdp

TEMPLATE = "2001:db8:0:1XXX:YYY:RR:GG:BB"
TARGET = "2001:db8:0:1001:2:ff:22:11"
ICMP = "[plugin icmp]\ninterface = wire0\n"
XDP = ICMP + "accelerate = xdp\nkernel-replies = suppress\n"
IPV6 = "[plugin ipv6]\ninterface = wire0\nndp = yes\ntemplate = %s\n" % TEMPLATE
SOLICITATIONS, PINGS = 190000, 150000  # a second
SENDERS = 40000
LIMIT = "pixels-per-source = 2000\n"


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ping(source, x, y, rgb, station=WIRE.HOST_MAC):
    """An echo request that paints, by plugin icmp."""
    payload = struct.pack(">BHH", 0xcc, x, y) + bytes(rgb)
    message = struct.pack(">BBHHH", 8, 0, 0, 7, 1) + payload
    message = message[:2] + struct.pack(">H", checksum(message)) + message[4:]
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(message), 0, 0, 64, 1, 0,
                     socket.inet_aton(source), socket.inet_aton(WIRE.WALL4))
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    return mac(WIRE.WALL_MAC) + mac(station) + b"\x08\x00" + ip + message


def solicitation(station, target=TARGET):
    """Who has the address?"""
    station, target = mac(station), socket.inet_pton(socket.AF_INET6, target)
    source = socket.inet_pton(socket.AF_INET6, "fe80::")[:10] + station
    group = socket.inet_pton(socket.AF_INET6, "ff02::1:ff00:0")[:13] + target[13:]
    message = b"\x87\0\0\0\0\0\0\0" + target + b"\x01\x01" + station
    total = checksum(source + group + struct.pack(">II", len(message), 58) + message)
    message = message[:2] + struct.pack(">H", total) + message[4:]
    return (b"\x33\x33\xff" + target[13:] + station + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(message), 58, 255)
            + source + group + message)


def forged(_wall):
    WIRE.send([ping(WIRE.VICTIM4, n % 640, n // 640, os.urandom(3)) for n in range(4096)], PINGS)


def many_senders(_wall):
    """More than the tables of sources have places."""
    dice = random.Random(1)
    WIRE.send([ping(socket.inet_ntoa(dice.randbytes(4)), n % 640, n // 640 % 300, dice.randbytes(3))
               for n in range(SENDERS)], PINGS)


def one_station(_wall):
    WIRE.send([solicitation("02:00:00:00:00:66")], SOLICITATIONS)


def many_stations(_wall):
    dice = random.Random(1)
    WIRE.send([solicitation("02:%02x:%02x:%02x:%02x:%02x" % tuple(dice.randbytes(5))) for _ in range(30000)],
              SOLICITATIONS)


ATTACKS = [
    Attack("pings in a painter's name", forged, ("victim",), ICMP, core=LIMIT),
    Attack("150,000 pings a second of 40,000 forged senders", many_senders, ("victim", "ping"), ICMP, core=LIMIT,
           long=True),
    *([Attack("the same, decoded by XDP", many_senders, ("victim", "ping"), XDP, core=LIMIT, long=True)]
      if has_xdp() else []),
    Attack("190,000 solicitations a second of one station", one_station, ("solicitation",), IPV6),
    Attack("190,000 solicitations a second of 30,000 stations", many_stations, ("solicitation",), IPV6),
]
