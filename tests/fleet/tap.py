# SPDX-License-Identifier: GPL-2.0-only
"""Runs test_*.py beside it and prints TAP. Called by tests/fleet-unit.t."""
import os
import sys
import unittest

here = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(here, "..", "..", "scripts"))


class Tap(unittest.TestResult):
    def _line(self, ok, test, words=""):
        print("%sok %d - %s" % ("" if ok else "not ", self.testsRun, test.id()))
        for line in words.splitlines():
            print("# " + line)

    def addSuccess(self, test):
        self._line(True, test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._line(False, test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._line(False, test, self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            print("# %s\n# %s" % (subtest, str(err[1]).replace("\n", "\n# ")))
            self.sub_failed = True

    def startTest(self, test):
        super().startTest(test)
        self.sub_failed = False

    def stopTest(self, test):
        super().stopTest(test)
        if self.sub_failed:
            self._line(False, test)


suite = unittest.defaultTestLoader.discover(here)
result = Tap()
suite.run(result)
print("1..%d" % result.testsRun)
sys.exit(not result.wasSuccessful())
