# SPDX-License-Identifier: GPL-2.0-only
"""Connections to servers: device list, import, and how a socket is made ready for the kernel.

Called by fleet.py and cli.py; all of it in asyncio's loop. Time limits are here: no server is
waited for longer than CONNECT + ANSWER.
"""
import asyncio
import os
import socket

from . import protocol

CONNECT = 2.0
ANSWER = 5.0

# A server that is silent for so long is gone; our vhci-hcd has its own idea (peer_timeout).
SILENCE = 20


class NetError(Exception):
    """One line for a person."""


class Host:
    """A server's address, looked up once, and again when nobody is there."""

    def __init__(self, host, port):
        self.host = host
        self.port = port
        self.addresses = []

    async def _resolve(self):
        for family in (socket.AF_INET, socket.AF_INET6):
            try:
                socket.inet_pton(family, self.host)
            except OSError:
                continue
            return [(family, (self.host, self.port))]
        try:
            # In a thread: a dead name server may take its time.
            found = await asyncio.wait_for(asyncio.get_running_loop().getaddrinfo(
                self.host, self.port, type=socket.SOCK_STREAM), ANSWER)
        except asyncio.TimeoutError:
            raise NetError("no name server knows it in time") from None
        except OSError as error:
            raise NetError(error.strerror or str(error)) from None
        return [(family, address) for family, _, _, _, address in found]

    async def connect(self):
        if not self.addresses:
            self.addresses = await self._resolve()
        error = NetError("has no address")
        addresses = self.addresses
        for at, (family, address) in enumerate(addresses):
            sock = socket.socket(family, socket.SOCK_STREAM)
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
        self.addresses = []
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
        return await _answer(sock, protocol.devlist_request(), protocol.devlist)
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
