# SPDX-License-Identifier: GPL-2.0-only
"""The device list and the import: bytes as servers send them, and as they should not."""
import struct
import unittest
from unittest import mock

from usbip_fleet import protocol


def device(busid=b"1-1.2", busnum=1, devnum=5, speed=2, vid=0x0403, pid=0x6001, interfaces=1):
    return (struct.pack("!256s32sIII", b"/sys/devices/x", busid, busnum, devnum, speed) +
            struct.pack("!HHH", vid, pid, 0x0100) + bytes([0, 0, 0, 1, 1, interfaces]))


def devlist(*devices, count=None, header="01110005" + 8 * "0"):
    return (bytes.fromhex(header) + struct.pack("!I", len(devices) if count is None else count) +
            b"".join(devices))


class DeviceList(unittest.TestCase):
    def test_request(self):
        self.assertEqual(protocol.devlist_request().hex(), "0111800500000000")

    def test_none(self):
        self.assertEqual(protocol.DeviceList()(devlist()), [])

    def test_two_with_interfaces_between(self):
        data = devlist(device(interfaces=3) + 12 * b"\xff", device(b"2-1", 2, 7, 5, 1, 2) + b"abcd")
        self.assertEqual(protocol.DeviceList()(data), [
            protocol.Offer("1-1.2", 0x10005, 2, 0x0403, 0x6001, 0),
            protocol.Offer("2-1", 0x20007, 5, 1, 2, 0)])
        self.assertEqual(protocol.DeviceList()(data)[0].id, "0403:6001")

    def test_every_part_of_it_waits_for_the_rest(self):
        data = devlist(device() + b"abcd")
        for size in range(len(data)):
            with self.assertRaises(protocol.Missing, msg=size) as caught:
                protocol.DeviceList()(data[:size])
            self.assertTrue(size < caught.exception.need <= len(data))

    def test_each_device_is_looked_at_once(self):
        data = devlist(*(device(b"1-%d" % n) + b"abcd" for n in range(256)))
        parse, need, calls = protocol.DeviceList(), 0, 0
        with mock.patch.object(protocol, "_device", wraps=protocol._device) as looks:
            while True:
                calls += 1
                try:
                    self.assertEqual(len(parse(data[:need])), 256)
                    break
                except protocol.Missing as missing:
                    need = missing.need
        self.assertEqual(looks.call_count, 256)
        self.assertGreater(calls, 10)

    def test_lies(self):
        for data, words in (
                (devlist(header="01100005" + 8 * "0"), "version 0x0110"),
                (devlist(header="01110003" + 8 * "0"), "operation 0x0003"),
                (devlist(header="01110005" + "00000001"), "status 1"),
                (devlist(device(interfaces=0), device(interfaces=0)), "lists 1-1.2 twice"),
                (devlist(device(interfaces=33)), "33 interfaces, more than 32"),
                (devlist(count=257), "lists 257 devices"),
                (devlist(count=0xffffffff), "lists 4294967295 devices"),
                (b"HTTP/1.0 400 Bad Request", "version 0x4854")):
            with self.subTest(words):
                with self.assertRaisesRegex(protocol.ProtocolError, words):
                    protocol.DeviceList()(data)

    def test_what_could_do_harm_in_a_path_or_record_is_left_out(self):
        for busid in (b"", b"../../x", b"1 1", b"1-1\n2", b"\x1b[2J", 32 * b"1"):
            with self.subTest(busid):
                data = devlist(device(busid, interfaces=0), device(interfaces=0))
                self.assertEqual([o.busid for o in protocol.DeviceList()(data)], ["1-1.2"])

    def test_a_speed_that_is_none_is_left_out(self):
        self.assertEqual(protocol.DeviceList()(devlist(device(speed=77, interfaces=0))), [])


class Import(unittest.TestCase):
    def test_request(self):
        self.assertEqual(protocol.import_request("1-1.2").hex(),
                         "0111800300000000" + b"1-1.2".hex() + 27 * "00")

    def test_answer(self):
        data = bytes.fromhex("0111000300000000") + device()
        self.assertEqual(len(data), protocol.IMPORT_SIZE)
        for size in range(len(data)):
            with self.assertRaises(protocol.Missing, msg=size) as caught:
                protocol.import_answer(data[:size], "1-1.2")
            # What follows belongs to the kernel.
            self.assertTrue(size < caught.exception.need <= len(data))
        self.assertEqual(protocol.import_answer(data, "1-1.2").devid, 0x10005)

    def test_refusals_are_short(self):
        for status, words in ((1, "not available"), (2, "in use"), (4, "not there"), (9, "status 9")):
            with self.assertRaisesRegex(protocol.ProtocolError, words):
                protocol.import_answer(bytes.fromhex("01110003%08x" % status), "1-1.2")

    def test_another_device(self):
        with self.assertRaisesRegex(protocol.ProtocolError, "another device"):
            protocol.import_answer(bytes.fromhex("0111000300000000") + device(b"1-2"), "1-1.2")


if __name__ == "__main__":
    unittest.main()
