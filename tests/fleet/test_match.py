# SPDX-License-Identifier: GPL-2.0-only
"""Who gets which device, whom one has to ask, and for how long the answer counts."""
import unittest

from usbip_fleet.config import Device
from usbip_fleet.match import Identities, Identity, best, fits, plan
from usbip_fleet.protocol import Offer


def device(name, **keys):
    values = dict.fromkeys(Device._fields)
    values.update(name=name, server="pi", ids=())
    values.update(keys)
    return Device(**values)


def offer(busid, usb_id="0403:6001", devid=1):
    vid, pid = (int(part, 16) for part in usb_id.split(":"))
    return Offer(busid, devid, 3, vid, pid, 0)


def steps(offers, waiting, claimed=(), known=None, last=None):
    return [(s.offer.busid, s.name, s.asked)
            for s in plan(offers, waiting, set(claimed), known or {}, last)]


FTDI = ("0403:6001",)


class Plan(unittest.TestCase):
    def test_by_busid(self):
        self.assertEqual(steps([offer("1-1"), offer("1-2")], [device("a", busid="1-2")]),
                         [("1-2", "a", False)])

    def test_by_id_one_of_several(self):
        a = device("a", ids=("2341:0043", "2341:0001"))
        self.assertEqual(steps([offer("1-1", "2341:0001")], [a]), [("1-1", "a", False)])
        self.assertEqual(steps([offer("1-1", "2341:0002")], [a]), [])

    def test_by_vendor(self):
        self.assertEqual(steps([offer("1-1")], [device("a", ids=("0403:*",))]), [("1-1", "a", False)])

    def test_all_keys_must_fit(self):
        self.assertEqual(steps([offer("1-1")], [device("a", ids=FTDI, busid="1-2")]), [])

    def test_one_device_a_name_and_one_name_a_device(self):
        offers = [offer("1-1"), offer("1-2")]
        self.assertEqual(steps(offers, [device("a", ids=FTDI)]), [("1-1", "a", False)])
        self.assertEqual(steps(offers[:1], [device("a", ids=FTDI), device("b", ids=("0403:*",))]),
                         [("1-1", "a", False)])

    def test_who_asks_for_more_comes_first(self):
        spare, slot = device("spare", ids=FTDI), device("slot", busid="1-1")
        self.assertEqual(steps([offer("1-1"), offer("1-2")], [spare, slot]),
                         [("1-1", "slot", False), ("1-2", "spare", False)])


class Ask(unittest.TestCase):
    boards = [device("a", ids=FTDI, serial="A"), device("b", ids=FTDI, serial="B")]

    def test_only_what_may_be_it(self):
        self.assertEqual(steps([offer("1-1", "1234:5678")], self.boards), [])

    def test_as_many_as_are_looked_for(self):
        offers = [offer("1-%d" % n) for n in range(1, 6)]
        self.assertEqual(steps(offers, self.boards), [("1-1", "a", True), ("1-2", "b", True)])
        self.assertEqual(steps(offers, self.boards, claimed={"a", "b"}), [])

    def test_where_it_was_last_first(self):
        offers = [offer("1-%d" % n) for n in range(1, 6)]
        self.assertEqual(steps(offers, self.boards[:1], last={"a": "1-4"}), [("1-4", "a", True)])
        self.assertEqual(steps(offers, self.boards, last={"a": "1-5", "b": "1-4"}),
                         [("1-4", "b", True), ("1-5", "a", True)])

    def test_nobody_whose_answer_is_known(self):
        no = Identity("0403:6001", "X", "")
        self.assertEqual(steps([offer("1-1")], self.boards, known={"1-1": no}), [])
        yes = Identity("0403:6001", "B", "")
        self.assertEqual(steps([offer("1-1")], self.boards, known={"1-1": yes}), [("1-1", "b", False)])

    def test_nobody_else_takes_what_may_be_a_board_that_is_looked_for(self):
        spare = device("spare", ids=FTDI)
        self.assertEqual(steps([offer("1-1")], [spare, self.boards[0]]), [("1-1", "a", True)])
        self.assertEqual(steps([offer("1-1")], [spare, self.boards[0]], claimed={"a"}), [])
        self.assertEqual(steps([offer("1-1")], [spare]), [("1-1", "spare", False)])

    def test_answers(self):
        known = Identity("0403:6001", "A", "FT232R USB UART")
        self.assertTrue(fits(device("x", product="FT232*"), "1-1", known))
        self.assertFalse(fits(device("x", product="ft232*"), "1-1", known))
        self.assertFalse(fits(device("x", serial="a"), "1-1", known))
        self.assertFalse(fits(device("x", serial="A", busid="1-2"), "1-1", known))
        self.assertTrue(fits(device("x", serial="A"), "1-1", known._replace(serial=" A  ")))
        spare = device("spare", ids=FTDI)
        self.assertEqual(best([spare] + self.boards, "1-1", known).name, "a")
        self.assertEqual(best([spare], "1-1", known).name, "spare")
        self.assertIsNone(best(self.boards[1:], "1-1", known))


class Known(unittest.TestCase):
    def setUp(self):
        self.known = Identities()
        self.known.learn(offer("1-1"), Identity("0403:6001", "A", ""))

    def counts(self):
        return list(self.known.known()) == ["1-1"]

    def test_while_somebody_else_uses_it(self):
        self.known.listed([])
        self.known.listed([offer("1-1"), offer("1-2")])
        self.assertTrue(self.counts())

    def test_another_device_in_its_place(self):
        self.known.listed([offer("1-1", devid=2)])
        self.assertFalse(self.counts())

    def test_as_another_id(self):
        self.known.listed([offer("1-1", "0403:6010")])
        self.assertFalse(self.counts())

    def test_it_outlives_the_daemon(self):
        other = Identities()
        other.load(self.known.dump(), Offer)
        self.assertEqual(other.known(), self.known.known())


if __name__ == "__main__":
    unittest.main()
