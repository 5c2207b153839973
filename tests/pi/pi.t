#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""An emulated Raspberry Pi 3 exports boards through its dwc2 to a workstation; TAP. pi.t [FOLDER]

Called by "make check-pi", and by tests/matrix. Needs root, and what tests/vm/root, build and run, root
beside this and scripts/cross-build need. Three times: our drivers at both ends; the kernel's own at the
workstation; the kernel's own at the Pi. Logs go to FOLDER. In the environment, for another kernel at the Pi
than that of this machine's suite: PI_ROOT, a folder of tests/vm/root; PI_MODULES, a folder with ours.
Then once, with our drivers at both ends.
"""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
sys.path.insert(0, str(HERE))
from pi import Pi, initrd  # noqa: E402
from agent import until  # noqa: E402
from machines import Echo, Failed, Machine  # noqa: E402

LIMIT = 1500
# What a program does with a serial line: as many bytes out as come back, the same ones.
ECHO = """
import os, select, sys, termios, tty
line = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
tty.setraw(line)
termios.tcflush(line, termios.TCIOFLUSH)
want, sent, got = os.urandom(65536), 0, b""
while len(got) < len(want):
    readable, writable, _ = select.select([line], [line] if sent < len(want) else [], [], 30)
    if not readable and not writable:
        sys.exit(f"{len(got)} of {sent} bytes came back")
    if writable:
        sent += os.write(line, want[sent:sent + 512])
    if readable:
        got += os.read(line, 4096)
