# SPDX-License-Identifier: GPL-2.0-only
"""A TCP relay that misbehaves when told: relay.py PORT SERVER SERVERPORT

Called by agent in the client's VM and by a kselftest. Each driver takes it for its peer. Needs
nothing but Python. One word a line on standard input: rst, fin (half-close both ways), slow-read
(a byte a second is read), sip (16 KiB a second), slow-write (all is read, a byte a second is
passed on), go (all is passed on again).
"""
import os
import select
import socket
import struct
import sys
import time

BUFFER = 32 << 10  # of each socket, so that who is not read notices soon
SEGMENT = 1448  # as on a network: lo's of 64 KiB would not fit in, and the window opens for whole ones
READ = {"slow-read": 1, "sip": 16 << 10}  # bytes at once; once a second


class Way:
    """One direction of a connection."""

    def __init__(self, source, sink):
        self.source, self.sink = source, sink
        self.data = b""
        self.over = False  # the source has said all


class Relay:
    """All connections, and how they are treated."""

    def __init__(self, port, server):
        self.server = server
        self.mode = ""
        self.tick = 0.0
        self.ways = []
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen()

    def accept(self):
        """One connection more."""
        near = self.listener.accept()[0]
        far = socket.socket()
        far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        far.connect(self.server)
        for end in (near, far):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ways += [Way(near, far), Way(far, near)]

    def close(self, way):
        """Both directions of the connection that this one belongs to."""
        ends = {way.source, way.sink}
        self.ways = [w for w in self.ways if w.source not in ends]
        for end in ends:
            end.close()

    def command(self, word):
        """What standard input says."""
        if word == "rst":
            for way in self.ways:
                way.source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      struct.pack("ii", 1, 0))
                way.source.close()
            self.ways = []
        elif word == "fin":
            for way in self.ways:
                way.sink.shutdown(socket.SHUT_WR)
        self.mode = word
        print(word, flush=True)

    def move(self, way, readable, writable):
        """Pass on what can be passed on."""
        if readable:
            data = way.source.recv(READ.get(self.mode, 65536))
            if not data:
                way.over = True
            elif self.mode != "fin":
                way.data += data
        if writable and way.data:
            sent = way.sink.send(way.data[:1] if self.mode == "slow-write" else way.data)
            way.data = way.data[sent:]
        if way.over and not way.data and self.mode != "fin":
            way.sink.shutdown(socket.SHUT_WR)

    def slow(self):
        return self.mode in READ or self.mode == "slow-write"

    def step(self):
        """Wait for something, do it."""
        poll = select.poll()
        poll.register(self.listener, select.POLLIN)
        poll.register(sys.stdin, select.POLLIN)
        tick = not self.slow() or time.monotonic() >= self.tick
        if tick:
            self.tick = time.monotonic() + 1
        wanted = {}
        for way in self.ways:
            wanted[way.source] = wanted.get(way.source, select.POLLRDHUP)
            wanted[way.sink] = wanted.get(way.sink, select.POLLRDHUP)
            if not way.over and (tick or self.mode == "slow-write"):
                wanted[way.source] |= select.POLLIN
            if way.data and (tick or self.mode in READ):
                wanted[way.sink] |= select.POLLOUT
        for end, events in wanted.items():
            poll.register(end, events)
        happened = dict(poll.poll(100))
        if tick and self.slow() and not happened:
            self.tick = 0
        if sys.stdin.fileno() in happened:
            line = sys.stdin.readline()
            if not line:
                sys.exit()
            self.command(line.strip())
            return
        for way in list(self.ways):
            if way not in self.ways:
                continue
            inward = happened.get(way.source.fileno(), 0)
            outward = happened.get(way.sink.fileno(), 0)
            gone = select.POLLERR | select.POLLHUP
            if self.slow():
                gone |= select.POLLRDHUP
            try:
                if inward & gone:
                    self.close(way)
                else:
                    self.move(way, inward & select.POLLIN, outward & select.POLLOUT)
                    if way.over and self.mode == "fin":
                        self.close(way)
            except OSError:
                self.close(way)
        if self.listener.fileno() in happened:
            self.accept()


def main():
    relay = Relay(int(sys.argv[1]), (sys.argv[2], int(sys.argv[3])))
    print("ready", os.getpid(), flush=True)
    while True:
        relay.step()


main()
