# SPDX-License-Identifier: GPL-2.0-only
"""The decisions, with servers and a vhci-hcd that are a few lines each, twenty times as fast."""
import asyncio
import os
import socket
import struct
import sys
import tempfile
import time
import unittest
from unittest import mock

from usbip_fleet import config, fleet, model, vhci
from usbip_fleet.protocol import DEVICE


class Bench:
    """A USB/IP server. A device in use is not listed, unless it is one that lists all."""

    def __init__(self):
        self.devices = {}  # bus ID: (ID, serial, devnum)
        self.clients = {}  # bus ID: writer
        self.asked = []
        self.lists_all = False
        self.refuses = 0  # status of imports
        self.silent = False  # to imports
        self.lists_with = {}  # bus ID: ID, where the list has another one than the import
        self.port = None
        self.server = None

    def plug(self, busid, usb_id="0403:6001", serial="", devnum=5):
        self.devices[busid] = (usb_id, serial, devnum)

    def unplug(self, busid):
        del self.devices[busid]
        if busid in self.clients:
            self.clients.pop(busid).close()

    async def start(self):
        self.server = await asyncio.start_server(self._visitor, "127.0.0.1", self.port or 0)
        self.port = self.server.sockets[0].getsockname()[1]

    def kill(self):
        self.server.close()
        for writer in self.clients.values():
            writer.close()
        self.clients.clear()

    def _record(self, busid, usb_id=None):
        own_id, _, devnum = self.devices[busid]
        usb_id = usb_id or own_id
        vid, pid = (int(part, 16) for part in usb_id.split(":"))
        return DEVICE.pack(b"/x", busid.encode(), 1, devnum, 3, vid, pid, 0, 0, 0, 0, 1, 1, 0)

    async def _visitor(self, reader, writer):
        _, code, _ = struct.unpack("!HHI", await reader.readexactly(8))
        if code == 0x8005:
            listed = [b for b in self.devices if self.lists_all or b not in self.clients]
            writer.write(struct.pack("!HHII", 0x111, 5, 0, len(listed)) +
                         b"".join(self._record(b, self.lists_with.get(b)) for b in listed))
            writer.close()
            return
        busid = (await reader.readexactly(32)).rstrip(b"\0").decode()
        self.asked.append(busid)
        if self.silent:
            await reader.read()
            writer.close()
            return
        if self.refuses or busid not in self.devices or busid in self.clients:
            writer.write(struct.pack("!HHI", 0x111, 3, self.refuses or 4))
            writer.close()
            return
        self.clients[busid] = writer
        writer.write(struct.pack("!HHI", 0x111, 3, 0) + self._record(busid))
        if not await reader.read(1) and self.clients.get(busid) is writer:
            del self.clients[busid]
        writer.close()


