# SPDX-License-Identifier: GPL-2.0-only
"""Connections to servers: device list, import, and how a socket is made ready for the kernel.

Called by fleet.py and cli.py; all of it in asyncio's loop. Time limits are here: no server is
waited for longer than CONNECT + ANSWER.
"""
import asyncio
import os
import socket
from concurrent.futures import ThreadPoolExecutor

from . import protocol

CONNECT = 2.0
ANSWER = 5.0

# A server that is silent for so long is gone; our vhci-hcd has its own idea (peer_timeout).
SILENCE = 20

# Dead name servers hold these threads for as long as they like, and nobody else's.
_LOOKUPS = ThreadPoolExecutor(max_workers=64)


class NetError(Exception):
    """One line for a person."""


class Host:
    """A server's addresses. Those of a name are looked up again when nobody is there; until that
    has led to others, they stay."""

    def __init__(self, host, port):
        self.host = host
        self.port = port
        self.addresses = []
        self.lookup = None  # the one that is under way
        self.is_name = True
        for family in (socket.AF_INET, socket.AF_INET6):
            try:
                socket.inet_pton(family, host)
            except (OSError, UnicodeError):
                continue
            self.addresses, self.is_name = [(family, (host, port))], False

    def _look_up(self):
        if self.lookup is None:
            self.lookup = asyncio.get_running_loop().run_in_executor(
                _LOOKUPS, lambda: socket.getaddrinfo(self.host, self.port,
                                                     type=socket.SOCK_STREAM))
            self.lookup.add_done_callback(self._found)
        return self.lookup

    def _found(self, lookup):
        self.lookup = None
        if not lookup.cancelled() and not lookup.exception():
            self.addresses = [(family, address) for family, _, _, _, address in lookup.result()]

    async def _resolve(self):
        lookup = self._look_up()
        await asyncio.wait([lookup], timeout=ANSWER)
        if not lookup.done():
            raise NetError("no name server knows it in time")
        try:
            lookup.result()
        except OSError as error:
            raise NetError(error.strerror or str(error)) from None
        except UnicodeError:
            raise NetError("is no name that can be looked up") from None

    async def connect(self):
        if not self.addresses:
            await self._resolve()
        error = NetError("has no address")
        addresses = self.addresses
        for at, (family, address) in enumerate(addresses):
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
            except OSError as reason:
                error = NetError(reason.strerror)
                continue
            sock.setblocking(False)
            try:
                await asyncio.wait_for(
                    asyncio.get_running_loop().sock_connect(sock, address), CONNECT / len(addresses))
            except asyncio.TimeoutError:
                error = NetError("does not answer")
            except OSError as reason:
                # asyncio puts words of its own in.
                error = NetError(os.strerror(reason.errno) if reason.errno else str(reason))
            except BaseException:
                sock.close()
                raise
            else:
                # The one that works comes first the next time.
                self.addresses = addresses[at:] + addresses[:at]
                return sock
            sock.close()
        if self.is_name:
            self._look_up()
        raise error


async def _ask(sock, request, parse):
    """Sends request; the answer once parse() has it whole. Not a byte more is read."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, request)
    data = bytearray()
    while True:
        try:
            return parse(data)
        except protocol.Missing as missing:
            need = missing.need
        while len(data) < need:
            more = await loop.sock_recv(sock, need - len(data))
            if not more:
                raise NetError("hung up" if data else "hung up at once: are we allowed in?")
            data += more


async def _answer(sock, *args):
    try:
        return await asyncio.wait_for(_ask(sock, *args), ANSWER)
    except asyncio.TimeoutError:
        raise NetError("took the connection and does not answer") from None
    except OSError as error:
        raise NetError(error.strerror or str(error)) from None
    except protocol.ProtocolError as error:
        raise NetError(str(error)) from None


async def devlist(host):
    """What the server offers now."""
    sock = await host.connect()
    try:
        return await _answer(sock, protocol.devlist_request(), protocol.DeviceList())
    finally:
        sock.close()


def _prepare(sock):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, SILENCE // 4)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, SILENCE // 4)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE * 1000)


async def import_device(host, busid):
    """The socket, fit for the kernel, and the device as the server describes it now."""
    sock = await host.connect()
    try:
        _prepare(sock)
        # What follows the answer is the kernel's.
        offer = await _answer(sock, protocol.import_request(busid),
                              lambda data: protocol.import_answer(data, busid))
        sock.setblocking(True)
    except BaseException:
        sock.close()
        raise
    return sock, offer
