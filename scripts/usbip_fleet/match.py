# SPDX-License-Identifier: GPL-2.0-only
"""Which device of a server is which of the configuration. Pure. Called by fleet.py and cli.py.

A server's list has bus ID and VID:PID only. Serial number and product are read once the device
is attached, and that resets it: it is asked only when the answer may decide something, and what
it said is kept until it is plugged in again.
"""
from collections import namedtuple
from fnmatch import fnmatchcase

# What sysfs says of an attached device.
Identity = namedtuple("Identity", "id serial product")


def must_ask(device):
    return bool(device.serial or device.product)


def id_fits(pattern, usb_id):
    return pattern == usb_id or (pattern.endswith(":*") and usb_id.startswith(pattern[:-1]))


def may_fit(device, offer):
    """By what the list says."""
    return ((not device.busid or device.busid == offer.busid) and
            (not device.ids or any(id_fits(i, offer.id) for i in device.ids)))


def fits(device, busid, identity):
    """By all there is to know. The ID may have changed since the list was made."""
    return ((not device.busid or device.busid == busid) and
            (not device.ids or any(id_fits(i, identity.id) for i in device.ids)) and
            (not device.serial or device.serial == identity.serial.strip()) and
            (not device.product or fnmatchcase(identity.product, device.product)))


def specific(device):
    """Key to sort by: who asks for more comes first."""
    return (not device.serial, not device.busid, not device.product, not device.ids)


def best(devices, busid, identity):
    """The one of these devices that it is, or None."""
    for device in sorted(devices, key=specific):
        if fits(device, busid, identity):
            return device
    return None


# To attach offer: as name, or, with asked, to find out whether it is that or another.
Step = namedtuple("Step", "offer name asked")


def plan(offers, waiting, claimed, known, last=None):
    """What to attach, given

    offers   devices the server offers and nobody is busy with
    waiting  devices of the configuration that have none, in their order
    claimed  names for which some other device is being asked already
    known    bus ID: Identity of offers that were asked before
    last     name: bus ID where it was found last, which is asked first
    """
    steps = []
    last = last or {}
    waiting = sorted(waiting, key=specific)
    taken = set(claimed)
    likely = set(last.values())
    for offer in sorted(offers, key=lambda o: (o.busid not in likely, o.busid)):
        candidates = [d for d in waiting if may_fit(d, offer)]
        identity = known.get(offer.busid)
        if identity is None:
            askers = [d for d in candidates if must_ask(d)]
            if askers:
                # Where it was last first; nobody else takes what may be an asker's.
                askers.sort(key=lambda d: last.get(d.name) != offer.busid)
                asker = next((d for d in askers if d.name not in taken), None)
                if asker:
                    taken.add(asker.name)
                    steps.append(Step(offer, asker.name, True))
                continue
        else:
            candidates = [d for d in candidates if fits(d, offer.busid, identity)]
        device = next((d for d in candidates if d.name not in taken), None)
        if device:
            taken.add(device.name)
            steps.append(Step(offer, device.name, False))
    return steps


class Identities:
    """What the free devices of one server said when they were asked.

    Kept while a bus ID is not listed, as others may use the device; forgotten when the device
    there is another one by its devid, as it is when it is plugged in again, ID or speed.
    """

    def __init__(self):
        self.entries = {}  # bus ID: (Offer, Identity)

    def learn(self, offer, identity):
        self.entries[offer.busid] = offer, identity

    def clear(self):
        self.entries.clear()

    def listed(self, offers):
        """The server's list has come."""
        for offer in offers:
            if offer.busid in self.entries and self.entries[offer.busid][0] != offer:
                del self.entries[offer.busid]

    def known(self):
        return {busid: identity for busid, (_, identity) in self.entries.items()}

    def dump(self):
        return [[list(offer), list(identity)] for offer, identity in self.entries.values()]

    def load(self, data, offer_type):
        for offer, identity in data:
            self.learn(offer_type(*offer), Identity(*identity))
