# SPDX-License-Identifier: GPL-2.0-only
"""A Raspberry Pi 3, emulated: QEMU's raspi3b with dwc2, Debian's kernel for arm64, our modules.

Called by pi.t. Needs qemu-system-arm, kmod, binutils, and what root and scripts/cross-build have made.
"""
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "faults"))
from machines import Failed, Machine  # noqa: E402

MODULES = ["bcm2835_wdt", "phy-generic", "dwc2", "cdc_ether", "usbip-host"]
PROGRAMS = ["bin/busybox", "usr/sbin/usbip", "usr/sbin/usbipd"]


def libraries(root, program):
    """What a program there is linked with."""
    shown = subprocess.run(["readelf", "-dW", program], capture_output=True, text=True, check=True)
    found = set()
    for name in re.findall(r"\(NEEDED\).*\[(.*)\]", shown.stdout):
        for folder in ("lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib"):
            library = pathlib.Path(root, folder, name)
            if library.exists():
                found |= {library} | libraries(root, library)
                break
        else:
            raise Failed(f"{program}: no {name} in {root}")
    return found


def initrd(root, ours, path):
    """All that it runs, as one file: no disk is on that board that would not go through dwc2."""
    kernel = os.listdir(f"{root}/lib/modules")[0]
    tree = pathlib.Path(f"{path}.d")
    for folder in ("bin", "proc", "sys", "dev", "tmp", "var", "run", "ours"):
        (tree / folder).mkdir(parents=True)
    (tree / "var/run").symlink_to("/run")
    shutil.copy(HERE / "init", tree / "init")
    wanted = [pathlib.Path(root, program) for program in PROGRAMS]
    wanted += set().union(*(libraries(root, program) for program in wanted))
    wanted += pathlib.Path(root, "lib").glob("ld-linux-*")
    shown = subprocess.run(["modprobe", "-d", root, "-S", kernel, "-a", "--show-depends"] + MODULES,
                           capture_output=True, text=True, check=True).stdout
    wanted += [pathlib.Path(line.split()[1]) for line in shown.splitlines()
               if line.startswith("insmod")]
    wanted += pathlib.Path(root, "lib/modules", kernel).glob("modules.*")
    for file in wanted:
        where = tree / file.relative_to(root)
        where.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, where)
    for module in pathlib.Path(ours).glob("*.ko"):
        shutil.copy(module, tree / "ours")
    with open(path, "wb") as file:
        names = subprocess.run(["find", "."], cwd=tree, capture_output=True, check=True).stdout
        subprocess.run(["busybox", "cpio", "-o", "-H", "newc"], cwd=tree, input=names, stdout=file,
                       stderr=subprocess.PIPE, check=True)
    shutil.rmtree(tree)


class Pi(Machine):
    """The board. Its hub has the network at port 1; what else is plugged in is up to the caller."""

    def __init__(self, drivers, root, initrd_path, log, tmp, limit, devices):
        # pylint: disable=super-init-not-called # it is another kind of machine
        self.name, self.log, self.ended = "pi", log, None
        self.monitor_path = f"{tmp}/monitor.pi"
        kernel = os.listdir(f"{root}/lib/modules")[0]
        line = f"{tmp}/line"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(line)
        self.listener.listen()
        self.words = open(f"{log}/pi.words", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            ["timeout", "-k", "5", str(limit), "qemu-system-aarch64", "-M", "raspi3b",
             "-accel", "tcg,thread=single", "-display", "none", "-no-reboot",
             "-kernel", f"{root}/boot/vmlinuz-{kernel}", "-initrd", initrd_path,
             "-dtb", f"{root}/usr/lib/linux-image-{kernel}/broadcom/bcm2837-rpi-3-b.dtb",
             "-append", f"console=ttyS1,115200 panic=-1 drivers={drivers}",
             "-serial", "null", "-serial", f"unix:{line}",
             "-monitor", f"unix:{self.monitor_path},server=on,wait=off",
             "-device", "usb-hub,port=1",
             "-netdev", f"stream,id=lan,server=on,addr.type=unix,addr.path={tmp}/lan",
             "-device", "usb-net,netdev=lan,port=1.1,mac=52:54:00:00:00:01"] + devices,
            stdin=subprocess.DEVNULL, stdout=self.words, stderr=self.words)
        self.listener.settimeout(30)
        self.serial = self.listener.accept()[0]
        self.heard = b""
        self.until_end(180)

    def until_end(self, timeout):
        """What it says until a line "END ...". Return: that, and the rest of the line."""
        self.serial.settimeout(timeout)
        said = []
        while True:
            while b"\n" not in self.heard:
                try:
                    data = self.serial.recv(4096)
                except TimeoutError as why:
                    raise Failed(f"pi: no answer within {timeout} s") from why
                if not data:
                    raise Failed("pi: the VM has ended")
                self.words.write(data.decode(errors="replace"))
                self.words.flush()
                self.heard += data
            text, self.heard = self.heard.split(b"\n", 1)
            text = text.decode(errors="replace").rstrip("\r")
            if text.startswith("END "):
                return "\n".join(said), text[4:]
            said.append(text)

    def shell(self, command, timeout=60):
        """Does a command. Return: its words; Failed when it fails."""
        self.serial.sendall(command.encode() + b"\n")
        said, code = self.until_end(timeout)
        if code != "0":
            raise Failed(f"pi: {command}: {code}: {said}")
        return said

    def busid(self, what, name="serial"):
        """Of the device whose file of that name says that; "" when there is none."""
        return self.shell(f"for d in /sys/bus/usb/devices/[0-9]*; do "
                          f"[ ! -e $d/{name} ] || [ \"$(cat $d/{name})\" != {shlex.quote(what)} ] || "
                          "basename $d; done")

    def status(self, busid):
        """Its usbip_status: "1" available, "2" in use, "" not exported."""
        file = f"/sys/bus/usb/devices/{busid}/usbip_status"
        return self.shell(f"[ ! -e {file} ] || cat {file}")

    def complaints(self):
        """What its kernel has said that no kernel should say."""
        with open(f"{self.log}/pi.console", "w", encoding="utf-8") as file:
            file.write(self.shell("dmesg", 60) + "\n")
        return super().complaints()
