# SPDX-License-Identifier: GPL-2.0-only
"""Decides: what is attached where, under which name, and what follows when that ends.

Called by daemon.py, in asyncio's loop. A device of the configuration is a Member; what is on a
port, or on its way there, an Attachment:

    listed by its server -> imported -> on a port -> in sysfs -> known (established) -> ended

Up to "known" a task of its own drives it (_attach, _establish), so that no device waits for
another; from there on tick() looks whether its port is still used, and a server's list whether
the server agrees. Everything else happens between two awaits, so there are no locks.
"""
import asyncio
import time

from . import config as configuration
from . import match, net, records, vhci
from .backoff import Backoff
from .hooks import Hooks
from .match import Identity
from .model import Attachment, Member, Server
from .notify import log
from .protocol import Offer

INTERVAL = 1.0  # between two looks at the ports; the unit of a server's interval
RETRY_DEVICE = (0.5, 30.0)  # for a device that fails while its server answers
FORGET = 10.0  # a server away for longer may have had other devices plugged in
ENUMERATION = 90  # seconds after which a device that is not in sysfs is given up
SOON = 5  # one that goes within these seconds after the attach has failed
STEADY = 30  # one that is attached for longer has no failures to its name
MISSING = 10  # seconds after which one that has lost its files there is given up
LOOK = 0.2  # between two looks at a port that waits for that
READ = 10  # seconds for its serial number
SETTLE = 3  # seconds until a server lists again what was given back


