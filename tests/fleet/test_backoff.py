# SPDX-License-Identifier: GPL-2.0-only
"""Waits grow, are bounded and differ."""
import unittest

from usbip_fleet import fleet, model, net
from usbip_fleet.backoff import Backoff


class Waits(unittest.TestCase):
    def test_they_double_up_to_the_limit(self):
        backoff = Backoff(0.25, 2, dice=lambda: 1)
        self.assertEqual([backoff.next() for _ in range(5)], [0.25, 0.5, 1, 2, 2])

    def test_they_start_anew(self):
        backoff = Backoff(0.25, 2, dice=lambda: 1)
        backoff.next()
        backoff.next()
        backoff.reset()
        self.assertEqual(backoff.next(), 0.25)

    def test_chance_takes_half_at_most(self):
        self.assertEqual(Backoff(1, 2, dice=lambda: 0).next(), 0.5)
        waits = {Backoff(1, 2).next() for _ in range(50)}
        self.assertGreater(len(waits), 40)

    def test_a_year_later(self):
        backoff = Backoff(0.25, 2, dice=lambda: 1)
        backoff.failures = 10 ** 7
        self.assertEqual(backoff.next(), 2)

    def test_a_server_is_noticed_within_5_s(self):
        # It returns when a connection has just been tried in vain: that has to time out, then the wait.
        self.assertLess(net.CONNECT + model.RETRY[1] + fleet.LOOK, 5)


if __name__ == "__main__":
    unittest.main()