class Driver(vhci.Vhci):
    """vhci-hcd with six ports; what it attaches is in sysfs at once."""

    bench = None  # where serial numbers are looked up
    sockets = {}
    taken = set()  # by somebody else
    there_is = True
    names = []  # the files for udev at each attach

    def refresh(self, max_age=0.0):
        for number, (sock, _, _) in list(self.sockets.items()):
            try:
                if sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"":
                    self.detach(number)
            except BlockingIOError:
                pass
            except OSError:
                self.detach(number)
        return self.there_is

    def there(self):
        return self.there_is

    def ports(self):
        self.refresh()
        return {n: self.port(n) for n in range(6)} if self.there_is else {}

    def port(self, number, max_age=None):
        if not 0 <= number < 6 or not self.there_is:
            return None
        devid = self.sockets[number][1] if number in self.sockets else 0
        state = vhci.USED if number in self.sockets or number in self.taken else vhci.FREE
        return vhci.Port(number, number >= 4, state, devid, "3-%d" % (number + 1))

    def choose(self, fast, avoid):
        return next((n for n in range(4) if n not in self.sockets and n not in avoid), None)

    async def more(self, fast, want):
        raise vhci.NoPort("all 4 USB2 ports are in use")

    def attach(self, port, sockfd, devid, speed):
        if port in self.sockets or port in self.taken:
            raise vhci.PortBusy("port %d is in use" % port)
        self.names.append(os.listdir(self.root + "/run/usbip-fleet/names"))
        sock = socket.socket(fileno=os.dup(sockfd))
        peer = next(b for b, w in self.bench.clients.items()
                    if w.get_extra_info("peername") == sock.getsockname())
        self.sockets[port] = (sock, devid, peer)

    def detach(self, port):
        self.sockets.pop(port)[0].close()

    def in_sysfs(self, local):
        return True

    def attribute(self, local, name):
        _, _, busid = self.sockets[int(local[2:]) - 1]
        usb_id, serial, _ = self.bench.devices[busid]
        return {"idVendor": usb_id[:4], "idProduct": usb_id[5:], "serial": serial}.get(name, "")

    def nodes(self, local):
        return []


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.words = []
        Driver.sockets, Driver.taken, Driver.there_is, Driver.names = {}, set(), True, []
        for patch in (mock.patch.object(fleet.vhci, "Vhci", Driver),
                      mock.patch.object(fleet, "INTERVAL", 0.05),
                      mock.patch.object(fleet, "LOOK", 0.01),
                      mock.patch.object(model, "RETRY", (0.02, 0.05)),
                      mock.patch.object(fleet, "RETRY_DEVICE", (0.05, 0.2)),
                      mock.patch.object(fleet, "SETTLE", 0.1),
                      mock.patch.object(model, "log", lambda w, *_: self.words.append(w)),
                      mock.patch.object(fleet, "log", lambda w, *_: self.words.append(w))):
            patch.start()
            self.addCleanup(patch.stop)

    def play(self, coroutine):
        asyncio.run(asyncio.wait_for(self._play(coroutine), 20))

    async def _play(self, coroutine):
        self.bench = Driver.bench = Bench()
        await self.bench.start()
        self.fleet = None
        try:
            await coroutine()
        finally:
            if self.fleet:
                self.stop()
            self.bench.kill()

    def config(self, devices, port=None):
        return config.parse([("x", "[server pi]\nhost = 127.0.0.1\nport = %d\n%s" % (
            port or self.bench.port, devices))])

    async def start(self, devices):
        self.fleet = fleet.Fleet(self.config(devices), self.root)
        self.fleet.start()

        async def tick():
            while True:
                await asyncio.sleep(fleet.INTERVAL)
                self.fleet.tick()
        self.clock = asyncio.ensure_future(tick())

    def stop(self):
        self.clock.cancel()
        self.fleet.stop()
        self.fleet = None

    def has(self, name):
        """Bus ID at the server of what has that name."""
        attachment = self.fleet.attachment(name)
        return attachment.offer.busid if attachment and attachment.established else None

    async def until(self, condition):
        for _ in range(500):
            if condition():
                return
            await asyncio.sleep(0.01)
        self.fail("still not; said: %s; status: %s" % (self.words, self.fleet.status()))

    def said(self, part):
        return any(part in line for line in self.words)


A = "[device a]\nserver = pi\nbusid = 1-1\n"
B = "[device b]\nserver = pi\nbusid = 1-2\n"
SERIAL = "[device %s]\nserver = pi\nid = 0403:6001\nserial = %s\n"