class Fleet:
    def __init__(self, config, root=""):
        self.config = config
        self.records = records.Records(root)
        self.vhci = vhci.Vhci(root, log)
        self.hooks = Hooks(self.vhci)
        self.servers = {n: Server(c) for n, c in config.servers.items()}
        self.members = {n: Member(c) for n, c in config.devices.items()}
        self.attachments = {}  # port: Attachment
        self.importing = {}  # (server, bus ID): Attachment on its way to a port
        self.unreleased = []  # attachments that could not be given back
        self.growth = None  # the driver makes ports for who waits
        self.driver_missing = False
        self.dirty = False  # the state is to be written
        self.failure = None  # exception of a task
        try:
            self._load_state()
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            log("the state of the last daemon cannot be read: %s" % error, "warning")

    def _task(self, coroutine):
        """What it stumbles over is not lost: tick() raises it, and systemd starts us again."""
        def done(task):
            if not task.cancelled() and task.exception():
                self.failure = task.exception()
        task = asyncio.ensure_future(coroutine)
        task.add_done_callback(done)
        return task

    # --- who has what -------------------------------------------------------------

    def _busy(self):
        return list(self.attachments.values()) + list(self.importing.values())

    def attachment(self, name):
        """The device of that name, or else what is being asked whether it is that."""
        return min((a for a in self._busy() if a.name == name), key=lambda a: a.asked, default=None)

    def _waiting(self, server):
        taken = {a.name for a in self._busy() if not a.asked}
        return [m.conf for m in self.members.values()
                if m.conf.server == server.conf.name and not m.down and m.conf.name not in taken]

    # --- state that outlives us -----------------------------------------------------

    def _load_state(self):
        state = self.records.state()
        for name in state.get("down", []):
            if name in self.members:
                self.members[name].down = True
        for name, known in state.get("known", {}).items():
            if name in self.servers:
                self.servers[name].identities.load(known, Offer)
        for name, count in state.get("attaches", {}).items():
            if name in self.members:
                self.members[name].attaches = int(count)

    def save_state(self):
        self.dirty = False
        self._record(self.records.put_state, {
            "down": [n for n, m in self.members.items() if m.down],
            "attaches": {n: m.attaches for n, m in self.members.items() if m.attaches},
            "known": {n: s.identities.dump() for n, s in self.servers.items()}})

    @staticmethod
    def _record(write, *args):
        """What is written is for others and for the next start: without it devices work, too."""
        try:
            return write(*args)
        except OSError as error:
            log("%s: %s" % (error.filename, vhci.words(error)), "warning")
            return False

    # --- start, end, reload ---------------------------------------------------------

    def start(self):
        """Takes over what is attached, and goes to the servers."""
        self.look_for_driver()
        self._adopt()
        for server in self.servers.values():
            server.task = self._task(self._serve(server))

    def stop(self):
        """Everything stays attached."""
        for server in self.servers.values():
            server.task.cancel()
        for attachment in self._busy():
            if attachment.task:
                attachment.task.cancel()
        self.save_state()

    def _adopt(self):
        ports = self.vhci.ports()
        for number, record in self.records.ports().items():
            port = ports.get(number)
            try:
                attachment = self._from_record(record, port)
            except (KeyError, TypeError, ValueError):
                log("port %d: its record cannot be read, and goes" % number, "warning")
                attachment = None
            if attachment is None:
                self.records.drop_port(number)
            else:
                self._adopt_own(attachment)
        for number, port in ports.items():
            if port.state == vhci.USED and number not in self.attachments:
                self._adopt_foreign(port)
        # Somebody else may get a port that has a name from before.
        self.records.keep_names({a.local for a in self.attachments.values() if not a.asked})

    def _from_record(self, record, port):
        """What we attached, if it is still there."""
        offer = Offer(*record["offer"])
        if port is None or not port.holds(offer.devid):
            return None
        name, host, service = record["server"]
        if self.records.stock_of_other(port.number, host, service, offer.busid):
            return None
        server = self.servers.get(name)
        if server is None or (server.conf.host, server.conf.port) != (host, service):
            server = Server(configuration.Server(name, host, service, 1))
        attachment = Attachment(server, offer, record["name"], record["asked"])
        attachment.listed = Offer(*record.get("listed", offer))
        attachment.port, attachment.local = port.number, port.local
        attachment.established = record["established"]
        attachment.since = record["since"]
        if record["identity"]:
            attachment.identity = Identity(*record["identity"])
            seen = self._id(port.local)
            if seen not in (":", attachment.identity.id):
                return None
        return attachment

    def _adopt_own(self, attachment):
        self.attachments[attachment.port] = attachment
        member = self.members.get(attachment.name)
        if self.servers.get(attachment.server.conf.name) is not attachment.server or (
                not attachment.asked and (member is None or member.down)):
            self._release(attachment, "is not wanted any more")
        elif not attachment.established:
            attachment.task = self._task(self._establish(attachment))
        elif self._keeps(member.conf, attachment):
            attachment.listed_from = time.monotonic()
            self._write_records(attachment, member.conf)
            log("%s: port %d, as before" % (attachment.name, attachment.port))
        else:
            self._release(attachment, "does not match any more")

    def _adopt_foreign(self, port):
        """What somebody attached with "usbip attach", if it is one of ours."""
        record = self.records.stock(port.number)
        server = next((s for s in self.servers.values()
                       if record and record[:2] == (s.conf.host, str(s.conf.port))), None)
        if server is None:
            return
        offer = Offer(record[2], port.devid, 5 if port.super else 3, 0, 0, 0)
        attachment = Attachment(server, offer, None, True)
        attachment.foreign = True
        attachment.port, attachment.local = port.number, port.local
        self.attachments[port.number] = attachment
        attachment.task = self._task(self._establish(attachment))

    @staticmethod
    def _keeps(conf, attachment):
        return (match.fits(conf, attachment.offer.busid, attachment.identity) and
                conf.port in (None, attachment.port))

    def reload(self, new):
        """Only what has changed is touched."""
        changes = configuration.diff(self.config, new)
        self.config = new
        down = {n for n, m in self.members.items() if m.down}
        for name in changes.gone:
            attachment = self.attachment(name)
            if attachment and not attachment.asked and attachment.established:
                self._end(attachment, "is not wanted any more", detach=True)
            del self.members[name]
        for name in changes.servers_gone:
            server = self.servers.pop(name)
            server.task.cancel()
            for attachment in self._busy():
                if attachment.server is server:
                    self._abandon(attachment)
        for name in changes.servers_new:
            server = self.servers[name] = Server(new.servers[name])
            server.task = self._task(self._serve(server))
        for name, server in self.servers.items():
            server.conf = new.servers[name]
        for name in changes.new:
            self.members[name] = Member(new.devices[name])
            self.members[name].down = name in down
        for name in changes.rematched | changes.adjusted:
            self.members[name].conf = new.devices[name]
            attachment = self.attachment(name)
            if not attachment or not attachment.established:
                continue  # its task looks again
            if name in changes.adjusted or self._keeps(new.devices[name], attachment):
                self._write_records(attachment, new.devices[name])
            else:
                self._end(attachment, "does not match any more", detach=True)
        self.members = {n: self.members[n] for n in new.devices}
        self.save_state()
        return changes

    def _abandon(self, attachment):
        """On its way, and its server is gone from the configuration."""
        if attachment.task:
            attachment.task.cancel()
        self._arrived(attachment, attachment.offer.busid)
        if attachment.port in self.attachments:
            self._release(attachment, "is not wanted any more")

    # --- servers --------------------------------------------------------------------

    async def _serve(self, server):
        adopted = [a.task for a in self.attachments.values() if a.server is server and a.task]
        if adopted:
            # It may not give a second device to a name that one of these has.
            await asyncio.wait(adopted, timeout=READ)
        while True:
            started = time.monotonic()
            try:
                offers = await net.devlist(server.host)
            except (net.NetError, OSError) as error:
                self._no_answer(server, str(error))
                await asyncio.sleep(server.backoff.next())
                continue
            self._answered(server)
            self._listed(server, offers, started)
            pause = server.conf.interval * INTERVAL
            await asyncio.sleep(max(0.05, started + pause - time.monotonic()))

    def _no_answer(self, server, words):
        now = time.monotonic()
        if server.error is None or server.error == "not asked yet":
            log("server %s (%s port %d): %s" % (server.conf[:3] + (words,)), "warning")
            server.since, server.away_since = time.time(), now
        if now - server.away_since > FORGET:
            server.identities.clear()
        server.error = words
        server.offers = []
        server.failures.clear()

    def _answered(self, server):
        if server.error is not None:
            log("server %s (%s port %d): answers" % server.conf[:3])
            server.error, server.since = None, time.time()
        server.backoff.reset()

    def _listed(self, server, offers, started):
        now = time.monotonic()
        server.offers = offers
        listed = {o.busid: o for o in offers}
        for attachment in list(self.attachments.values()):
            if attachment.server is not server or started < attachment.listed_from:
                continue
            if attachment.offer.busid not in listed:
                attachment.hidden = True
            elif attachment.hidden:
                # It was in use, by us, and is free: our connection is dead and does not know.
                self._lost(attachment, "its server offers it again", detach=True)
        held = {a.offer.busid for a in self._busy() if a.server is server}
        server.identities.listed(offers)
        for busid, failure in list(server.failures.items()):
            # Plugged in again, or gone for longer than its server takes to get it back from us.
            if busid in listed and listed[busid] != failure[0] or (
                    busid not in listed and busid not in held and now > failure[3] + SETTLE):
                del server.failures[busid]
        if not self.vhci.there():
            return
        claimed = {a.name for a in self._busy() if a.asked}
        free = [o for o in offers if o.busid not in held and
                (o.busid not in server.failures or server.failures[o.busid][2] <= now)]
        waiting = self._waiting(server)
        last = {c.name: self.members[c.name].last_busid for c in waiting
                if self.members[c.name].last_busid}
        for step in match.plan(free, waiting, claimed, server.identities.known(), last):
            attachment = Attachment(server, step.offer, step.name, step.asked)
            self.importing[server.conf.name, step.offer.busid] = attachment
            attachment.task = self._task(self._attach(attachment))

    # --- attaching ------------------------------------------------------------------

    async def _attach(self, attachment):
        server, busid = attachment.server, attachment.offer.busid
        sock = None
        try:
            # The port comes first: an import that leads nowhere has reset the device.
            attachment.port = await self._free_port(attachment, set())
            sock, attachment.offer = await net.import_device(server.host, busid)
            await self._hand_over(attachment, sock)
        except (net.NetError, vhci.VhciError, OSError) as error:
            self._failed(attachment, str(error))
            return
        finally:
            self._arrived(attachment, busid)
            if sock:
                sock.close()
        await self._establish(attachment)

    def _arrived(self, attachment, busid):
        """Or given up; another may be under way since."""
        key = (attachment.server.conf.name, busid)
        if self.importing.get(key) is attachment:
            del self.importing[key]

    def _failed(self, attachment, words):
        self._later(attachment)
        if attachment.name in self.members:
            self.members[attachment.name].wrong("%s of %s: %s" % (
                attachment.listed.busid, attachment.server.conf.name, words))

    @staticmethod
    def _later(attachment):
        """It is not tried again at once."""
        server, listed = attachment.server, attachment.listed
        backoff = server.failures.get(listed.busid, (None, None))[1] or Backoff(*RETRY_DEVICE)
        now = time.monotonic()
        server.failures[listed.busid] = (listed, backoff, now + backoff.next(), now)

    async def _free_port(self, attachment, avoid):
        port = self._choose_port(attachment, avoid)
        if port is None:
            if self.growth is None:
                # All who wait share it.
                self.growth = asyncio.ensure_future(
                    self.vhci.more(attachment.offer.speed >= 5, len(self.members)))
                self.growth.add_done_callback(self._grown)
            await asyncio.shield(self.growth)
            port = self._choose_port(attachment, avoid)
            if port is None:
                raise vhci.NoPort("vhci-hcd has made ports and shows none")
        return port

    def _grown(self, growth):
        self.growth = None

    def _choose_port(self, attachment, avoid):
        """None when none is free."""
        fast = attachment.offer.speed >= 5
        member = self.members.get(attachment.name)
        self.vhci.refresh(LOOK)
        fixed = member.conf.port if member and not attachment.asked else None
        if fixed is not None:
            port = self.vhci.port(fixed)
            if port is None or port.super != fast:
                raise vhci.VhciError("port %d is no %s port" % (fixed, "USB3" if fast else "USB2"))
            if port.state != vhci.FREE or fixed in avoid:
                raise vhci.VhciError("port %d, which it is to have, is in use" % fixed)
            return fixed
        avoid = avoid | set(self.attachments) | {a.port for a in self.importing.values()}
        avoid |= {d.port for d in self.config.devices.values()}
        return self.vhci.choose(fast, avoid)

    async def _hand_over(self, attachment, sock):
        """To the kernel. Nothing is between the free port and the attach but another process."""
        tried = set()
        while True:
            if self.growth:
                await asyncio.wait([self.growth])
            # Numbers may have become those of other ports, and the speed may be another than listed.
            self.vhci.refresh(LOOK)
            port = self.vhci.port(attachment.port, 0.0)
            if port is None or port.super != (attachment.offer.speed >= 5) or port.number in tried:
                attachment.port = None
                attachment.port = await self._free_port(attachment, tried)
                continue
            if attachment.name not in self.members:
                raise vhci.VhciError("it is not wanted any more")
            attachment.local = port.local
            self.records.put_port(attachment.port, attachment.record())
            conf = self.members[attachment.name].conf
            if attachment.asked or match.must_ask(conf):
                # Not before it has said who it is.
                self.records.drop_name(attachment.local)
            else:
                self.records.put_name(attachment.local, conf)
            try:
                self.vhci.attach(attachment.port, sock.fileno(), attachment.offer.devid,
                                 attachment.offer.speed)
                break
            except vhci.PortBusy:
                self._drop_records(attachment)
                tried.add(attachment.port)
            except vhci.VhciError:
                self._drop_records(attachment)
                raise
        self.attachments[attachment.port] = attachment
        try:
            port = self.vhci.port(attachment.port, 0.0)
            if port is None or port.local != attachment.local:
                raise vhci.VhciError("port %d has become another one" % attachment.port)
            self._put_stock(attachment)
        except BaseException:
            self._release(attachment, None)
            raise

    def _put_stock(self, attachment):
        conf = attachment.server.conf
        self._record(self.records.put_stock, attachment.port, conf.host, conf.port,
                     attachment.offer.busid)

    async def _establish(self, attachment):
        """From the port to its name."""
        words = await self._enumerated(attachment)
        if words:
            self._failed(attachment, words)
            self._release(attachment, None)
            return
        read = asyncio.get_running_loop().run_in_executor(None, self._identity, attachment.local)
        try:
            attachment.identity = await asyncio.wait_for(read, READ)
            if not self.vhci.in_sysfs(attachment.local) or attachment.identity.id == ":":
                self._failed(attachment, "it has gone while it was asked")
                self._release(attachment, None)
                return
            if not attachment.foreign:
                attachment.server.identities.learn(attachment.listed, attachment.identity)
        except asyncio.TimeoutError:
            if not attachment.foreign:
                self._failed(attachment, "it does not say who it is within %d s" % READ)
            attachment.identity = Identity(attachment.offer.id, "", "")
        self._assign(attachment)
        self.dirty = True

    async def _enumerated(self, attachment):
        """Waits until it is in sysfs; what is wrong, or None. Every waiter looks at the same copy."""
        deadline = time.monotonic() + ENUMERATION
        while time.monotonic() < deadline:
            await asyncio.sleep(LOOK)
            try:
                port = self.vhci.port(attachment.port, LOOK * 0.9)
            except vhci.VhciError:
                continue  # the next look may tell
            if port is None:
                return "vhci-hcd is gone"
            if not port.holds(attachment.offer.devid):
                return "it was attached and has gone at once; the kernel log may say why"
            if port.state == vhci.ERROR:
                return "its port is in an error state"
            if port.state == vhci.USED and self.vhci.in_sysfs(attachment.local):
                return None
        return "it did not come up within %d s" % ENUMERATION

    def _identity(self, local):
        # In a thread: these files wait for whoever has locked the device, and that may be long.
        get = self.vhci.attribute
        return Identity(self._id(local), get(local, "serial"), get(local, "product"))

    def _id(self, local):
        """":" when there is none; these files wait for nobody."""
        return "%s:%s" % (self.vhci.attribute(local, "idVendor"),
                          self.vhci.attribute(local, "idProduct"))

    def _assign(self, attachment):
        member = self.members.get(attachment.name)
        if attachment.asked:
            candidates = self._waiting(attachment.server)
        else:
            # Somebody may have changed his mind meanwhile.
            candidates = [member.conf] if member and not member.down and (
                member.conf.server == attachment.server.conf.name and
                match.may_fit(member.conf, attachment.offer)) else []
        if attachment.asked or any(match.must_ask(c) for c in candidates):
            conf = match.best(candidates, attachment.offer.busid, attachment.identity)
        else:
            # As the list had it; a board may have become another one since.
            conf = candidates[0] if candidates else None
        if conf is None:
            self._release(attachment, None)
            return
        if conf.port not in (None, attachment.port):
            # Known now, it gets its port next time; somebody else's stays his on any other.
            self._release(attachment, None)
            return
        attachment.name, attachment.asked, attachment.foreign = conf.name, False, False
        attachment.established = True
        attachment.since, attachment.listed_from = time.time(), time.monotonic()
        member = self.members[conf.name]
        member.attaches += 1
        member.error = member.error_at = None
        member.last_busid = attachment.offer.busid
        self._write_records(attachment, conf)
        log("%s: %s of %s is on port %d, %s here" % (
            conf.name, attachment.offer.busid, attachment.server.conf.name, attachment.port,
            attachment.local))
        self.hooks.attached(attachment, conf,
                            lambda: self.attachments.get(attachment.port) is attachment)

    def _write_records(self, attachment, conf):
        self._record(self.records.put_port, attachment.port, attachment.record())
        self._put_stock(attachment)
        if self._record(self.records.put_name, attachment.local, conf):
            asyncio.get_running_loop().run_in_executor(None, self._tell_udev, attachment.local)

    def _tell_udev(self, local):
        """What is there already gets its links and settings; what comes later finds the file."""
        for _, _, path in self.vhci.nodes(local):
            try:
                with open(path + "/uevent", "w", encoding="ascii") as file:
                    file.write("change")
            except OSError as error:
                log("%s: %s" % (path, vhci.words(error)), "warning")

    # --- ends -----------------------------------------------------------------------

    def _drop_records(self, attachment):
        self.records.drop_port(attachment.port)
        if not attachment.foreign:
            self.records.drop_name(attachment.local)
            conf = attachment.server.conf
            self.records.drop_stock(attachment.port, conf.host, conf.port, attachment.offer.busid)

    def _release(self, attachment, words):
        """Gives the device back to its server; what is not ours is only let alone."""
        self.attachments.pop(attachment.port, None)
        if not attachment.foreign:
            try:
                port = self.vhci.port(attachment.port, 0.0)
                if port and port.holds(attachment.offer.devid):
                    self.vhci.detach(attachment.port)
            except vhci.VhciError as error:
                # It may still be there: tick() tries again, or the next start, by its record.
                if attachment.release_error != str(error):
                    log(str(error), "warning")
                attachment.release_error = str(error)
                self.unreleased.append(attachment)
                self.records.drop_name(attachment.local)
                return
        self._drop_records(attachment)
        if words:
            log("%s: %s, port %d is detached" % (attachment.name, words, attachment.port))

    def _end(self, attachment, words, detach=False):
        """Of one that was established."""
        if detach:
            self._release(attachment, words)
        else:
            self.attachments.pop(attachment.port)
            self._drop_records(attachment)
            log("%s: port %d: %s" % (attachment.name, attachment.port, words), "warning")
        member = self.members.get(attachment.name)
        if member:
            member.error, member.error_at = words, time.time()
            self.hooks.detached(attachment, member.conf)

    def _lost(self, attachment, words, detach):
        """It ends, and nobody has asked for that: soon after the attach that is a failure, too."""
        lasted = time.monotonic() - attachment.listed_from
        if lasted < SOON:
            self._later(attachment)
        elif lasted > STEADY:
            attachment.server.failures.pop(attachment.offer.busid, None)
        self._end(attachment, words, detach)

    def look_for_driver(self):
        there = self.vhci.refresh()
        if there == self.driver_missing:
            self.driver_missing = not there
            if there:
                log("vhci-hcd is there")
            else:
                log("vhci-hcd is not loaded: modprobe vhci-hcd", "error")

    def tick(self):
        """Once a second."""
        if self.failure:
            raise self.failure
        if self.dirty:
            self.save_state()
        self.look_for_driver()
        again, self.unreleased = self.unreleased, []
        for attachment in again:
            if attachment.port not in self.attachments:
                self._release(attachment, None)
        ports = self.vhci.ports()
        for attachment in list(self.attachments.values()):
            if not attachment.established:
                continue
            words, detach = self._wrong(attachment, ports.get(attachment.port))
            if words:
                self._lost(attachment, words, detach)

    def _wrong(self, attachment, port):
        """Why it is to end, or None; and whether it still has to be detached."""
        if port is None:
            return "vhci-hcd is gone", False
        if not port.holds(attachment.offer.devid):
            return "its connection has ended", False
        conf = attachment.server.conf
        if self.records.stock_of_other(port.number, conf.host, conf.port, attachment.offer.busid):
            return "somebody else has attached another device there", False
        member = self.members.get(attachment.name)
        if member is None or member.down:
            return "is not wanted any more", True
        if port.state == vhci.ERROR:
            return "its port is in an error state", True
        now = time.monotonic()
        if self.vhci.in_sysfs(attachment.local):
            attachment.missing_from = None
        elif attachment.missing_from is None:
            attachment.missing_from = now
        elif now - attachment.missing_from > MISSING:
            return "it has been missing in sysfs for %d s" % MISSING, True
        return None, False

    # --- what people ask ----------------------------------------------------------------

    def set_down(self, names, down):
        """What is attached goes, or waits for its device from now on."""
        for name in names:
            member = self.members[name]
            if member.down != down:
                member.down = down
                member.error = member.error_at = None
                log("%s: %s" % (name, "down" if down else "up"))
            attachment = self.attachment(name)
            if down and attachment and attachment.established:
                self._end(attachment, "down", detach=True)
                member.error = member.error_at = None
            elif not down and not attachment:
                # At once, whatever it failed with before.
                for busid in list(self.servers[member.conf.server].failures):
                    del self.servers[member.conf.server].failures[busid]
        self.save_state()

    def state(self, member, attachment):
        if attachment:
            return "attached" if attachment.established else "attaching"
        if member.down:
            return "down"
        if self.driver_missing:
            return "no driver"
        return "no server" if self.servers[member.conf.server].error else "waiting"

    def status(self):
        devices = []
        by_name = {a.name: a for a in sorted(self._busy(), key=lambda a: not a.asked)}
        for name, member in self.members.items():
            attachment = by_name.get(name)
            state = self.state(member, attachment)
            on_port = attachment if attachment and not attachment.asked else None
            error = member.error
            if state == "no server" and not error:
                error = self.servers[member.conf.server].error
            devices.append({
                "name": name, "state": state, "server": member.conf.server,
                "remote_busid": on_port.offer.busid if on_port else None,
                "port": on_port.port if on_port else None,
                "busid": on_port.local if on_port else None,
                "id": on_port.identity.id if on_port and on_port.identity else None,
                "serial": on_port.identity.serial if on_port and on_port.identity else None,
                "since": on_port.since if state == "attached" else None,
                "reconnects": max(0, member.attaches - 1),
                "error": error, "error_at": member.error_at})
        servers = [{"name": s.conf.name, "host": s.conf.host, "port": s.conf.port,
                    "error": s.error, "since": s.since} for s in self.servers.values()]
        return {"devices": devices, "servers": servers}

    def summary(self):
        attached = sum(a.established for a in self.attachments.values())
        return "%d of %d devices attached" % (attached, len(self.members))
