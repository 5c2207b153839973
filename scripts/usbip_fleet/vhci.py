# SPDX-License-Identifier: GPL-2.0-only
"""The files of vhci-hcd in sysfs, ours or the kernel's own: ports, attach, detach, more ports.

Called by fleet.py and cli.py. A status file is read again only when it is older than who asks
accepts, and looked into only when it has changed: the cost does not depend on who waits.
"""
import asyncio
import errno
import os
import re
import time
from collections import namedtuple

DEVICE = "/sys/devices/platform/vhci_hcd.0"
NPORTS = "/sys/module/vhci_hcd/parameters/nports"
BUS = "/sys/bus/usb/devices"

FREE, NOT_ASSIGNED, USED, ERROR = 4, 5, 6, 7

REFUSED = 60  # seconds until the driver is asked for ports again
GONE = (errno.ENOENT, errno.ENODEV)  # what a file of a driver that is not there says

# local: the bus ID that a device there has or will have; devid and busid: what status says.
class Port(namedtuple("Port", "number super state devid local")):
    __slots__ = ()

    def holds(self, devid):
        """Is it that device's? The kernel's own driver says whose it is once it is used only."""
        return self.state != FREE and (self.state != USED or self.devid == devid)


class VhciError(Exception):
    """One line for a person."""


class NoPort(VhciError):
    """Every port of that speed is in use, and there will be no more."""


class PortBusy(VhciError):
    """Somebody else has it."""


def words(error):
    return error.strerror or str(error)


class _Controller:
    def __init__(self, path, folder):
        self.path = path
        self.buses = {}  # {super: bus number of the root hub}
        self.hubs = {}  # folder of a root hub: its inode, for another may have its name later
        for name in os.listdir(folder):
            if re.fullmatch("usb[0-9]+", name):
                hub = os.path.join(folder, name)
                with open(os.path.join(hub, "speed"), encoding="ascii") as file:
                    self.buses[float(file.read()) > 480] = int(name[3:])
                self.hubs[hub] = os.stat(hub).st_ino
        self.text = None
        self.read_at = float("-inf")
        self.ports = {}

    def is_another(self):
        """Has the driver been loaded again?"""
        try:
            return any(os.stat(hub).st_ino != inode for hub, inode in self.hubs.items())
        except FileNotFoundError:
            return True

    def refresh(self):
        with open(self.path, encoding="ascii") as file:
            text = file.read()
        self.read_at = time.monotonic()
        if text == self.text:
            return
        self.text = text
        self.ports = dict(self._parse(text))

    def _parse(self, text):
        """On each root hub, the ports stand in the order of the hub's own."""
        on_hub = {False: 0, True: 0}
        for line in text.split("\n"):
            hub, *rest = line.split() or [""]
            if hub not in ("hs", "ss") or len(rest) < 4:
                continue
            fast = hub == "ss"
            on_hub[fast] += 1
            local = "%s-%d" % (self.buses.get(fast, "?"), on_hub[fast])
            number = int(rest[0])
            yield number, Port(number, fast, int(rest[1]), int(rest[3], 16), local)


