# SPDX-License-Identifier: GPL-2.0-only
"""The socket between the command and the daemon: a line of JSON there, one back.

serve() is the daemon's side, ask() the command's. Anybody may ask for the status; root changes.
"""
import asyncio
import json
import os
import socket
import struct

from .records import remove

SOCKET = "/run/usbip-fleet/control"
LIMIT = 1 << 16
PATIENCE = 10  # seconds for a client's line
# Clients at a time, and of one user other than root, who is never refused: each costs a file.
MANY, EACH = 32, 8


class NotRunning(Exception):
    """There is no daemon."""


def _user(writer):
    credentials = writer.get_extra_info("socket").getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1]


def _answer(fleet, request, root):
    what = request.get("do")
    if what == "status":
        return fleet.status()
    if what not in ("up", "down"):
        return {"error": "there is no %s" % str(what)[:40]}
    if not root:
        return {"error": "must be root to do that"}
    names = request.get("names") or list(fleet.members)
    unknown = [str(n) for n in names if n not in fleet.members]
    if unknown:
        return {"error": "no device %s in the configuration" % ", ".join(unknown)[:200]}
    fleet.set_down(names, what == "down")
    return {}


async def serve(fleet, root=""):
    """Until the server that this returns is closed."""
    users = []  # of the clients there are

    async def client(reader, writer):
        user = _user(writer)
        if user and (len(users) >= MANY or users.count(user) >= EACH):
            writer.transport.abort()
            return
        users.append(user)
        try:
            writer.write(json.dumps(await answer(reader, user)).encode() + b"\n")
            await asyncio.wait_for(writer.drain(), PATIENCE)
        except (OSError, asyncio.TimeoutError):
            writer.transport.abort()
        finally:
            users.remove(user)
            writer.close()

    async def answer(reader, user):
        try:
            request = json.loads(await asyncio.wait_for(reader.readline(), PATIENCE))
            if not isinstance(request, dict):
                raise ValueError
            return _answer(fleet, request, user == 0)
        except (ValueError, TypeError, RecursionError, asyncio.TimeoutError):
            return {"error": "that is no request"}

    path = root + SOCKET
    remove(path)
    server = await asyncio.start_unix_server(client, path, limit=LIMIT)
    os.chmod(path, 0o666)
    return server


def ask(request, root=""):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as sock:
        sock.settimeout(PATIENCE)
        try:
            sock.connect(root + SOCKET)
            sock.sendall(json.dumps(request).encode() + b"\n")
            data = b""
            while True:
                more = sock.recv(LIMIT)
                if not more:
                    break
                data += more
            return json.loads(data)
        except (FileNotFoundError, ConnectionRefusedError):
            raise NotRunning("the daemon is not running: systemctl start usbip-fleet") from None
        except (OSError, ValueError) as error:
            raise NotRunning("the daemon does not answer: %s" % error) from None
