# SPDX-License-Identifier: GPL-2.0-only
"""Keeps a device busy until it fails or SIGTERM comes: load.py disk|swap|group|root|serial|sound PATH

Called by agent in the client's VM. Needs nothing but Python, and aplay for sound. Prints
one JSON object a line: {"moved": BYTES} now and then; at the end "longest", the seconds
that its longest system call took, "bad", how much came back changed, and "error".
"""
import ctypes
import errno
import fcntl
import functools
import json
import mmap
import os
import select
import signal
import subprocess
import sys
import termios
import time
import tty

BLOCK = 64 << 10
START = 64 << 20  # of the disk: the first 64 MiB are not ours


SCARCE = 48 << 20
MAP_LOCKED, MCL_CURRENT = 0x2000, 1
TIOCGSERIAL, TIOCSSERIAL = 0x541E, 0x541F
SERIAL_STRUCT, CLOSING_WAIT = 72, 40  # size, and offset of an unsigned short in it


class Load:
    """What all have: the clock, the words, the end."""

    def __init__(self):
        self.longest = 0.0
        self.moved = 0
        self.bad = 0
        self.said = 0.0
        self.going = True
        signal.signal(signal.SIGTERM, self.stop)

    def stop(self, *_):
        self.going = False

    def timed(self, call, *arguments):
        """A system call, by the clock."""
        before = time.monotonic()
        try:
            return call(*arguments)
        finally:
            self.longest = max(self.longest, time.monotonic() - before)

    def progress(self, size):
        self.moved += size
        if size and time.monotonic() - self.said > 0.3:
            self.said = time.monotonic()
            print(json.dumps({"moved": self.moved}), flush=True)

    def end(self, error):
        print(json.dumps({"moved": self.moved, "longest": round(self.longest, 2),
                          "bad": self.bad, "error": error}), flush=True)


