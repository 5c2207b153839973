#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A lab bench: what happens to four boards while usbip-fleet keeps them attached; TAP.

Called by tests/check through prove. Needs what tests/vm/root and run need. Two VMs with systemd
and udev: a Pi with autobind rules and usbipd.service, a workstation with usbip-fleet.service. After
each step every board is back under the same names in /dev/usbip, and works.
"""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "faults"))
from machines import Echo, Failed, Machine  # noqa: E402

LIMIT = 1500  # for a VM, on however slow a machine
BOOT = 400
PEER_TIMEOUT = 20  # of usbip-ext-core
GRACE = 5
TAKEN = 5  # seconds from a board's, server's or network's return: usbip-fleet(8)
LINKED = 15  # and until its driver and udev are done with it
PATIENCE = 60  # seconds to find out by how much a bound is missed
CUT = 60
SIZE = 2 << 20

TTY = {"use": "tty", "links": ["usb", "tty", "tty-if00"]}
BOARDS = {
    "left": {"id": "0403:6001", "serial": "LEFT", **TTY},
    "right": {"id": "0403:6001", "serial": "RIGHT", **TTY},
    "stick": {"id": "46f4:0001", "serial": "STICK", "use": "disk", "links": ["usb", "disk"]},
    "leonardo": {"id": "2341:8036", "serial": "LEO", **TTY},
}
BOOT_LOADER = {"id": "2341:0036", "serial": "BOOT", **TTY}
CONFIGURATION = """
[server pi]
host = 10.0.0.1

[device left]
server = pi
id = 0403:6001
serial = LEFT

[device right]
server = pi
id = 0403:6001
serial = RIGHT

[device stick]
server = pi
id = 46f4:0001

