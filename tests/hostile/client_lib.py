# SPDX-License-Identifier: GPL-2.0-only
# What tests of a hostile server share: vhci-hcd's ports, the kernel log, usbip-sim, usbfs.
# Called (imported) by client and client_random; needs root, Python 3 and vhci-hcd loaded.
import ctypes
import glob
import os
import re
import select
import socket
import struct
import subprocess
import time

TESTS = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
SIM = TESTS + "/sim/usbip-sim"
VHCI = "/sys/devices/platform/vhci_hcd.0"
FREE, NOT_ASSIGNED, USED = 4, 5, 6


class Failure(Exception):
    """What a case did that it should not have."""


def read(path):
    with open(path) as f:
        return f.read().strip()


def wait_for(seconds, what, condition):
    """Waits until condition() is true; what it was, if it never is."""
    end = time.monotonic() + seconds
    while True:
        late = time.monotonic() > end  # before it looks: it may not run for a while
        got = condition()
        if got:
            return got
        if late:
            raise Failure(f"not within {seconds} s: {what}")
        time.sleep(0.05)


# --- ports --------------------------------------------------------------------

class Ports:
    """The status files: number, hub, state and busid of each port."""

    def __init__(self):
        count = len(glob.glob("/sys/devices/platform/vhci_hcd.*/usb[0-9]*")) // 2
        self.files = [VHCI + "/status"]
        self.files += [f"{VHCI}/status.{i}" for i in range(1, count)]
        self.high, self.super, self.core_name = [], [], {}
        for i, rows in enumerate(self.rows()):
            at = {}
            for hub in glob.glob(f"/sys/devices/platform/vhci_hcd.{i}/usb[0-9]*"):
                kind = "hs" if read(hub + "/speed") == "480" else "ss"
                at[kind] = [os.path.basename(hub), 0]
            for kind, number, _, _ in rows:
                at[kind][1] += 1
                (self.high if kind == "hs" else self.super).append((i, number))
                # As the USB core names it in the log.
                self.core_name[number] = "%s-port%d" % tuple(at[kind])
        # Controller by controller: they enumerate at the same time.
        self.high = self.spread(self.high)
        self.super = self.spread(self.super)

    @staticmethod
    def spread(ports):
        rank = {}
        order = []
        for controller, number in ports:
            rank[controller] = rank.get(controller, 0) + 1
            order.append((rank[controller], controller, number))
        return [number for _, _, number in sorted(order)]

    def rows(self):
        for file in self.files:
            yield [(w[0], int(w[1]), int(w[2]), w[6])
                   for w in (line.split() for line in read(file).splitlines()[1:])]

    def now(self):
        """{port: (state, busid)}"""
        return {number: (state, busid)
                for rows in self.rows() for _, number, state, busid in rows}


def detach(port):
    with open(VHCI + "/detach", "w") as f:
        f.write(str(port))


def node_of(busid):
    base = "/sys/bus/usb/devices/" + busid
    return "/dev/bus/usb/%03d/%03d" % (int(read(base + "/busnum")), int(read(base + "/devnum")))


def interfaces(busid):
    return glob.glob(f"/sys/bus/usb/devices/{busid}/{busid}:*/bInterfaceNumber")


def tasks_in_d():
    """Names of all tasks that sleep without being interruptible."""
    names = []
    for path in glob.glob("/proc/[0-9]*/task/*/stat"):
        try:
            text = read(path)
        except OSError:
            continue
        name, rest = re.match(r"\d+ \((.*)\) (.*)", text, re.S).groups()
        if rest[0] == "D":
            names.append(name)
    return names


# --- the kernel log -----------------------------------------------------------

class Log:
    """What the kernel says from now on."""

    def __init__(self):
        self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.fd, 0, os.SEEK_END)
        self.ports = {}  # {port: [(seconds, text)]}, but that they were attached
        self.devices = {}  # {as the USB core names a device or a port: [text]}

    def read(self):
        while True:
            try:
                record = os.read(self.fd, 8192).decode(errors="replace")
            except BlockingIOError:
                return
            except BrokenPipeError:
                raise Failure("the kernel log was overrun") from None
            head, text = record.split(";", 1)
            name, _, text = text.split("\n")[0].partition(": ")
            m = re.match(r"port (\d+): (?!attached )(.*)", text)
            if m and name.startswith("vhci_hcd"):
                when = int(head.split(",")[2]) / 1e6
                self.ports.setdefault(int(m[1]), []).append((when, m[2]))
            elif name.startswith("usb "):
                self.devices.setdefault(name[len("usb "):], []).append(text)

    def of_port(self, port):
        """What vhci-hcd says of a port: seconds and text."""
        self.read()
        return self.ports.get(port, [])

    def of_device(self, name):
        self.read()
        return self.devices.get(name, [])

    def close(self):
        os.close(self.fd)


# --- the simulator ------------------------------------------------------------

