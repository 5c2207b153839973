# SPDX-License-Identifier: GPL-2.0-only
"""What fleet.py keeps of servers, of devices of the configuration, and of what is on ports.

Data and how it is shown; the decisions are in fleet.py.
"""
import time

from . import net
from .backoff import Backoff
from .match import Identities
from .notify import log

RETRY = (0.25, 1.0)  # backoff for a server, in seconds; with net.CONNECT below 5


class Server:
    def __init__(self, conf):
        self.conf = conf
        self.host = net.Host(conf.host, conf.port)
        self.identities = Identities()
        self.backoff = Backoff(*RETRY)
        self.failures = {}  # bus ID: (Offer, Backoff, not to be tried before, when it failed)
        self.error = "not asked yet"
        self.since = time.time()
        self.away_since = time.monotonic()
        self.offers = []
        self.task = None


class Member:
    def __init__(self, conf):
        self.conf = conf
        self.down = False
        self.attaches = 0
        self.error = None
        self.error_at = None
        self.last_busid = None

    def wrong(self, words):
        """Says it once."""
        if self.error != words:
            log("%s: %s" % (self.conf.name, words), "warning")
        self.error, self.error_at = words, time.time()


class Attachment:
    def __init__(self, server, offer, name, asked):
        self.server = server  # Server
        self.offer = offer  # as the import had it
        self.listed = offer  # as the list had it; not always the same
        self.name = name  # whose it is, or, while asked, whose it may be
        self.asked = asked
        self.foreign = False  # attached by somebody else: never detached unasked
        self.port = None
        self.local = None
        self.identity = None
        self.established = False
        self.hidden = False  # the server's list left it out once it was ours
        self.since = time.time()
        self.listed_from = float("inf")  # lists asked for later know of us
        self.release_error = None  # why it could not be given back
        self.missing_from = None  # when it was first seen to have no files
        self.task = None

    def record(self):
        conf = self.server.conf
        return {"name": self.name, "asked": self.asked, "established": self.established,
                "server": [conf.name, conf.host, conf.port], "offer": list(self.offer),
                "listed": list(self.listed),
                "identity": list(self.identity) if self.identity else None, "since": self.since}