class Keep(Case):
    def test_attached_at_appearance_and_again(self):
        async def story():
            await self.start(A)
            await self.until(lambda: self.fleet.status()["devices"][0]["state"] == "waiting")
            self.bench.plug("1-1")
            await self.until(lambda: self.has("a"))
            self.bench.unplug("1-1")
            await self.until(lambda: not self.has("a"))
            self.assertTrue(self.said("a: port 0: its connection has ended"))
            self.bench.plug("1-1")
            await self.until(lambda: self.has("a"))
            self.assertEqual(self.fleet.status()["devices"][0]["reconnects"], 1)
        self.play(story)

    def test_a_server_that_comes_back(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            self.bench.kill()
            await self.until(lambda: self.fleet.status()["devices"][0]["state"] == "no server")
            await self.bench.start()
            await self.until(lambda: self.has("a"))
        self.play(story)

    def test_a_device_that_is_offered_again_has_lost_its_connection(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            await self.until(lambda: self.fleet.attachment("a").hidden)
            # As if the server had been switched off and on: it knows nothing of us.
            self.bench.clients.clear()
            await self.until(lambda: self.said("a: its server offers it again"))
            await self.until(lambda: self.has("a"))
        self.play(story)

    def test_a_server_that_lists_what_is_in_use_is_no_reason(self):
        async def story():
            self.bench.lists_all = True
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            await asyncio.sleep(0.5)
            self.assertEqual(self.bench.asked, ["1-1"])
        self.play(story)

    def test_a_refused_device_is_tried_again_ever_less(self):
        async def story():
            self.bench.plug("1-1")
            self.bench.refuses = 1
            await self.start(A)
            await asyncio.sleep(0.8)
            self.assertTrue(3 <= len(self.bench.asked) <= 10, self.bench.asked)
            self.assertEqual(len([w for w in self.words if "a: 1-1 of pi: says" in w]), 1)
            self.bench.refuses = 0
            await self.until(lambda: self.has("a"))
            self.assertIsNone(self.fleet.status()["devices"][0]["error"])
        self.play(story)

    def test_one_that_goes_at_once_is_tried_again_ever_less(self):
        async def story():
            self.bench.plug("1-1")
            with mock.patch.object(fleet, "RETRY_DEVICE", (0.3, 0.3)):
                await self.start(A)
                end = time.monotonic() + 1
                while time.monotonic() < end:
                    await asyncio.sleep(0.01)
                    if self.has("a") and self.bench.clients:
                        self.bench.clients.pop("1-1").close()
            self.assertTrue(3 <= len(self.bench.asked) <= 6, self.bench.asked)
        self.play(story)

    def test_one_that_was_attached_for_long_has_no_failures(self):
        async def story():
            self.bench.plug("1-1")
            with mock.patch.object(fleet, "RETRY_DEVICE", (0.1, 60)), \
                    mock.patch.object(fleet, "SOON", 0.1), mock.patch.object(fleet, "STEADY", 0.1):
                self.bench.refuses = 1
                await self.start(A)
                await self.until(lambda: len(self.bench.asked) == 2)
                self.bench.refuses = 0
                await self.until(lambda: self.has("a"))
                await asyncio.sleep(0.2)
                self.bench.clients.pop("1-1").close()
                await self.until(lambda: not self.has("a"))
                self.assertEqual(self.fleet.servers["pi"].failures, {})
                await self.until(lambda: self.has("a"))
        self.play(story)

    def test_a_refused_device_is_tried_at_once_when_it_is_plugged_in_again(self):
        async def story():
            self.bench.plug("1-1", devnum=5)
            self.bench.refuses = 1
            with mock.patch.object(fleet, "RETRY_DEVICE", (60, 60)):
                await self.start(A)
                await self.until(lambda: self.bench.asked)
                self.bench.refuses = 0
                self.bench.plug("1-1", devnum=6)
                await self.until(lambda: self.has("a"))
        self.play(story)

    def test_a_server_that_takes_connections_and_is_silent_delays_no_other(self):
        async def story():
            async def nothing(reader, writer):
                await reader.read()
                writer.close()
            mute = await asyncio.start_server(nothing, "127.0.0.1", 0)
            self.bench.plug("1-1")
            await self.start(
                "[server mute]\nhost = 127.0.0.1\nport = %d\n" % mute.sockets[0].getsockname()[1] +
                "[device m]\nserver = mute\nbusid = 1-1\n" + A)
            begin = asyncio.get_running_loop().time()
            await self.until(lambda: self.has("a"))
            self.assertLess(asyncio.get_running_loop().time() - begin, 1)
            mute.close()
        self.play(story)

    def test_no_driver(self):
        async def story():
            Driver.there_is = False
            self.bench.plug("1-1")
            await self.start(A)
            await asyncio.sleep(0.2)
            self.assertEqual(self.fleet.status()["devices"][0]["state"], "no driver")
            self.assertEqual(self.bench.asked, [])
            Driver.there_is = True
            await self.until(lambda: self.has("a"))
        self.play(story)

    def test_what_has_lost_its_files_is_given_back_after_a_while(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            with mock.patch.object(fleet, "MISSING", 0.2):
                with mock.patch.object(Driver, "in_sysfs", return_value=False):
                    await asyncio.sleep(0.1)
                self.assertFalse(self.said("missing in sysfs"))
                await asyncio.sleep(0.2)
                with mock.patch.object(Driver, "in_sysfs", return_value=False):
                    await self.until(lambda: self.said("a: it has been missing in sysfs"))
            await self.until(lambda: self.has("a"))
        self.play(story)

    def test_a_port_in_an_error_state_is_detached(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            with mock.patch.object(vhci, "USED", vhci.ERROR):
                await self.until(lambda: self.said("a: its port is in an error state"))
            await self.until(lambda: self.has("a"))
        self.play(story)

    def test_what_a_task_stumbles_over_ends_the_daemon(self):
        async def story():
            self.bench.plug("1-1")
            with mock.patch.object(fleet.Fleet, "_assign", side_effect=KeyError("bug")):
                await self.start(A)
                await self.until(lambda: self.fleet.failure)
                with self.assertRaises(KeyError):
                    await self.clock
        self.play(story)


class Ports(Case):
    def test_a_port_that_somebody_took_meanwhile(self):
        async def story():
            Driver.taken = {0, 1}
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            self.assertEqual(self.fleet.attachment("a").port, 2)
            self.assertEqual(list(self.fleet.records.ports()), [2])
            self.assertEqual(self.bench.asked, ["1-1"])
        self.play(story)

    def test_udev_knows_the_name_before_the_device_is_there(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            self.assertEqual(Driver.names, [["3-1"]])
        self.play(story)

    def test_a_port_of_its_own(self):
        async def story():
            self.bench.plug("1-1")
            self.bench.plug("1-2")
            await self.start(A + B + "port = 0\n")
            await self.until(lambda: self.has("a") and self.has("b"))
            self.assertEqual(self.fleet.attachment("b").port, 0)
        self.play(story)

    def test_none_is_left(self):
        async def story():
            Driver.taken = {0, 1, 2, 3}
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.said("a: 1-1 of pi: port 3 is in use") or
                             self.said("all 4 USB2 ports are in use"))
        self.play(story)

    def test_ports_are_asked_for_once_for_all(self):
        async def story():
            asked = []

            async def more(driver, fast, want):
                asked.append(want)
                await asyncio.sleep(0.2)
                Driver.taken = set()
            Driver.taken = {0, 1, 2, 3}
            for busid in ("1-1", "1-2"):
                self.bench.plug(busid)
            with mock.patch.object(Driver, "choose", lambda driver, fast, avoid: next(
                    (n for n in range(4) if n not in driver.sockets and n not in avoid and
                     n not in driver.taken), None)), mock.patch.object(Driver, "more", more):
                await self.start(A + B)
                await self.until(lambda: self.has("a") and self.has("b"))
            self.assertEqual(asked, [2])
        self.play(story)

    def test_a_number_that_is_another_port_now(self):
        async def story():
            self.bench.plug("1-1")
            port = Driver.port

            def changed(driver, number, max_age=None):
                found = port(driver, number)
                return found._replace(local="9-9") if number in driver.sockets else found
            with mock.patch.object(Driver, "port", changed):
                await self.start(A)
                await self.until(lambda: self.said("a: 1-1 of pi: port 0 has become another one"))
            await self.until(lambda: self.has("a"))
            self.assertEqual(len(Driver.sockets), 1)
        self.play(story)


class Records(Case):
    def test_a_record_for_the_stock_tools_that_cannot_be_written_is_a_warning(self):
        async def story():
            self.bench.plug("1-1")
            with mock.patch("usbip_fleet.records.Records.put_stock",
                            side_effect=OSError(28, "No space left on device", "port0")):
                await self.start(A)
                await self.until(lambda: self.has("a"))
            self.assertTrue(self.said("port0: No space left on device"))
            self.assertIsNone(self.fleet.failure)
        self.play(story)

    def test_nor_is_the_state_a_reason_to_end(self):
        async def story():
            self.bench.plug("1-1")
            with mock.patch("usbip_fleet.records.Records.put_state",
                            side_effect=OSError(28, "No space left on device", "state")):
                await self.start(A)
                await self.until(lambda: self.said("state: No space left on device"))
                await asyncio.sleep(0.2)
            self.assertFalse(self.clock.done())
        self.play(story)

    def test_what_goes_wrong_after_the_attach_gives_the_device_back(self):
        async def story():
            self.bench.plug("1-1")
            with mock.patch.object(fleet.Fleet, "_put_stock", side_effect=KeyError("bug")):
                await self.start(A)
                await self.until(lambda: self.fleet.failure)
            self.assertEqual((self.fleet.attachments, Driver.sockets), ({}, {}))
        self.play(story)

    def test_a_port_that_cannot_be_looked_at_is_recorded(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            with mock.patch.object(Driver, "port", side_effect=vhci.VhciError("status: Too many")):
                self.fleet.set_down(["a"], True)
                self.assertEqual(list(self.fleet.records.ports()), [0])
                self.stop()
            await self.start(A)
            await self.until(lambda: not Driver.sockets)
        self.play(story)

    def test_what_could_not_be_given_back_is_tried_again(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            with mock.patch.object(Driver, "port", side_effect=vhci.VhciError("status: Too many")), \
                    mock.patch.object(Driver, "ports", return_value={}):
                self.fleet.set_down(["a"], True)
                await asyncio.sleep(0.2)
            await self.until(lambda: not Driver.sockets)
            self.assertEqual(self.fleet.records.ports(), {})
            self.assertEqual(self.words.count("status: Too many"), 1)
        self.play(story)

    def test_a_state_of_another_version_is_no_reason_to_end(self):
        async def story():
            for text in ('{"known": {"pi": [[1]]}}', '{"known": {"pi": [[["1-1"], ["x"]]]}}',
                         '{"known": []}', '{"attaches": {"a": "x"}}', '{"down": 5}', '{"down": [[]]}'):
                os.makedirs(self.root + "/run/usbip-fleet", exist_ok=True)
                with open(self.root + "/run/usbip-fleet/state", "w") as file:
                    file.write(text)
                await self.start(A)
                self.stop()
                self.assertTrue(self.said("the state of the last daemon cannot be read"), text)
                self.words.clear()
        self.play(story)


class Serial(Case):
    def test_each_is_asked_once(self):
        async def story():
            for number, serial in enumerate("XABY", 1):
                self.bench.plug("1-%d" % number, serial=serial)
            await self.start(SERIAL % ("a", "A") + SERIAL % ("b", "B") + SERIAL % ("c", "C"))
            await self.until(lambda: self.has("a") == "1-2" and self.has("b") == "1-3")
            await asyncio.sleep(0.5)
            self.assertEqual(sorted(self.bench.asked), ["1-1", "1-2", "1-3", "1-4"])
            self.assertEqual(len(os.listdir(self.root + "/run/usbip-fleet/names")), 2)
            self.assertEqual(len(Driver.sockets), 2)
        self.play(story)

    def test_no_name_before_the_number_is_known_nor_when_it_was_known(self):
        async def story():
            self.bench.plug("1-1", serial="A")
            await self.start(SERIAL % ("a", "A"))
            await self.until(lambda: self.has("a"))
            self.fleet.set_down(["a"], True)
            self.fleet.set_down(["a"], False)
            await self.until(lambda: len(Driver.names) == 2 and self.has("a"))
            self.assertEqual(Driver.names, [[], []])
        self.play(story)

    def test_nobody_is_asked_when_none_is_looked_for(self):
        async def story():
            self.bench.plug("1-1", serial="A")
            await self.start(SERIAL % ("a", "A"))
            await self.until(lambda: self.has("a"))
            self.bench.plug("1-2", serial="X")
            await asyncio.sleep(0.3)
            self.assertEqual(self.bench.asked, ["1-1"])
        self.play(story)

    def test_what_it_did_not_say_before_it_went_does_not_count(self):
        async def story():
            self.bench.plug("1-1", serial="A")
            with mock.patch.object(Driver, "attribute", return_value=""), \
                    mock.patch.object(Driver, "in_sysfs", side_effect=[True, False]):
                await self.start(SERIAL % ("a", "A"))
                await self.until(lambda: self.said("it has gone while it was asked"))
            await self.until(lambda: self.has("a"))
        self.play(story)

    def test_what_could_not_be_read_does_not_count(self):
        async def story():
            self.bench.plug("1-1", serial="A")
            with mock.patch.object(Driver, "attribute", return_value=""):
                await self.start(SERIAL % ("a", "A"))
                await self.until(lambda: len(self.bench.asked) > 1)
            await self.until(lambda: self.has("a"))
        self.play(story)

    def test_what_says_nothing_is_asked_ever_less(self):
        async def story():
            self.bench.plug("1-1", serial="A")
            with mock.patch.object(fleet, "READ", 0.02), \
                    mock.patch.object(fleet.Fleet, "_identity", lambda *_: time.sleep(0.1)):
                await self.start(SERIAL % ("a", "A"))
                await asyncio.sleep(1)
            self.assertTrue(3 <= len(self.bench.asked) <= 9, self.bench.asked)
            self.assertTrue(self.said("a: 1-1 of pi: it does not say who it is"))
            await self.until(lambda: self.has("a"))
        self.play(story)

    def test_asked_once_where_list_and_import_differ(self):
        async def story():
            self.bench.plug("1-1", usb_id="0403:6010", serial="X")
            self.bench.lists_with["1-1"] = "0403:6001"
            await self.start(SERIAL % ("a", "A"))
            await asyncio.sleep(0.5)
            self.assertEqual(self.bench.asked, ["1-1"])
        self.play(story)

    def test_failures_count_where_list_and_import_differ(self):
        async def story():
            self.bench.plug("1-1", usb_id="0403:6010")
            self.bench.lists_with["1-1"] = "0403:6001"
            with mock.patch.object(fleet, "ENUMERATION", 0):
                await self.start(A)
                await asyncio.sleep(0.8)
            self.assertTrue(3 <= len(self.bench.asked) <= 9, self.bench.asked)
        self.play(story)

    def test_asked_again_when_it_was_plugged_in_again(self):
        async def story():
            self.bench.plug("1-1", serial="X", devnum=5)
            await self.start(SERIAL % ("a", "A"))
            await self.until(lambda: self.bench.asked and not self.bench.clients)
            await asyncio.sleep(0.3)
            self.bench.plug("1-1", serial="A", devnum=6)
            await self.until(lambda: self.has("a"))
            self.assertEqual(self.bench.asked, ["1-1", "1-1"])
        self.play(story)

    def test_not_asked_again_by_the_next_daemon(self):
        async def story():
            self.bench.plug("1-1", serial="X")
            await self.start(SERIAL % ("a", "A"))
            await self.until(lambda: self.bench.asked and not self.bench.clients)
            self.stop()
            await self.start(SERIAL % ("a", "A"))
            await asyncio.sleep(0.3)
            self.assertEqual(self.bench.asked, ["1-1"])
        self.play(story)


class Restart(Case):
    def test_what_is_attached_is_adopted(self):
        async def story():
            self.bench.plug("1-1")
            self.bench.plug("1-2", serial="B")
            await self.start(A + SERIAL % ("b", "B"))
            await self.until(lambda: self.has("a") and self.has("b"))
            ports = {n: self.fleet.attachment(n).port for n in "ab"}
            self.stop()
            await self.start(A + SERIAL % ("b", "B"))
            self.assertEqual({n: self.fleet.attachment(n).port for n in "ab"}, ports)
            await asyncio.sleep(0.3)
            self.assertEqual(sorted(self.bench.asked), ["1-1", "1-2"])
        self.play(story)

    def test_what_is_no_longer_wanted_goes(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            self.stop()
            await self.start(B)
            self.assertEqual(Driver.sockets, {})
        self.play(story)

    def test_somebody_elses_device_is_adopted_when_it_is_one_of_ours(self):
        async def story():
            for busid in ("1-1", "1-2"):
                self.bench.plug(busid)
            await self.start(A + B)
            await self.until(lambda: self.has("a") and self.has("b"))
            self.stop()
            for name in os.listdir(self.root + "/run/usbip-fleet/ports"):
                os.unlink(self.root + "/run/usbip-fleet/ports/" + name)
            await self.start(A)
            await self.until(lambda: self.has("a") == "1-1")
            self.assertEqual(len(Driver.sockets), 2)
        self.play(story)

    def test_somebody_elses_device_on_another_port_than_ours_is_to_have_is_left_alone(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            self.stop()
            os.unlink(self.root + "/run/usbip-fleet/ports/0")
            for _ in range(2):
                await self.start(A + "port = 2\n")
                await asyncio.sleep(0.2)
                self.assertIsNone(self.fleet.attachment("a"))
                self.assertEqual(list(Driver.sockets), [0])
                self.stop()
        self.play(story)

    def test_killed_while_it_asked(self):
        async def story():
            self.bench.plug("1-1", serial="X")
            await self.start(SERIAL % ("a", "A"))
            with mock.patch.object(fleet.Fleet, "_assign"):
                await self.until(lambda: any(a.identity for a in self.fleet.attachments.values()))
            self.stop()
            await self.start(SERIAL % ("a", "A"))
            await self.until(lambda: not Driver.sockets)
            self.assertEqual(self.fleet.records.ports(), {})
        self.play(story)

    def test_one_that_does_not_say_who_it_is_delays_no_other_server(self):
        async def story():
            self.bench.plug("1-1", serial="A")
            with mock.patch.object(fleet.Fleet, "_enumerated", lambda *_: asyncio.sleep(60)):
                await self.start(SERIAL % ("a", "A"))
                await self.until(lambda: Driver.sockets)
                self.stop()
                self.bench.plug("1-2")
                begin = time.monotonic()
                await self.start(SERIAL % ("a", "A") + "[server too]\nhost = 127.0.0.1\n"
                                 "port = %d\n" % self.bench.port + B.replace("pi", "too"))
                await self.until(lambda: self.bench.asked == ["1-1", "1-2"])
                self.assertLess(time.monotonic() - begin, 1)
        self.play(story)

    def test_a_port_that_has_another_device_now(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            self.stop()
            sock, _, busid = Driver.sockets[0]
            Driver.sockets[0] = (sock, 0x99999, busid)
            os.unlink(self.root + "/var/run/vhci_hcd/port0")
            await self.start(A)
            self.assertIsNone(self.fleet.attachment("a"))
            self.assertEqual(len(Driver.sockets), 1)
            # It is not called a.
            self.assertEqual(os.listdir(self.root + "/run/usbip-fleet/names"), [])
        self.play(story)

    def test_a_device_of_another_server_with_the_same_number_is_not_ours(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            self.stop()
            self.write_stock("other 3240 1-1\n")
            await self.start(A)
            self.assertIsNone(self.fleet.attachment("a"))
            self.assertEqual(len(Driver.sockets), 1)
            self.assertEqual(os.listdir(self.root + "/run/usbip-fleet/names"), [])
        self.play(story)

    def test_nor_while_the_daemon_runs(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            self.write_stock("other 3240 1-1\n")
            await self.until(lambda: self.said("a: port 0: somebody else has attached another"))
            self.assertEqual(len(Driver.sockets), 1)
            self.assertEqual(self.fleet.records.stock(0), ("other", "3240", "1-1"))
        self.play(story)

    def write_stock(self, text):
        with open(self.root + "/var/run/vhci_hcd/port0", "w") as file:
            file.write(text)

    def test_a_device_of_another_id_is_not_ours(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            self.stop()
            self.bench.plug("1-1", usb_id="046d:c31c")
            os.unlink(self.root + "/var/run/vhci_hcd/port0")
            await self.start(A)
            self.assertIsNone(self.fleet.attachment("a"))
            self.assertEqual(len(Driver.sockets), 1)
        self.play(story)


class Commands(Case):
    def test_down_stays_down_over_a_restart_until_up(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            self.fleet.set_down(["a"], True)
            self.assertEqual(Driver.sockets, {})
            self.stop()
            await self.start(A)
            await asyncio.sleep(0.3)
            self.assertEqual(self.fleet.status()["devices"][0]["state"], "down")
            self.fleet.set_down(["a"], False)
            await self.until(lambda: self.has("a"))
        self.play(story)

    def test_reload_touches_what_has_changed(self):
        async def story():
            for busid in ("1-1", "1-2", "1-3"):
                self.bench.plug(busid)
            await self.start(A + B)
            await self.until(lambda: self.has("a") and self.has("b"))
            self.fleet.reload(self.config(A + "read-ahead = 512\n" + B.replace("1-2", "1-3")))
            await self.until(lambda: self.has("b") == "1-3")
            self.assertEqual(sorted(self.bench.asked), ["1-1", "1-2", "1-3"])
            self.assertEqual(self.has("a"), "1-1")
        self.play(story)

    def test_reload_to_another_server(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            self.fleet.reload(self.config(A, port=1))
            self.assertEqual(Driver.sockets, {})
            await self.until(lambda: self.fleet.status()["devices"][0]["state"] == "no server")
            self.fleet.reload(self.config(A))
            await self.until(lambda: self.has("a"))
        self.play(story)

    def test_down_stays_down_when_the_server_moves(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            self.fleet.set_down(["a"], True)
            self.fleet.reload(self.config(A, port=1))
            self.assertEqual(self.fleet.status()["devices"][0]["state"], "down")
            self.stop()
            await self.start(A)
            self.assertEqual(self.fleet.status()["devices"][0]["state"], "down")
        self.play(story)

    def test_reload_while_a_server_is_silent(self):
        async def story():
            self.bench.plug("1-1")
            self.bench.silent = True
            await self.start(A)
            await self.until(lambda: self.bench.asked)
            self.fleet.reload(self.config(A, port=1))
            self.bench.silent = False
            self.fleet.reload(self.config(A))
            await self.until(lambda: self.has("a"))
            await asyncio.sleep(0.1)
            self.assertIsNone(self.fleet.failure)
            self.assertEqual(self.fleet.importing, {})
        self.play(story)

    def ask_for(self, name):
        """As if another device were being asked whether it is that."""
        server = self.fleet.servers["pi"]
        asked = model.Attachment(server, fleet.Offer("9-9", 1, 3, 0, 0, 0), name, True)
        self.fleet.attachments = dict([(3, asked)] + list(self.fleet.attachments.items()))
        asked.port, asked.local = 3, "3-4"

    def test_down_while_another_device_is_asked_for_the_name(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            self.ask_for("a")
            self.assertEqual(self.fleet.status()["devices"][0]["state"], "attached")
            self.fleet.set_down(["a"], True)
            self.assertEqual(Driver.sockets, {})
        self.play(story)

    def test_what_is_attached_and_down_goes(self):
        async def story():
            self.bench.plug("1-1")
            await self.start(A)
            await self.until(lambda: self.has("a"))
            self.fleet.members["a"].down = True
            await self.until(lambda: not Driver.sockets)
        self.play(story)

    def test_on_attach_and_on_detach(self):
        async def story():
            said = self.root + "/said"
            self.bench.plug("1-1", serial="S")
            await self.start(A + "on-attach = echo $USBIP_FLEET_NAME $USBIP_FLEET_SERIAL >>%s\n"
                             "on-detach = echo gone $USBIP_FLEET_PORT >>%s\n" % (said, said))
            await self.until(lambda: os.path.exists(said))
            self.bench.unplug("1-1")
            await self.until(lambda: not self.has("a"))
            await self.until(lambda: not self.fleet.hooks.tasks)
            with open(said) as file:
                self.assertEqual(file.read(), "a S\ngone 0\n")
        self.play(story)


if __name__ == "__main__":
    sys.exit(unittest.main())
