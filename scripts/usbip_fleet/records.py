# SPDX-License-Identifier: GPL-2.0-only
"""What is remembered in /run: which port is whose, for the next daemon, udev and "usbip port".

    /run/usbip-fleet/ports/PORT     ours: JSON, written before the port is attached
    /run/usbip-fleet/names/BUSID    for udev, by the bus ID that the device will have here
    /run/usbip-fleet/lock           locked by the daemon that runs
    /run/usbip-fleet/state          which devices are down, what free ones said when asked: JSON
    /var/run/vhci_hcd/portPORT      the stock tools': "host port busid"
    /var/run/vhci_hcd/usbip-fleet   empty: "usbip detach" removes the folder once it can

Called by fleet.py, daemon.py and control.py.
"""
import fcntl
import json
import os

RUN = "/run/usbip-fleet"
STOCK = "/var/run/vhci_hcd"


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return None


def _write(path, text):
    """Whole or not at all, whoever reads it and whenever we are killed. Says whether it is news."""
    if _read(path) == text:
        return False
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)
    return True


def remove(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _json(text, kind):
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return None
    return value if isinstance(value, kind) else None


def udev_text(device):
    """What the udev rules go by."""
    lines = ["USBIP_FLEET_NAME=%s" % device.name]
    if device.read_ahead is not None:
        lines.append("USBIP_FLEET_READ_AHEAD_KB=%d" % device.read_ahead)
    if device.request_size is not None:
        lines.append("USBIP_FLEET_REQUEST_KB=%d" % device.request_size)
        lines.append("USBIP_FLEET_REQUEST_SECTORS=%d" % (2 * device.request_size))
    return "\n".join(lines) + "\n"


class InUse(Exception):
    """Another daemon has them."""


class Records:
    def __init__(self, root=""):
        self.run = root + RUN
        self.stock_folder = root + STOCK
        for folder in (self.run, self.run + "/ports", self.run + "/names"):
            os.makedirs(folder, 0o755, exist_ok=True)
        self._keep_stock_folder()
        self.lock = None

    def take(self):
        """For us alone, until we end."""
        self.lock = open(self.run + "/lock", "w", encoding="ascii")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse("another usbip-fleet daemon is running") from None

    # --- ports, ours --------------------------------------------------------------

    def ports(self):
        """Port: record, of all that can be read."""
        found = {}
        for name in os.listdir(self.run + "/ports"):
            if name.isdigit():
                record = _json(_read("%s/ports/%s" % (self.run, name)), dict)
                if record is not None:
                    found[int(name)] = record
        return found

    def put_port(self, port, record):
        _write("%s/ports/%d" % (self.run, port), json.dumps(record) + "\n")

    def drop_port(self, port):
        remove("%s/ports/%d" % (self.run, port))

    # --- names, for udev ------------------------------------------------------------

    def put_name(self, local, device):
        """Says whether that is news."""
        return _write("%s/names/%s" % (self.run, local), udev_text(device))

    def drop_name(self, local):
        remove("%s/names/%s" % (self.run, local))

    def keep_names(self, locals_):
        """Those of these bus IDs alone."""
        for local in os.listdir(self.run + "/names"):
            if local not in locals_:
                self.drop_name(local)

    # --- the stock tools' -------------------------------------------------------------

    def stock(self, port):
        """(host, service, busid) or None."""
        words = (_read("%s/port%d" % (self.stock_folder, port)) or "").split()
        return tuple(words) if len(words) == 3 else None

    def _keep_stock_folder(self):
        os.makedirs(self.stock_folder, 0o700, exist_ok=True)
        _write(self.stock_folder + "/usbip-fleet", "")

    def put_stock(self, port, host, service, busid):
        self._keep_stock_folder()
        _write("%s/port%d" % (self.stock_folder, port), "%s %s %s\n" % (host, service, busid))

    def stock_of_other(self, port, host, service, busid):
        """Has somebody else attached something there since?"""
        return self.stock(port) not in (None, (host, str(service), busid))

    def drop_stock(self, port, host, service, busid):
        if not self.stock_of_other(port, host, service, busid):
            remove("%s/port%d" % (self.stock_folder, port))

    # --- state ----------------------------------------------------------------------------

    def state(self):
        return _json(_read(self.run + "/state"), dict) or {}

    def put_state(self, state):
        _write(self.run + "/state", json.dumps(state) + "\n")