sys.exit(got != want)
"""


class Test:
    """One Pi, one workstation, and what is seen there."""

    count = 0
    failed = 0

    def __init__(self, name, at_pi, at_workstation, where, log):
        self.name, self.at_pi, self.at_workstation = name, at_pi, at_workstation
        self.log = f"{log}/{name}"
        self.tmp = tempfile.mkdtemp()
        os.makedirs(f"{self.log}/out")
        (pathlib.Path(self.log) / "out/echo.py").write_text(ECHO, encoding="utf-8")
        self.image = f"{self.tmp}/image"
        with open(self.image, "wb") as file:
            file.write(os.urandom(4 << 20))
        options = []
        for line in ("a", "b"):
            Echo(f"{self.tmp}/{line}").start()
            options += ["-chardev", f"socket,id={line},path={self.tmp}/{line},reconnect=1"]
        options += ["-blockdev", f"driver=file,node-name=image,filename={self.image}",
                    "-audiodev", "none,id=none,out.frequency=48000",
                    "-device", self.adapter("a", 2),
                    "-device", "usb-storage,id=disk,drive=image,port=1.5",
                    "-device", "usb-audio,id=sound,audiodev=none,buffer=65536,port=1.6"]
        self.pi = Pi(at_pi, where["pi"], where["initrd"], self.log, self.tmp, LIMIT, options)
        self.workstation = Machine("workstation", "10.0.0.2", self.log, self.tmp, LIMIT,
                                   (["-c", "1", "-s", where["tree"], where["root"]], []))
        self.workstation.ask("prepare", 200, stock=at_workstation == "stock", modules=["vhci-hcd"])

    @staticmethod
    def adapter(name, port):
        return (f"usb-serial,id={name},serial={name.upper()},chardev={name},always-plugged=on,"
                f"port=1.{port}")

    def check(self, what, good, *shown):
        """One line of TAP."""
        Test.count += 1
        Test.failed += not good
        print(f"{'' if good else 'not '}ok {Test.count} - {self.name}: {what}", flush=True)
        if not good:
            for words in shown:
                print("".join(f"# {line}\n" for line in str(words).splitlines()), end="")

    def shell(self, command, timeout=60):
        asked = self.workstation.start("shell", command=command, timeout=timeout)
        return self.workstation.result(asked, timeout + 20)

    def reader(self, disk):
        """Reads from that disk for some seconds, and goes on."""
        self.workstation.ask("begin", name=disk,
                             command=f"dd if=/dev/{disk} of=/dev/null bs=128k iflag=direct")
        self.shell("sleep 3")

    def reader_fails(self, disk):
        asked = self.workstation.start("ended", name=disk, timeout=30)
        return self.workstation.result(asked, 50)[0] != 0

    def exported(self, serial, timeout=20):
        """Busid of an adapter, once it is available; "" when it never is."""
        def look():
            busid = self.pi.busid(serial)
            if busid and self.at_pi == "stock":
                self.claim(busid)
            return busid if busid and self.pi.status(busid) == "1" else ""
        return until(timeout, look)

    def available(self, busid, timeout=20):
        return until(timeout, lambda: self.pi.status(busid) == "1")

    def attach(self, busid):
        """Attaches. Return: its port, and its folder in the workstation's sysfs."""
        before = set(self.used())
        # The kernel's own vhci-hcd shows a device as used before the tools find it, and they fail.
        until(20, lambda: self.taken(f"usbip attach -r 10.0.0.1 -b {busid}"))
        ports = until(30, lambda: set(self.used()) - before)
        if not ports:
            raise Failed(f"{busid} is on no port")
        port = ports.pop()
        return port, f"/sys/bus/usb/devices/{until(30, lambda: self.on(port))}"

    def on(self, port):
        """Busid of what is on a port; "" when it is not there yet."""
        name = {entry[0]: entry[2] for entry in self.workstation.ask("status")}[port]
        return name if name != "0-0" else ""

    def taken(self, command):
        try:
            self.shell(command)
            return True
        except Failed:
            return False

    def used(self):
        return self.workstation.ask("used")

    def free(self, port, timeout=20):
        return until(timeout, lambda: port not in self.used())

    def node(self, folder, pattern, timeout=30):
        """Name of the file of that device that a program opens."""
        return until(timeout, lambda: self.shell(f"cd {folder}/; ls -d {pattern} 2>/dev/null | "
                                                 "sed 's,.*/,,' | head -n 1").strip())

    # --- the tests ----------------------------------------------------------------

    def adapters(self):
        """Exported by rule, plugged in whenever and wherever; bytes come back unharmed."""
        first = self.exported("A")
        self.check("an adapter present at boot is exported", first, self.pi.shell("dmesg"))
        self.pi.monitor(f"device_add {self.adapter('b', 3)}")
        second = self.exported("B")
        self.check("one plugged in later is exported", second)
        self.pi.monitor("device_del a")
        until(20, lambda: not self.pi.busid("A"))
        self.pi.monitor(f"device_add {self.adapter('a', 4)}")
        moved = self.exported("A")
        self.check("one plugged in elsewhere is exported", moved and moved != first, first, moved)
        for busid in (second, moved):
            port, folder = self.attach(busid)
            tty = self.node(folder, "*/ttyUSB*")
            self.check(f"64 KiB come back from {busid}",
                       tty and self.taken(f"python3 /out/echo.py /dev/{tty}"))
            self.shell(f"usbip detach -p {port}")
            self.check(f"{busid} is available when detached", self.available(busid))

    def claim(self, busid):
        """By hand, what no rule claims."""
        if not self.pi.status(busid):
            self.pi.shell(f"usbip bind -b {busid}")

    def claimed(self, product):
        """Busid of that device, once it is bound."""
        busid = self.pi.busid(product, "product")
        self.claim(busid)
        return busid

    def disk(self):
        """In requests of 120 KiB, which dwc2 cannot take in one piece."""
        busid = self.claimed("QEMU USB HARDDRIVE")
        port, folder = self.attach(busid)
        disk = self.node(folder, "*/host*/target*/*/block/*")
        said = self.shell(f"dd if=/dev/{disk} bs=128k count=8 iflag=direct | sha256sum", 100)
        with open(self.image, "rb") as file:
            want = hashlib.sha256(file.read(1 << 20)).hexdigest()
        self.check("1 MiB is read from a disk", said.split()[0] == want, said)
        new = self.shell("head -c 512k /dev/urandom >/tmp/new; "
                         f"dd if=/tmp/new of=/dev/{disk} bs=128k oflag=direct conv=fsync && "
                         "sha256sum </tmp/new", 100).split()[0]
        with open(self.image, "rb") as file:
            self.check("512 KiB are written to it",
                       hashlib.sha256(file.read(512 << 10)).hexdigest() == new)
        return busid, port, disk

    def cut(self, busid, port, disk):
        """Detach and unplug during I/O."""
        self.reader(disk)
        self.shell(f"usbip detach -p {port}")
        self.check("detached during I/O, the reader fails", self.reader_fails(disk))
        self.check("and the disk is available", self.available(busid))
        port, folder = self.attach(busid)
        disk = self.node(folder, "*/host*/target*/*/block/*")
        self.reader(disk)
        self.pi.monitor("device_del disk")
        self.check("unplugged during I/O, the reader fails", self.reader_fails(disk))
        self.check("and the port is free", self.free(port))

    def sound(self):
        """dwc2 does not sum up what isochronous packets have transferred. The kernel's own server
        says 0 then, and the kernel's own client ends the connection; one of ours is enough."""
        busid = self.claimed("QEMU USB Audio")
        port, folder = self.attach(busid)
        card = self.node(folder, "*/sound/card*")[4:]
        played = self.taken("head -c 192000 /dev/urandom >/tmp/tune; "
                            f"aplay -q -D hw:{card} -t raw -f S16_LE -c 2 -r 48000 /tmp/tune")
        self.check("sound plays to the end", played)
        self.check("and is still attached", port in self.used(),
                   self.shell("dmesg | grep vhci | tail"))
        self.shell(f"usbip detach -p {port}")
        self.check("it is available when detached", self.available(busid))

    def end(self):
        """No kernel complains."""
        words = self.pi.complaints()
        self.check("the Pi's kernel has nothing to complain about", not words, words)
        self.pi.power_off()
        try:
            self.workstation.ask("bye", 30)
            self.workstation.wait(60)
        finally:
            words = self.workstation.complaints()
            self.check("nor has the workstation's", not words, words)
            shutil.rmtree(self.tmp)


