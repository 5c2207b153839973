# SPDX-License-Identifier: GPL-2.0-only
"""The files of vhci-hcd, on a sample tree: ports and their bus IDs, cost, more ports."""
import asyncio
import os
import shutil
import tempfile
import time
import unittest
from unittest import mock

from usbip_fleet import vhci

HEADER = "hub port sta spd dev      sockfd local_busid\n"


class Tree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.write(vhci.DEVICE + "/nports", "8\n")
        self.write(vhci.DEVICE + "/attach", "")
        self.controller(0, 3, 0)
        self.controller(1, 5, 4)
        self.vhci = vhci.Vhci(self.root)

    def write(self, path, text):
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        with open(self.root + path, "w") as file:
            file.write(text)

    def read(self, path):
        with open(self.root + path) as file:
            return file.read()

    def status(self, number, text):
        self.write(vhci.DEVICE + "/status" + (".%d" % number if number else ""), HEADER + text)

    def controller(self, number, bus, first):
        """Two ports of each kind."""
        top = vhci.DEVICE[:-1] + str(number)
        self.write("%s/usb%d/speed" % (top, bus), "480\n")
        self.write("%s/usb%d/speed" % (top, bus + 1), "5000\n")
        self.status(number, "".join(
            "%s  %04d 004 000 00000000 000000 0-0\n" % (hub, first + n)
            for n, hub in enumerate(("hs", "hs", "ss", "ss"))))


class Look(Tree):
    def test_no_driver(self):
        self.assertFalse(vhci.Vhci("/nonexistent").refresh())

    def test_a_port_knows_what_its_device_will_be_called(self):
        self.assertTrue(self.vhci.refresh())
        self.assertEqual({n: p.local for n, p in self.vhci.ports().items()}, {
            0: "3-1", 1: "3-2", 2: "4-1", 3: "4-2", 4: "5-1", 5: "5-2", 6: "6-1", 7: "6-2"})

    def test_states(self):
        self.status(1, "hs  0004 006 002 00010005 000007 5-1\nss  0006 005 005 00010006 000008 0-0\n")
        self.vhci.refresh()
        self.assertEqual(self.vhci.port(4), vhci.Port(4, False, vhci.USED, 0x10005, "5-1"))
        self.assertEqual(self.vhci.port(6).state, vhci.NOT_ASSIGNED)
        self.assertIsNone(self.vhci.port(99))

    def test_whose_a_port_is(self):
        # The kernel's own driver shows no devid before the device has its address.
        self.status(1, "hs  0004 006 002 00010005 000007 5-1\nhs  0005 005 000 00000000 000000 0-0\n"
                       "ss  0006 004 000 00000000 000000 0-0\n")
        self.vhci.refresh()
        self.assertEqual([self.vhci.port(n).holds(0x10005) for n in (4, 5, 6)], [True, True, False])
        self.assertEqual([self.vhci.port(n).holds(0x10006) for n in (4, 5, 6)], [False, True, False])

    def test_a_file_is_read_when_it_is_older_than_one_likes(self):
        self.vhci.refresh()
        self.status(0, "hs  0000 006 002 00010005 000007 3-1\n")
        self.assertEqual(self.vhci.port(0, 60).state, vhci.FREE)
        self.assertEqual(self.vhci.port(0, 0).state, vhci.USED)

    def test_a_port_that_cannot_be_looked_at_is_not_one_that_is_not_there(self):
        self.vhci.refresh()
        with mock.patch("builtins.open", side_effect=OSError(24, "Too many open files")):
            with self.assertRaisesRegex(vhci.VhciError, "status: Too many open files"):
                self.vhci.port(0, 0)
        os.unlink(self.root + vhci.DEVICE + "/status")
        self.assertIsNone(self.vhci.port(0, 0))

    def test_a_driver_that_was_loaded_again(self):
        self.vhci.refresh()
        for bus in (5, 6):
            shutil.rmtree("%s%s/usb%d" % (self.root, vhci.DEVICE[:-1] + "1", bus))
        self.controller(1, 9, 4)
        self.vhci.refresh()
        self.assertEqual(self.vhci.port(4).local, "9-1")

    def test_what_cannot_be_read_now_stays_as_it_was(self):
        self.vhci.refresh()
        self.write(vhci.DEVICE + "/nports", "12\n")
        status = self.root + vhci.DEVICE + "/status"
        os.rename(status, status + "-away")
        os.mkdir(status)
        self.vhci.refresh()
        self.assertEqual(len(self.vhci.ports()), 8)
        os.rmdir(status)
        os.rename(status + "-away", status)
        self.controller(2, 7, 8)
        self.vhci.refresh()
        self.assertEqual(len(self.vhci.ports()), 12)

    def test_more_controllers_are_found(self):
        self.vhci.refresh()
        self.controller(2, 7, 8)
        self.write(vhci.DEVICE + "/nports", "12\n")
        self.vhci.refresh()
        self.assertEqual(self.vhci.port(8).local, "7-1")


