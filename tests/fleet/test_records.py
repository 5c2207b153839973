# SPDX-License-Identifier: GPL-2.0-only
"""Files in /run: ours, udev's, the stock tools'."""
import os
import shutil
import tempfile
import unittest

from usbip_fleet.config import Device
from usbip_fleet.records import InUse, Records, udev_text


def device(**keys):
    values = dict.fromkeys(Device._fields)
    values.update(name="scope", ids=(), **keys)
    return Device(**values)


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = self.folder.name
        self.records = Records(self.root)

    def text(self, path):
        with open(self.root + path) as file:
            return file.read()

    def test_ports(self):
        self.records.put_port(300, {"name": "scope"})
        self.assertEqual(Records(self.root).ports(), {300: {"name": "scope"}})
        self.records.drop_port(300)
        self.records.drop_port(300)
        self.assertEqual(self.records.ports(), {})

    def test_what_cannot_be_read_is_none(self):
        for name, text in (("1", "{"), ("2", "[]"), ("x", "{}"), ("3.new", "{}")):
            with open(self.root + "/run/usbip-fleet/ports/" + name, "w") as file:
                file.write(text)
        self.assertEqual(self.records.ports(), {})
        self.assertEqual(self.records.state(), {})

    def test_as_the_stock_tools_have_it(self):
        self.records.put_stock(7, "pi.lab", 3240, "1-1.2")
        self.assertEqual(self.text("/var/run/vhci_hcd/port7"), "pi.lab 3240 1-1.2\n")
        self.assertEqual(self.records.stock(7), ("pi.lab", "3240", "1-1.2"))
        self.records.drop_stock(7, "pi.lab", 3240, "1-1.2")
        self.assertIsNone(self.records.stock(7))

    def test_the_record_of_somebody_else_stays(self):
        self.records.put_stock(7, "other", 3240, "1-1")
        self.records.drop_stock(7, "pi.lab", 3240, "1-1.2")
        self.assertEqual(self.records.stock(7), ("other", "3240", "1-1"))

    def test_the_stock_tools_do_not_remove_the_folder(self):
        # As "usbip detach" does.
        self.records.put_stock(7, "pi.lab", 3240, "1-1.2")
        os.unlink(self.root + "/var/run/vhci_hcd/port7")
        with self.assertRaises(OSError):
            os.rmdir(self.root + "/var/run/vhci_hcd")

    def test_the_stock_tools_folder_is_made_again(self):
        shutil.rmtree(self.root + "/var/run/vhci_hcd")
        self.records.put_stock(7, "pi.lab", 3240, "1-1.2")
        self.assertEqual(self.records.stock(7), ("pi.lab", "3240", "1-1.2"))

    def test_for_udev(self):
        self.assertTrue(self.records.put_name("3-1", device()))
        self.assertFalse(self.records.put_name("3-1", device()))
        self.assertTrue(self.records.put_name("3-1", device(read_ahead=512)))
        self.assertEqual(self.text("/run/usbip-fleet/names/3-1"),
                         "USBIP_FLEET_NAME=scope\nUSBIP_FLEET_READ_AHEAD_KB=512\n")
        self.records.drop_name("3-1")
        self.assertEqual(os.listdir(self.root + "/run/usbip-fleet/names"), [])

    def test_request_size_is_in_sectors_for_the_driver_below(self):
        self.assertEqual(udev_text(device(request_size=512)).split("\n")[1:3],
                         ["USBIP_FLEET_REQUEST_KB=512", "USBIP_FLEET_REQUEST_SECTORS=1024"])

    def test_for_one_daemon(self):
        self.records.take()
        with self.assertRaisesRegex(InUse, "another usbip-fleet daemon"):
            Records(self.root).take()
        self.records.lock.close()
        Records(self.root).take()

    def test_state(self):
        self.records.put_state({"down": ["scope"]})
        self.assertEqual(Records(self.root).state(), {"down": ["scope"]})


if __name__ == "__main__":
    unittest.main()
