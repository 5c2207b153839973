#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does in a guest what story.t asks for: story.py NAME

Called by story.guest, in both VMs. Needs faults/agent.py, from which most comes. A question is a
method; all times are by the guest's own clock, and from its last mark().
"""
import glob
import hashlib
import json
import mmap
import os
import pathlib
import select
import sys
import termios
import threading
import time
import tty

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "faults"))
from agent import DEVICES, Agent, must, read, run, serve, write  # noqa: E402

GADGET = "/sys/kernel/config/usb_gadget/board"
LINKS = "/dev/usbip"
RECORDS = "/run/usbip-fleet/ports"
BLOCK = 4096
STAMP = 1 << 20  # where the disk is written to; story.t looks there


def shown(unit, what):
    return run("systemctl", "show", "-P", what, unit).strip()


def serving(unit):
    """systemd has started it, and it is ready."""
    return shown(unit, "ActiveState") == "active"


class Both(Agent):
    """What either is asked."""

    def units_failed(self):
        return run("systemctl", "list-units", "--failed", "--plain", "--no-legend").strip()

    def clock(self):
        """Times count from here; what was before stays what it was."""
        self.since = time.monotonic()

    def elapsed(self):
        return round(time.monotonic() - self.since, 1)


class Pi(Both):
    """Exports boards. One of them is a gadget of its own kernel, with this as its firmware."""

    def __init__(self):
        super().__init__()
        self.opened = 0  # how often
        threading.Thread(target=self.firmware, daemon=True).start()

    def firmware(self):
        """Sends back what it receives. A line that was unplugged has to be opened again, and closed
        only then: the last to close it drops its carrier, and then a client's programs that are just
        opening theirs lose it (cdc_acm knows of CLOCAL a moment later)."""
        line = None
        while True:
            try:
                line, old = os.open("/dev/ttyGS0", os.O_RDWR | os.O_NOCTTY), line
            except OSError:
                time.sleep(0.1)
                continue
            if old is not None:
                os.close(old)
            try:
                tty.setraw(line)
                self.opened += 1
                while data := os.read(line, BLOCK):
                    while data:
                        data = data[os.write(line, data):]
            except (OSError, termios.error):
                pass

    def plug(self, id, serial):  # pylint: disable=redefined-builtin
        """That board, as this one."""
        if not os.path.exists(GADGET):
            run("modprobe", "-a", "libcomposite", "usb_f_acm", "dummy_hcd")
            if not os.path.ismount("/sys/kernel/config"):
                run("mount", "-t", "configfs", "configfs", "/sys/kernel/config")
            for folder in ("", "strings/0x409", "configs/c.1", "functions/acm.0"):
                os.makedirs(f"{GADGET}/{folder}", exist_ok=True)
            os.symlink(f"{GADGET}/functions/acm.0", f"{GADGET}/configs/c.1/acm.0")
        write(f"{GADGET}/idVendor", "0x" + id.split(":")[0])
        write(f"{GADGET}/idProduct", "0x" + id.split(":")[1])
        write(f"{GADGET}/strings/0x409/serialnumber", serial)
        write(f"{GADGET}/UDC", "dummy_udc.0")
        must(20, lambda: self.opened)

    def unplug(self):
        """Done when the firmware has begun anew, and will not do so under a client."""
        before = self.opened
        write(f"{GADGET}/UDC", "\n")
        must(20, lambda: self.opened > before)

    @staticmethod
    def states():
        """usbip_status by serial number, of what is exported."""
        found = {}
        for path in glob.glob(f"{DEVICES}/*/usbip_status"):
            try:
                found[read(f"{os.path.dirname(path)}/serial")] = read(path)
            except OSError:
                pass  # unplugged meanwhile
        return found

    @staticmethod
    def plugged():
        """Serial numbers."""
        found = set()
        for path in glob.glob(f"{DEVICES}/*/serial"):
            try:
                found.add(read(path))
            except OSError:
                pass  # unplugged meanwhile
        return found

    def gone(self, serials):
        must(30, lambda: not self.plugged() & set(serials))

    def exported(self, serials, within):
        """They can be had from outside: a device of each number, and usbipd."""
        must(within, lambda: set(serials) == set(self.states()))
        must(within, serving, "usbipd")
        must(30, self.taken, "usbip", "list", "-r", "127.0.0.1")

    def released(self, within):
        """Until nothing is in use."""
        must(within, lambda: set(self.states().values()) == {"1"})
        return self.elapsed()


class Workstation(Both):
    def __init__(self):
        super().__init__()
        self.marked = 0  # by the clock that the daemon writes down
        self.before = {}  # which device each name was when the clock was set
        self.open = {}  # files that are kept open

    def started(self, within):
        must(within, serving, "usbip-fleet")

    def mark(self):
        super().mark()
        self.marked = time.time()
        self.before = {name: self.device(name) for name in self.names()}

    # --- what is there ----------------------------------------------------------

    @staticmethod
    def names():
        return sorted(os.listdir(LINKS)) if os.path.isdir(LINKS) else []

    @staticmethod
    def device(name):
        """sysfs's folder and number of the USB device of that name, or None."""
        try:
            number = os.stat(f"{LINKS}/{name}/usb").st_rdev
            path = os.path.realpath(f"/sys/dev/char/{os.major(number)}:{os.minor(number)}")
            return path, read(f"{path}/devnum")
        except OSError:
            return None

    def wrong(self, name, board):
        """What is not as it should be with /dev/usbip/NAME, or None."""
        folder = f"{LINKS}/{name}"
        device = self.device(name)
        if device is None:
            return "no usb"
        path = device[0]
        try:
            found = sorted(os.listdir(folder))
            if found != sorted(board["links"]):
                return f"links are {found}"
            files = ("idVendor", "idProduct", "serial")
            vid, pid, serial = (read(f"{path}/{file}") for file in files)
            if (f"{vid}:{pid}", serial) != (board["id"], board["serial"]):
                return f"it is {vid}:{pid} {serial}"
            for link in found:
                number = os.stat(f"{folder}/{link}").st_rdev
                kind = "block" if link.startswith("disk") else "char"
                node = os.path.realpath(f"/sys/dev/{kind}/{os.major(number)}:{os.minor(number)}")
                if not f"{node}/".startswith(f"{path}/"):
                    return f"{link} is {node}, and not of {path}"
        except OSError as why:
            return str(why)  # it comes or goes
        return None

    def on_ports(self):
        """Names of what the daemon has put on a port since the mark. Which of two that are alike
        it is may show later."""
        found = set()
        for path in glob.glob(f"{RECORDS}/*"):
            try:
                record = json.loads(read(path))
            except (OSError, ValueError):
                continue  # just being replaced
            if record["since"] >= self.marked:
                found.add(record["name"])
        return found

    def back(self, boards, changed, within):
        """Until all links are right again, with a new device behind those that have changed and
        the same one behind the others. Return: seconds until each of them was taken, and until it
        had its links."""
        end = self.since + within
        taken, linked = {}, {}
        trouble = {"all": "nothing seen yet"}
        while trouble:
            if time.monotonic() > end:
                raise RuntimeError(f"not within {within} s: {trouble}\n" + self.shell(
                    "usbip-fleet status; "
                    "journalctl -n 30 -o short-monotonic --no-pager -u usbip-fleet"))
            time.sleep(0.1)
            for name in self.on_ports() & set(boards):
                taken.setdefault(name, self.elapsed())
            trouble = {name: "is a name, too" for name in self.names() if name not in boards}
            for name, board in boards.items():
                new = self.device(name) != self.before.get(name)
                wrong = self.wrong(name, board)
                if not wrong and new != (name in changed):
                    wrong = "it is another device" if new else "it is the same device"
                if wrong:
                    trouble[name] = wrong
                else:
                    linked.setdefault(name, self.elapsed())
        return {name: (taken[name], linked[name]) for name in changed}

    def lost(self, within):
        """Until nothing is attached and no link is left."""
        must(within, lambda: not self.used() and not self.names())
        return self.elapsed()

    # --- use --------------------------------------------------------------------

    def hold(self, boards):
        """Opens what the boards are used by."""
        for name, board in boards.items():
            path = f"{LINKS}/{name}/{board['use']}"
            if board["use"] == "tty":
                self.open[name] = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
                tty.setraw(self.open[name])
                termios.tcflush(self.open[name], termios.TCIOFLUSH)
            else:
                self.open[name] = os.open(path, os.O_RDWR | os.O_DIRECT)

    def release(self):
        for file in self.open.values():
            os.close(file)
        self.open = {}

    def work(self, boards, stamp):
        """What is open works: bytes come back, the disk has its data and keeps new one."""
        for name, board in boards.items():
            if board["use"] == "tty":
                self.echo(name)
            else:
                self.disk(name, board["sum"], stamp)

    def echo(self, name):
        line, want, sent, got = self.open[name], os.urandom(2048), 0, b""
        while len(got) < len(want):
            unsent = [line] if sent < len(want) else []
            readable, writable, _ = select.select([line], unsent, [], 10)
            if not readable and not writable:
                raise RuntimeError(f"{name}: {len(got)} of {sent} bytes came back")
            if writable:
                sent += os.write(line, want[sent:sent + 256])
            if readable:
                got += os.read(line, BLOCK)
        if got != want:
            raise RuntimeError(f"{name}: other bytes came back")

    def disk(self, name, want, stamp):
        buffer = mmap.mmap(-1, STAMP)  # direct I/O wants whole pages
        got = os.preadv(self.open[name], [buffer], 0)
        if got != STAMP or hashlib.sha256(buffer).hexdigest() != want:
            raise RuntimeError(f"{name}: {got} bytes, and not those that are on it")
        buffer = mmap.mmap(-1, BLOCK)
        buffer.write(stamp.encode())
        os.pwritev(self.open[name], [buffer], STAMP)

    def use(self, boards, stamp):
        """Opened, used, closed."""
        self.hold(boards)
        self.work(boards, stamp)
        self.release()

    def restart(self, how):
        """The daemon, while it lets go of nothing."""
        before = shown("usbip-fleet", "MainPID")
        run("systemctl", *how.split(), "usbip-fleet")
        must(60, lambda: shown("usbip-fleet", "MainPID") not in (before, "0"))
        must(60, serving, "usbip-fleet")


def main():
    name = sys.argv[1]
    serve(Pi() if name.startswith("pi") else Workstation(), name)


main()