[device leonardo]
server = pi
id = 2341:8036 2341:0036
"""
QEMU = {
    "left": "usb-serial,id=left,serial=LEFT,chardev=left,always-plugged=on",
    "right": "usb-serial,id=right,serial=RIGHT,chardev=right,always-plugged=on",
    "stick": "usb-storage,id=stick,serial=STICK,drive=image",
}


class Bench(Machine):
    """On a network that does not mind when one of them is away."""

    agent = "/usbip-ext/tests/vm/story.guest"

    @staticmethod
    def network(address, tmp):
        here, there = ("1", "2") if address.endswith(".1") else ("2", "1")
        return (f"dgram,id=lan,local.type=unix,local.path={tmp}/lan.{here},"
                f"remote.type=unix,remote.path={tmp}/lan.{there}")


class Story:
    def __init__(self, root, tree, log):
        self.log = log
        self.tmp = tempfile.mkdtemp()
        self.number = self.failed = self.stamps = 0
        self.began = time.monotonic()
        os.makedirs(f"{log}/out")
        pathlib.Path(f"{log}/out/fleet.conf").write_text(CONFIGURATION, encoding="utf-8")
        self.image = f"{self.tmp}/image"
        data = os.urandom(SIZE)
        pathlib.Path(self.image).write_bytes(data)
        self.boards = {name: dict(board) for name, board in BOARDS.items()}
        self.boards["stick"]["sum"] = hashlib.sha256(data[:SIZE // 2]).hexdigest()
        self.places = {"left": 1, "right": 2, "stick": 3}
        self.options = ["-blockdev", f"driver=file,node-name=image,filename={self.image}"]
        for line in ("left", "right"):
            Echo(f"{self.tmp}/{line}").start()
            self.options += ["-chardev", f"socket,id={line},path={self.tmp}/{line},reconnect=1"]
        self.run = ["-S", "-c", "1", "-s", tree, root]
        self.machines = []
        self.pi = self.workstation = None

    def start_pi(self, name):
        devices = [word for board in QEMU for word in ("-device", self.device(board))]
        self.pi = Bench(name, "10.0.0.1", self.log, self.tmp, LIMIT,
                        (self.run, self.options + devices))
        self.machines.append(self.pi)

    def start_workstation(self, name):
        self.workstation = Bench(name, "10.0.0.2", self.log, self.tmp, LIMIT, (self.run, []))
        self.machines.append(self.workstation)

    def device(self, name):
        return f"{QEMU[name]},bus=xhci.0,port={self.places[name]}"

    # --- results ----------------------------------------------------------------

    def result(self, good, what, words=""):
        self.number += 1
        self.failed += not good
        print(f"{'' if good else 'not '}ok {self.number} - {what}")
        for line in str(words).splitlines():
            print(f"# {line}")
        sys.stdout.flush()

    def step(self, what, story, works=None):
        """One step: its story says whom it has changed and how much later that may be."""
        try:
            changed, later = story()
            took = self.workstation.ask("back", PATIENCE + 60, boards=self.boards, changed=changed,
                                        within=PATIENCE)
            slow = [name for name in changed if took[name][0] > TAKEN + later or
                    took[name][1] > LINKED + later]
            how = (f"taken within {TAKEN + later} s, with its links within {LINKED + later} s"
                   if changed else "attached as before")
            self.result(not slow, f"{what}: every board is {how}", "".join(
                f"{name}: taken after {taken} s, links after {linked} s\n"
                for name, (taken, linked) in took.items()))
        except (Failed, subprocess.TimeoutExpired) as why:
            self.result(False, f"{what}: every board is back", why)
            return False
        self.check(f"{what}: every board works", works or self.used)
        return True

    def check(self, what, good):
        try:
            good()
            self.result(True, what)
        except (Failed, subprocess.TimeoutExpired) as why:
            self.result(False, what, why)

    def stamp(self):
        self.stamps += 1
        return f"written {self.stamps}"

    def written(self, stamp):
        with open(self.image, "rb") as file:
            file.seek(SIZE // 2)
            if not file.read(64).startswith(stamp.encode() + b"\0"):
                raise Failed(f"stick: \"{stamp}\" was written and is not there")

    def used(self):
        stamp = self.stamp()
        self.workstation.ask("use", boards=self.boards, stamp=stamp)
        self.written(stamp)

    # --- the story --------------------------------------------------------------

    def bench_is_up(self):
        """The Pi, with all boards plugged in."""
        self.pi.ask("plug", BOOT, id=self.boards["leonardo"]["id"],
                    serial=self.boards["leonardo"]["serial"])
        serials = [board["serial"] for board in self.boards.values()]
        self.pi.ask("exported", BOOT, serials=serials, within=BOOT - 60)

    def boot(self):
        self.start_pi("pi")
        self.start_workstation("workstation")
        self.bench_is_up()
        self.workstation.ask("started", BOOT, within=BOOT - 20)
        self.workstation.ask("clock")
        return list(self.boards), 0

    def other_ports(self):
        """Two alike change places."""
        moved = ["left", "right", "stick"]
        self.workstation.ask("mark")
        for name in moved:
            self.pi.monitor(f"device_del {name}")
        self.pi.ask("gone", serials=[self.boards[name]["serial"] for name in moved])
        self.places.update(left=2, right=1, stick=6)
        for name in moved:
            self.pi.monitor(f"device_add {self.device(name)}")
        self.workstation.ask("clock")
        return moved, 0

    def becomes(self, board):
        """As a board does that is flashed: it leaves, and comes back as another device."""
        self.workstation.ask("mark")
        self.pi.ask("unplug")
        self.pi.ask("gone", serials=[self.boards["leonardo"]["serial"]])
        self.boards["leonardo"] = board
        self.pi.ask("plug", id=board["id"], serial=board["serial"])
        self.workstation.ask("clock")
        return ["leonardo"], 0

    def cut(self):
        """Nobody is told; both sides have to notice."""
        both = (self.pi, self.workstation)
        began = time.monotonic()
        for machine in both:
            machine.ask("mark")
        self.pi.silence(True)
        asked = [self.pi.start("released", within=CUT), self.workstation.start("lost", within=CUT)]
        for machine, number in zip(both, asked):
            bound = PEER_TIMEOUT + GRACE
            try:
                took = machine.result(number, CUT + 60)
                self.result(took <= bound, f"network cut: the {machine.name} notices within "
                            f"{bound} s", f"{took} s")
            except Failed as why:
                self.result(False, f"network cut: the {machine.name} notices", why)
        time.sleep(max(0, began + CUT - time.monotonic()))

    def mended(self):
        self.pi.silence(False)
        self.workstation.ask("clock")
        return list(self.boards), 0

    def restart(self, how):
        """Nothing is detached, and what is open stays so."""
        self.workstation.ask("mark")
        self.workstation.ask("hold", boards=self.boards)
        self.workstation.ask("restart", 120, how=how)
        return [], 0

    def held(self):
        """What was opened before still works."""
        stamp = self.stamp()
        self.workstation.ask("work", boards=self.boards, stamp=stamp)
        self.workstation.ask("release")
        self.written(stamp)

    def pi_reboots(self):
        """Without a word to anybody, as when its power fails."""
        self.workstation.ask("mark")
        self.ends(self.pi)
        self.start_pi("pi-again")
        self.bench_is_up()
        self.workstation.ask("clock")
        return list(self.boards), 0

    def workstation_reboots(self):
        """The same; the Pi may take its client for alive for some time yet."""
        self.ends(self.workstation)
        self.start_workstation("workstation-again")
        self.workstation.ask("started", BOOT, within=BOOT - 20)
        self.workstation.ask("clock")
        return list(self.boards), PEER_TIMEOUT

    def ends(self, machine):
        machine.ask("bye", 30)
        machine.wait(60)
        if machine.process.returncode:
            raise Failed(f"{machine.name} ended with {machine.process.returncode}")

    def healthy(self):
        """Before they end."""
        for machine in (self.pi, self.workstation):
            failed = machine.ask("units_failed")
            self.result(not failed, f"{machine.name}: no unit has failed", failed)

    def tell(self):
        if not self.step("first attach at boot", self.boot):
            return
        self.step("boards in other ports", self.other_ports)
        self.step("a board becomes its boot loader", lambda: self.becomes(BOOT_LOADER))
        self.step("and a board again", lambda: self.becomes(self.leonardo()))
        self.cut()
        self.step(f"network back after {CUT} s", self.mended)
        self.step("usbip-fleet restarted, files open", lambda: self.restart("restart"), self.held)
        self.step("usbip-fleet killed, files open", lambda: self.restart("kill -s KILL"), self.held)
        self.healthy()
        self.step("the Pi reboots", self.pi_reboots)
        self.step("the workstation reboots", self.workstation_reboots)
        self.healthy()
        for machine in (self.workstation, self.pi):
            self.check(f"{machine.name}: ends", lambda machine=machine: self.ends(machine))

    @staticmethod
    def leonardo():
        return dict(BOARDS["leonardo"])

    def end(self):
        """The kernels' words, of every boot; what is left behind goes."""
        for machine in self.machines:
            if machine.process.poll() is None:
                machine.process.terminate()
                machine.wait(30)
            complaints = machine.complaints()
            self.result(not complaints, f"{machine.name}: no complaint of its kernel", complaints)
        shutil.rmtree(self.tmp)
        print(f"# {time.monotonic() - self.began:.0f} s")
        print(f"1..{self.number}")


def main():
    cache = os.environ.get("XDG_CACHE_HOME") or os.environ["HOME"] + "/.cache"
    log = f"{cache}/usbip-ext/log/story"
    shutil.rmtree(log, ignore_errors=True)
    os.makedirs(log)

    def out(*command):
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              check=True).stdout.strip()
    root = out(f"{HERE}/root", "-p", "systemd")
    with open(f"{log}/build.log", "w", encoding="utf-8") as words:
        subprocess.run([f"{HERE}/build", root, f"{log}/tree"], stdin=subprocess.DEVNULL,
                       stdout=words, stderr=words, check=True)
    story = Story(root, f"{log}/tree", log)
    try:
        story.tell()
    finally:
        story.end()
    shutil.rmtree(f"{log}/tree")
    sys.exit(bool(story.failed))


main()