class Sim:
    """usbip-sim with devices attached here, controlled through a socket."""

    def __init__(self, folder, name, devices, tcp=False, options=()):
        self.path = f"{folder}/{name}.control"
        self.log = f"{folder}/{name}.log"
        command = [SIM, "--attach", "-c", self.path, *options]
        if tcp:
            command.append("--tcp")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command + devices, stdout=log, stderr=log)
        try:
            wait_for(60, "usbip-sim is ready", self.is_ready)
        except Failure:
            self.process.kill()
            self.process.wait()
            raise
        # (port, busid), in the order of devices
        self.attached = [(int(port), busid) for port, busid in
                         re.findall(r"^attached port (\d+) \S+ (\S+)", read(self.log), re.M)]

    def is_ready(self):
        if self.process.poll() is not None:
            raise Failure("usbip-sim: " + read(self.log))
        return re.search("^ready", read(self.log), re.M)

    def tell(self, line):
        answer = b""
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(self.path)
                s.sendall(line.encode() + b"\n")
                while not re.search(rb"^(ok|error).*\n", answer, re.M):
                    more = s.recv(65536)
                    if not more:
                        break
                    answer += more
        except OSError as e:
            raise Failure(f"usbip-sim: {line}: {e}: exit code {self.process.poll()}: "
                          + read(self.log)[-200:]) from None
        text = answer.decode()
        if not re.search("^ok", text, re.M):
            raise Failure(f"usbip-sim: {line}: {text}")
        return text

    def stop(self):
        self.process.terminate()
        self.process.wait()


# --- usbfs --------------------------------------------------------------------

LIBC = ctypes.CDLL(None, use_errno=True)


def _io(direction, number, size):
    return direction << 30 | size << 16 | ord("U") << 8 | number


class Control(ctypes.Structure):
    _fields_ = [("type", ctypes.c_uint8), ("request", ctypes.c_uint8), ("value", ctypes.c_uint16),
                ("index", ctypes.c_uint16), ("length", ctypes.c_uint16),
                ("timeout", ctypes.c_uint32), ("data", ctypes.c_void_p)]


class Bulk(ctypes.Structure):
    _fields_ = [("ep", ctypes.c_uint), ("length", ctypes.c_uint), ("timeout", ctypes.c_uint),
                ("data", ctypes.c_void_p)]


class Packet(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint), ("actual", ctypes.c_uint), ("status", ctypes.c_uint)]


class Urb(ctypes.Structure):
    _fields_ = [("type", ctypes.c_uint8), ("ep", ctypes.c_uint8), ("status", ctypes.c_int),
                ("flags", ctypes.c_uint), ("buffer", ctypes.c_void_p), ("length", ctypes.c_int),
                ("actual", ctypes.c_int), ("start", ctypes.c_int), ("packets", ctypes.c_int),
                ("errors", ctypes.c_int), ("signal", ctypes.c_uint), ("context", ctypes.c_void_p)]


class IsoUrb(ctypes.Structure):
    _fields_ = [("urb", Urb), ("desc", Packet * 8)]


ISO, INTERRUPT, BULK = 0, 1, 3
SUBMIT = _io(2, 10, ctypes.sizeof(Urb))
REAP = _io(1, 13, ctypes.sizeof(ctypes.c_void_p))


class Usbfs:
    """An open device; transfers raise Failure with the kernel's errno."""

    def __init__(self, busid):
        self.what = busid
        try:
            self.fd = os.open(node_of(busid), os.O_RDWR)
        except OSError as e:
            raise Failure(f"cannot open: {e.strerror}") from None
        self.keep = []  # memory the kernel writes to

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def ioctl(self, what, request, arg):
        if isinstance(arg, ctypes.Structure):
            arg = ctypes.byref(arg)
        ret = LIBC.ioctl(self.fd, ctypes.c_ulong(request), arg)
        if ret < 0:
            raise Failure(f"{what}: {os.strerror(ctypes.get_errno())}")
        return ret

    def claim(self, number=0):
        self.ioctl("claim", _io(2, 15, 4), ctypes.byref(ctypes.c_uint(number)))

    def setting(self, interface, alt):
        words = (ctypes.c_uint * 2)(interface, alt)
        self.ioctl("setting", _io(2, 4, 8), ctypes.byref(words))

    def reset(self):
        self.ioctl("reset", _io(0, 20, 0), None)

    def control(self, setup, ms):
        """An IN request; the data."""
        request_type, request, value, index, length = struct.unpack("<BBHHH", setup)
        data = ctypes.create_string_buffer(length or 1)
        n = self.ioctl("control", _io(3, 0, ctypes.sizeof(Control)),
                       Control(request_type, request, value, index, length, ms,
                               ctypes.cast(data, ctypes.c_void_p)))
        return data.raw[:n]

    def transfer(self, ep, data, ms):
        """Bulk or interrupt, data as bytes for OUT, as a length for IN."""
        length = data if ep & 0x80 else len(data)
        memory = ctypes.create_string_buffer(length)
        if not ep & 0x80:
            memory.raw = data
        n = self.ioctl("in" if ep & 0x80 else "out", _io(3, 2, ctypes.sizeof(Bulk)),
                       Bulk(ep, length, ms, ctypes.cast(memory, ctypes.c_void_p)))
        return memory.raw[:n]

    def submit(self, kind, ep, length, data=b""):
        memory = ctypes.create_string_buffer(data, length)
        urb = IsoUrb()
        urb.urb.type, urb.urb.ep, urb.urb.length = kind, ep, length
        urb.urb.buffer = ctypes.cast(memory, ctypes.c_void_p)
        if kind == ISO:
            urb.urb.packets, urb.urb.flags = 8, 2
            for desc in urb.desc:
                desc.length = length // 8
        self.keep += [urb, memory]
        self.ioctl("submit", SUBMIT, urb)
        return urb

    def discard(self, urb):
        self.ioctl("discard", _io(0, 11, 0), ctypes.byref(urb))

    def reap(self, seconds):
        """Waits until an URB is done, or the device gone."""
        poll = select.poll()
        poll.register(self.fd, select.POLLOUT)
        if not poll.poll(seconds * 1000):
            raise Failure(f"nothing came back within {seconds} s")
        pointer = ctypes.c_void_p()
        self.ioctl("reap", REAP, ctypes.byref(pointer))
        return pointer.value