class Disk(Load):
    """Blocks written past the cache, read back, compared."""

    def work(self, path):
        disk = os.open(path, os.O_RDWR | os.O_DIRECT)
        out, back = mmap.mmap(-1, BLOCK), mmap.mmap(-1, BLOCK)
        number = 0
        try:
            while self.going:
                number += 1
                out[:] = number.to_bytes(8, "big") * (BLOCK // 8)
                offset = START + number % 512 * BLOCK
                self.timed(os.pwritev, disk, [out], offset)
                self.timed(os.preadv, disk, [back], offset)
                if out[:] != back[:]:
                    self.bad += 1
                self.progress(2 * BLOCK)
        finally:
            self.timed(os.close, disk)


class Serial(Load):
    """Numbered lines, which the other end sends back."""

    def work(self, path):
        line = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            tty.setraw(line)
            # Else a close with something unsent takes 30 s, with a lock that whoever takes the
            # device away waits for in state D: so it is with any serial converter.
            settings = bytearray(SERIAL_STRUCT)
            fcntl.ioctl(line, TIOCGSERIAL, settings)
            settings[CLOSING_WAIT:CLOSING_WAIT + 2] = b"\xff\xff"  # none
            fcntl.ioctl(line, TIOCSSERIAL, settings)
            termios.tcflush(line, termios.TCIOFLUSH)
            # What an earlier user of it left on the way.
            while select.select([line], [], [], 0.5)[0] and self.going:
                self.timed(os.read, line, 4096)
            number, expected = 0, b""
            while self.going:
                if len(expected) < 512:
                    number += 1
                    text = b"line %011d\n" % number
                    expected += text[:self.timed(os.write, line, text)]
                if not select.select([line], [], [], 0.05)[0]:
                    continue
                data = self.timed(os.read, line, 4096)
                if not data:
                    raise OSError(errno.EIO, "hung up")
                if not expected.startswith(data):
                    self.bad += 1
                expected = expected[len(data):]
                self.progress(len(data))
        finally:
            self.timed(os.close, line)


@functools.lru_cache(maxsize=None)
def kept_back():
    """What a kernel with KASAN keeps when it is freed: a 32nd of its memory, and some. Looked up once,
    before memory is scarce, and line by line: the file has megabytes."""
    with open("/proc/kallsyms", encoding="ascii") as file:
        return 64 << 20 if any(line.endswith(" kasan_poison\n") for line in file) else 0


def balloon(left):
    """Memory that nobody else can have, so that no more than that much is left."""
    left += kept_back()
    with open("/proc/meminfo", encoding="ascii") as file:
        available = {row.split(":")[0]: int(row.split()[1]) << 10 for row in file}["MemAvailable"]
    return mmap.mmap(-1, available - left, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
                     | mmap.MAP_POPULATE | MAP_LOCKED)


def stay():
    """This program's code keeps its memory: what is scarce is for what goes to the swap space, and the
    root file system of a VM is slow."""
    if ctypes.CDLL(None, use_errno=True).mlockall(MCL_CURRENT):
        raise OSError(ctypes.get_errno(), "mlockall")


class Group(Load):
    """Twice the memory that there is for it, numbered page by page, and compared. How long a page
    takes is not its time: there may be much to write before; that nobody sleeps too long is."""
    moves_at_first = False  # before it has come around nothing need be read
    more = 0  # bytes

    def work(self, _):
        pages = mmap.mmap(-1, 2 * SCARCE + self.more,
                          flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        # Of a huge page, whoever needs a page of memory would have to write all 512 first.
        pages.madvise(mmap.MADV_NOHUGEPAGE)
        number = {}
        turn = 0
        while self.going:
            turn += 1
            for offset in range(0, len(pages), mmap.PAGESIZE):
                if not self.going:
                    break
                again = offset in number
                if again and pages[offset:offset + 8] != number[offset]:
                    self.bad += 1
                number[offset] = (turn << 32 | offset).to_bytes(8, "big")
                pages[offset:offset + 8] = number[offset]
                self.progress(mmap.PAGESIZE * (again or self.moves_at_first))
        self.relieve()

    def relieve(self):
        """Before its end, for which it needs all that it has in the swap space."""


class Swap(Group):
    """Same, and nobody else has more."""
    moves_at_first = True

    def work(self, path):
        stay()
        self.more = kept_back()
        self.held = balloon(SCARCE)
        super().work(path)

    def relieve(self):
        self.held.close()


class Root(Load):
    """Runs from the disk, and reads and writes files there, while memory is short."""

    def work(self, _):
        folder = os.path.dirname(sys.executable)
        held = balloon(SCARCE)
        number = 0
        while self.going:
            number += 1
            with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
                file.write("1") # what runs from the disk is read from it again
            data = number.to_bytes(8, "big") * (BLOCK // 8)
            path = f"{folder}/file{number % 16}"
            with open(path, "wb") as file:
                self.timed(file.write, data)
                self.timed(os.fsync, file.fileno())
                self.timed(os.posix_fadvise, file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            with open(path, "rb") as file:
                if self.timed(file.read) != data:
                    self.bad += 1
            # Another process from there. How long that takes is not one wait: it is read page by
            # page. That nobody sleeps too long is.
            self.bad += subprocess.run([sys.executable, "-S", "-c", "0"], check=False).returncode != 0
            self.progress(2 * BLOCK)
        held.close()


class Sound(Load):
    """Noise, played. A player gives up when it waits longer than for its whole buffer; as long
    as there is a card another one goes on. What was played is told by the sound system's files."""

    def played(self, card):
        try:
            with open(f"/proc/asound/card{card}/pcm0p/sub0/status", encoding="ascii") as file:
                for row in file:
                    if row.startswith("hw_ptr"):
                        return int(row.split(":")[1]) * 4
        except OSError:
            pass
        return 0

    def work(self, card):
        while self.going:
            with open("/dev/urandom", "rb") as noise:
                player = subprocess.Popen(
                    ["aplay", "-q", "-D", f"hw:{card},0", "-t", "raw", "-f", "S16_LE",
                     "-r", "48000", "-c", "2", "--buffer-time=1000000"],
                    stdin=noise, stderr=subprocess.PIPE)
            before = 0
            while self.going and player.poll() is None:
                time.sleep(0.2)
                now = self.played(card)
                if now > before:
                    self.progress(now - before)
                    before = now
            player.terminate()
            words = self.timed(player.communicate)[1].decode(errors="replace").strip()
            if not os.path.exists(f"/proc/asound/card{card}"):
                raise OSError(errno.ENODEV, words)


def main():
    load = {"disk": Disk, "swap": Swap, "group": Group, "root": Root,
            "serial": Serial, "sound": Sound}[sys.argv[1]]()
    try:
        load.work(sys.argv[2])
        load.end(None)
    except OSError as why:
        load.end(str(why))


main()
