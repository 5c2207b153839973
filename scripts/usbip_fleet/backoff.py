# SPDX-License-Identifier: GPL-2.0-only
"""How long to wait before the next try. Pure but for the dice. Called by fleet.py."""
import random


class Backoff:
    """Doubles from first to limit; each wait is a random part of that, half of it at least."""

    def __init__(self, first, limit, dice=random.random):
        self.first = first
        self.limit = limit
        self.dice = dice
        self.failures = 0

    def next(self):
        """The wait after one more failure, in seconds; never above the limit."""
        # The exponent stays small however long a server is away.
        whole = min(self.limit, self.first * 2 ** min(self.failures, 16))
        self.failures += 1
        return whole * (0.5 + 0.5 * self.dice())

    def reset(self):
        self.failures = 0