def main():
    cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")) + "/usbip-ext"
    log = sys.argv[1] if len(sys.argv) > 1 else f"{cache}/log/pi"
    shutil.rmtree(log, ignore_errors=True)
    os.makedirs(log)

    def out(*command):
        return subprocess.run(command, stdout=subprocess.PIPE, text=True,
                              check=True).stdout.strip().split("\n")[-1]
    out(f"{TESTS}/vm/need", "qemu-system-arm", "busybox", "kmod", "binutils")
    runs = [("ours", "ours", "ours"), ("stock workstation", "ours", "stock"),
            ("stock Pi", "stock", "ours")]
    where = {"root": out(f"{TESTS}/vm/root"), "tree": f"{log}/tree", "initrd": f"{log}/initrd"}
    out(f"{TESTS}/vm/build", where["root"], where["tree"])
    if "PI_ROOT" in os.environ:
        where["pi"], modules = os.environ["PI_ROOT"], os.environ["PI_MODULES"]
        runs = runs[:1]
    else:
        where["pi"], modules = out(f"{HERE}/root"), f"{log}/modules"
        kernel = os.listdir(f"{where['pi']}/lib/modules")[0]
        out(f"{TESTS}/../scripts/cross-build", "-k", kernel, "arm64", modules)
    initrd(where["pi"], modules, where["initrd"])

    for name, at_pi, at_workstation in runs:
        test = None
        try:
            test = Test(name.replace(" ", "-"), at_pi, at_workstation, where, log)
            test.adapters()
            test.cut(*test.disk())
            test.sound()
            test.end()
        except (Failed, subprocess.TimeoutExpired, OSError, KeyError, IndexError):
            Test.count += 1
            Test.failed += 1
            print(f"not ok {Test.count} - {name}: goes on to the end")
            print(re.sub("^", "# ", traceback.format_exc(), flags=re.M))
        finally:
            if test:
                for machine in (test.pi, test.workstation):
                    if machine.process.poll() is None:
                        machine.process.terminate()
                        machine.process.wait(30)
    print(f"1..{Test.count}")
    shutil.rmtree(where["tree"])
    sys.exit(bool(Test.failed))


main()