class Change(Tree):
    def more(self, *args):
        asyncio.run(self.vhci.more(*args))

    def test_attach(self):
        self.vhci.refresh()
        self.vhci.attach(4, 9, 0x10005, 3)
        self.assertEqual(self.read(vhci.DEVICE + "/attach"), "4 9 65541 3")

    def test_the_kernel_is_told_of_no_speed_that_it_may_not_know(self):
        self.vhci.refresh()
        self.vhci.attach(6, 9, 1, 6)
        self.assertEqual(self.read(vhci.DEVICE + "/attach"), "6 9 1 5")

    def test_a_port_of_the_right_kind(self):
        self.vhci.refresh()
        self.assertEqual(self.vhci.choose(False, set()), 0)
        self.assertEqual(self.vhci.choose(False, {0, 1, None}), 4)
        self.assertEqual(self.vhci.choose(True, set()), 2)
        self.assertIsNone(self.vhci.choose(True, {2, 3, 6, 7}))

    def test_devices_are_spread_over_the_controllers(self):
        self.vhci.refresh()
        self.assertEqual(self.vhci.choose(False, {0}), 4)
        self.assertEqual(self.vhci.choose(False, {0, 4}), 1)

    def test_a_driver_that_has_no_more(self):
        self.vhci.refresh()
        with self.assertRaisesRegex(vhci.NoPort, "all 4 USB3 ports are in use, and this vhci-hcd cannot"):
            self.more(True, 9)

    def test_a_parameter_that_cannot_be_written(self):
        self.vhci.refresh()
        self.write(vhci.NPORTS, "4\n")
        os.chmod(self.root + vhci.NPORTS, 0o444)
        with self.assertRaises(vhci.NoPort):
            self.more(False, 9)
        self.assertEqual(self.read(vhci.NPORTS), "4\n")

    def test_a_driver_that_has(self):
        self.vhci.refresh()
        self.write(vhci.NPORTS, "4\n")
        self.more(False, 9)
        self.assertEqual(self.read(vhci.NPORTS)[:2], "19")
        self.more(False, 100)
        self.assertEqual(self.read(vhci.NPORTS)[:3], "100")

    def test_a_driver_that_has_some(self):
        self.vhci.refresh()
        self.write(vhci.NPORTS, "4\n")
        asked = []

        def write(path, text):
            asked.append(text)
            if int(text) > 5:
                raise OSError(22, "Invalid argument")
        self.vhci._write = write
        self.more(False, 100)
        self.assertEqual(asked, ["100", "19", "5"])

    def test_a_refusal_is_remembered_for_a_minute(self):
        self.vhci.refresh()
        self.write(vhci.NPORTS, "4\n")
        self.vhci._write = mock.Mock(side_effect=OSError(22, "Invalid argument"))
        with self.assertRaisesRegex(vhci.NoPort, "refuses nports=5: Invalid argument"):
            self.more(False, 100)
        with self.assertRaisesRegex(vhci.NoPort, "has refused more"):
            self.more(False, 100)
        self.assertEqual(self.vhci._write.call_count, 3)
        self.vhci.refused_until -= vhci.REFUSED
        with self.assertRaisesRegex(vhci.NoPort, "refuses"):
            self.more(False, 100)

    def test_meanwhile_nobody_waits(self):
        self.vhci.refresh()
        self.write(vhci.NPORTS, "4\n")
        reads = []

        async def story():
            begin = time.monotonic()
            self.vhci._write = lambda path, text: time.sleep(0.5)
            job = asyncio.ensure_future(self.vhci.more(False, 100))
            await asyncio.sleep(0.1)
            self.assertLess(time.monotonic() - begin, 0.3)
            with mock.patch("builtins.open", side_effect=reads.append):
                self.assertTrue(self.vhci.refresh())
                self.assertEqual(self.vhci.port(0, 0).local, "3-1")
            await job
        asyncio.run(story())
        self.assertEqual(reads, [])


if __name__ == "__main__":
    unittest.main()
