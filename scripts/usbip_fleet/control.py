# SPDX-License-Identifier: GPL-2.0-only
"""The socket between the command and the daemon: a line of JSON there, one back.

serve() is the daemon's side, ask() the command's. Anybody may ask for the status; root changes.
"""
import asyncio
import json
import os
import socket
import struct

SOCKET = "/run/usbip-fleet/control"
LIMIT = 1 << 16
PATIENCE = 10  # seconds for a client's line


class NotRunning(Exception):
    """There is no daemon."""


def _is_root(writer):
    credentials = writer.get_extra_info("socket").getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1] == 0


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
    async def client(reader, writer):
        try:
            line = await asyncio.wait_for(reader.readline(), PATIENCE)
            request = json.loads(line)
            if not isinstance(request, dict):
                raise ValueError
            answer = _answer(fleet, request, _is_root(writer))
        except (ValueError, asyncio.TimeoutError):
            answer = {"error": "that is no request"}
        except OSError:
            writer.close()
            return
        writer.write(json.dumps(answer).encode() + b"\n")
        try:
            await asyncio.wait_for(writer.drain(), PATIENCE)
        except (OSError, asyncio.TimeoutError):
            pass
        writer.close()

    path = root + SOCKET
    if os.path.exists(path):
        os.unlink(path)
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
