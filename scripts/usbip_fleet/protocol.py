# SPDX-License-Identifier: GPL-2.0-only
"""The messages before a device is imported: bytes in, checked values out. Pure.

Called by net.py. What a server sends is not trusted: it ends up in messages, files and links.
"""
import re
import struct
from collections import namedtuple

PORT = 3240
VERSION = 0x0111
REQ_DEVLIST, REP_DEVLIST = 0x8005, 0x0005
REQ_IMPORT, REP_IMPORT = 0x8003, 0x0003

# All big endian: version, code, status; a device; an interface is 4 bytes nobody needs here.
HEADER = struct.Struct("!HHI")
COUNT = struct.Struct("!I")
DEVICE = struct.Struct("!256s32sIIIHHHBBBBBB")
INTERFACE_SIZE = 4
IMPORT_SIZE = HEADER.size + DEVICE.size

# More than any server has; a list that says more is not one.
MAX_DEVICES = 256
MAX_INTERFACES = 32  # of a USB device

STATUS = {1: "not available", 2: "in use", 3: "in an error state", 4: "not there", 5: "refused"}
SPEEDS = {0: "?", 1: "low", 2: "full", 3: "high", 4: "wireless", 5: "super", 6: "super+"}

_BUSID = re.compile(rb"[0-9A-Za-z_.:-]{1,31}\Z")


class ProtocolError(Exception):
    """The server's bytes are not an answer, or the answer is no."""


class Missing(Exception):
    """The answer is not whole; it has need bytes at least."""

    def __init__(self, need):
        super().__init__("%d bytes are needed" % need)
        self.need = need


class Offer(namedtuple("Offer", "busid devid speed vid pid device_class")):
    """A device as a server lists it. devid is the server's name for this plugging in of it."""

    __slots__ = ()

    @property
    def id(self):
        return "%04x:%04x" % (self.vid, self.pid)


def devlist_request():
    return HEADER.pack(VERSION, REQ_DEVLIST, 0)


def import_request(busid):
    return HEADER.pack(VERSION, REQ_IMPORT, 0) + struct.pack("!32s", busid.encode("ascii"))


def _check_header(data, code):
    if len(data) < HEADER.size:
        raise Missing(HEADER.size)
    version, got, status = HEADER.unpack_from(data)
    if version != VERSION:
        raise ProtocolError("speaks version 0x%04x, not 0x%04x" % (version, VERSION))
    if got != code:
        raise ProtocolError("answered with operation 0x%04x, not 0x%04x" % (got, code))
    if status:
        raise ProtocolError("says the device is %s" % STATUS[status] if status in STATUS and
                            code == REP_IMPORT else "answered with status %u" % status)


def _device(data, at):
    """The device there and its number of interfaces; None in its place when it has no usable name."""
    (_, busid, busnum, devnum, speed, vid, pid, _, device_class, _, _, _, _,
     interfaces) = DEVICE.unpack_from(data, at)
    busid = busid.split(b"\0", 1)[0]
    if not _BUSID.match(busid) or speed not in SPEEDS:
        return None, interfaces
    devid = (busnum << 16 | devnum) & 0xffffffff
    return Offer(busid.decode("ascii"), devid, speed, vid, pid, device_class), interfaces


class DeviceList:
    """Called with what has come so far of an answer: the offers in it, once that is all.

    Each device is looked at once, however little comes at a time.
    """

    def __init__(self):
        self.at = HEADER.size + COUNT.size  # where the next device begins
        self.left = None  # how many there are to come
        self.offers = {}  # by bus ID

    def __call__(self, data):
        if self.left is None:
            self._begin(data)
        while self.left:
            # At least that, so that bytes that trickle in are not looked at each time.
            if len(data) < self.at + self.left * DEVICE.size:
                raise Missing(self.at + self.left * DEVICE.size)
            self._next(data)
        if len(data) < self.at:
            raise Missing(self.at)
        return list(self.offers.values())

    def _begin(self, data):
        _check_header(data, REP_DEVLIST)
        if len(data) < self.at:
            raise Missing(self.at)
        count, = COUNT.unpack_from(data, HEADER.size)
        if count > MAX_DEVICES:
            raise ProtocolError("lists %u devices, more than %u" % (count, MAX_DEVICES))
        self.left = count

    def _next(self, data):
        offer, interfaces = _device(data, self.at)
        if interfaces > MAX_INTERFACES:
            raise ProtocolError("lists a device of %u interfaces, more than %u" %
                                (interfaces, MAX_INTERFACES))
        self.at += DEVICE.size + interfaces * INTERFACE_SIZE
        self.left -= 1
        if offer and offer.busid in self.offers:
            raise ProtocolError("lists %s twice" % offer.busid)
        if offer:
            self.offers[offer.busid] = offer


def import_answer(data, busid):
    """The imported device. A refusal is 8 bytes long."""
    _check_header(data, REP_IMPORT)
    if len(data) < IMPORT_SIZE:
        raise Missing(IMPORT_SIZE)
    offer, _ = _device(data, HEADER.size)
    if offer is None or offer.busid != busid:
        raise ProtocolError("gave another device than the one asked for")
    return offer