class Vhci:
    def __init__(self, root="", log=lambda words: None):
        self.root = root
        self.log = log
        self.controllers = []
        self.nports = None
        self.where = {}  # port number: controller
        self.growing = False  # the driver makes ports
        self.refused_until = float("-inf")

    # --- looking --------------------------------------------------------------

    def there(self):
        return bool(self.controllers)

    def refresh(self, max_age=0.0):
        """All controllers; False while there is no driver."""
        if self.growing:
            return self.there()
        try:
            with open(self.root + DEVICE + "/nports", encoding="ascii") as file:
                nports = file.read()
        except OSError as error:
            if error.errno in GONE:
                self.controllers, self.where, self.nports = [], {}, None
            return self.there()
        try:
            if nports != self.nports or not self.controllers or any(
                    c.is_another() for c in self.controllers):
                self.controllers = self._discover()
                self.nports = nports
            self._refresh(self.controllers, max_age)
        except OSError as error:
            # As if nothing had changed, for a port that was not seen is not free; and from the
            # start the next time, for controllers may come and go.
            self.log("%s: %s" % (error.filename, words(error)))
            self.nports = None
        return self.there()

    def _discover(self):
        """All controllers, each with its ports."""
        names = {}
        for name in os.listdir(self.root + DEVICE):
            index = re.fullmatch(r"status(?:\.([0-9]+))?", name)
            if index:
                names[int(index[1] or 0)] = name
        controllers = [_Controller(os.path.join(self.root + DEVICE, name),
                                   self.root + DEVICE[:-1] + str(number))
                       for number, name in sorted(names.items())]
        for controller in controllers:
            controller.refresh()
        return controllers

    def _refresh(self, controllers, max_age):
        oldest = time.monotonic() - max_age
        for controller in controllers:
            if controller.read_at <= oldest:
                controller.refresh()
        self.where = {n: c for c in self.controllers for n in c.ports}

    def ports(self):
        """Number: Port, as of the last look."""
        return {n: p for c in self.controllers for n, p in c.ports.items()}

    def port(self, number, max_age=None):
        """That port, looked at again when older than max_age; None when there is none.

        VhciError when it cannot be told: no file is left, say.
        """
        controller = self.where.get(number)
        if controller and max_age is not None and not self.growing:
            try:
                if controller.read_at <= time.monotonic() - max_age:
                    controller.refresh()
            except OSError as error:
                if error.errno in GONE:
                    return None
                raise VhciError("%s: %s" % (controller.path, words(error))) from None
        return controller.ports.get(number) if controller else None

    # --- changing -------------------------------------------------------------

    def attach(self, port, sockfd, devid, speed):
        # SuperSpeedPlus is a speed the kernel's own driver need not know, of the same port.
        line = "%d %d %d %d" % (port, sockfd, devid, min(speed, 5))
        try:
            self._write(DEVICE + "/attach", line)
        except OSError as error:
            if error.errno == errno.EBUSY:
                raise PortBusy("port %d is in use" % port) from None
            raise VhciError('vhci-hcd does not take "%s": %s' % (line, words(error))) from None
        finally:
            self._stale(port)

    def detach(self, port):
        try:
            self._write(DEVICE + "/detach", str(port))
        except OSError as error:
            raise VhciError("port %d cannot be detached: %s" % (port, words(error))) from None
        finally:
            self._stale(port)

    def _stale(self, port):
        if port in self.where:
            self.where[port].read_at = float("-inf")

    def choose(self, fast, avoid):
        """A free port of that speed that is not in avoid, as of the last look; None without one.

        Where most are free: the devices of a root hub come up one after the other, those of
        several side by side.
        """
        free = [[number for number, port in controller.ports.items()
                 if port.super == fast and port.state == FREE and number not in avoid]
                for controller in self.controllers]
        return min(max(free, key=len, default=[]), default=None)

    async def more(self, fast, want):
        """Asks the driver for want ports of each kind, or what it can make; NoPort when that is none.

        This takes it a second or two, in a thread; whoever looks at its files waits, so nobody
        does. All ports at once, and not again within a minute when it has refused.
        """
        kind = "USB3" if fast else "USB2"
        have = sum(p.super == fast for p in self.ports().values())
        full = "all %d %s ports are in use" % (have, kind)
        try:
            writable = os.stat(self.root + NPORTS).st_mode & 0o200
        except OSError:
            writable = 0
        if not writable:
            raise NoPort(full + ", and this vhci-hcd cannot make more: load it with a larger "
                         "nports= (the kernel's own has no such parameter)")
        if time.monotonic() < self.refused_until:
            raise NoPort("%s, and vhci-hcd has refused more" % full)
        self.growing = True
        job = asyncio.get_running_loop().run_in_executor(None, self._grow, want, have)
        job.add_done_callback(self._grown)
        number, error = await asyncio.shield(job)
        if error:
            self.refused_until = time.monotonic() + REFUSED
            raise NoPort("%s, and vhci-hcd refuses nports=%d: %s" % (full, number, words(error)))
        self.log("vhci-hcd has %d ports of each kind now, as %s" % (number, full))
        self.refresh()

    def _grow(self, want, have):
        # At least a whole controller, or what the bus numbers have left of one.
        for number in (max(want, have + 15), have + 15, have + 1):
            try:
                self._write(NPORTS, str(number))
                return number, None
            except OSError as error:
                last = error
        return number, last

    def _grown(self, job):
        self.growing = False

    def _write(self, path, text):
        # One write() each, and no file where there is no driver.
        file = os.open(self.root + path, os.O_WRONLY)
        try:
            os.write(file, text.encode("ascii"))
        finally:
            os.close(file)

    # --- the device on a port ---------------------------------------------------

    def path(self, local):
        return os.path.join(self.root + BUS, local)

    def in_sysfs(self, local):
        """With its attributes: the link comes after them."""
        return os.path.exists(self.path(local))

    def attribute(self, local, name):
        """Its text, or "". Reading some of them waits for whoever has locked the device."""
        try:
            with open(os.path.join(self.path(local), name), encoding="utf-8",
                      errors="replace") as file:
                return file.read().rstrip("\n")
        except OSError:
            return ""

    def nodes(self, local):
        """(subsystem, name in /dev, path in sysfs) of the device and of what it is to the system."""
        found = []
        top = os.path.realpath(self.path(local))
        for folder, folders, names in os.walk(top):
            folders[:] = sorted(f for f in folders if f != "power" and not f.startswith("ep_"))
            if "dev" not in names:
                continue
            try:
                with open(os.path.join(folder, "uevent"), encoding="utf-8") as file:
                    name = re.search("^DEVNAME=(.*)$", file.read(), re.M)
                subsystem = os.path.basename(os.readlink(os.path.join(folder, "subsystem")))
            except OSError:
                continue  # it goes just now
            if name:
                found.append((subsystem, name[1], folder))
        return found
