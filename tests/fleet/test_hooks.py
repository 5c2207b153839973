# SPDX-License-Identifier: GPL-2.0-only
"""Commands: which run, and which no longer when a device comes and goes faster than they end."""
import asyncio
import os
import tempfile
import types
import unittest
from unittest import mock

from usbip_fleet import hooks
from usbip_fleet.match import Identity


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.said = folder.name + "/said"
        self.words = []
        for patch in (mock.patch.object(hooks.Hooks, "_settled", staticmethod(self.settled)),
                      mock.patch.object(hooks, "log", lambda w, *_: self.words.append(w))):
            patch.start()
            self.addCleanup(patch.stop)

    @staticmethod
    async def settled(local, current):
        await asyncio.sleep(0.05)
        return current()

    def conf(self, on_attach="echo attached", on_detach="echo gone"):
        return types.SimpleNamespace(name="board", **{
            key: command and "{ %s; } >>%s" % (command, self.said)
            for key, command in (("on_attach", on_attach), ("on_detach", on_detach))})

    def play(self, coroutine):
        async def story():
            self.hooks = hooks.Hooks(None)
            await coroutine()
        asyncio.run(asyncio.wait_for(story(), 20))

    def attachment(self):
        server = types.SimpleNamespace(conf=types.SimpleNamespace(name="pi"))
        return types.SimpleNamespace(server=server, offer=types.SimpleNamespace(busid="1-1"),
                                     local="3-1", port=0, identity=Identity("1:2", "S", ""))

    def attach(self, conf=None):
        attachment = self.current = self.attachment()
        self.hooks.attached(attachment, conf or self.conf(), lambda: self.current is attachment)

    def detach(self, conf=None):
        attachment, self.current = getattr(self, "current", self.attachment()), None
        self.hooks.detached(attachment, conf or self.conf())

    async def done(self):
        while self.hooks.tasks:
            await asyncio.sleep(0.01)

    def lines(self):
        if not os.path.exists(self.said):
            return []
        with open(self.said) as file:
            return file.read().split("\n")[:-1]


class Order(Case):
    def test_one_after_the_other(self):
        async def story():
            for _ in range(2):
                self.attach()
                await self.done()
                self.detach()
                await self.done()
            self.assertEqual(self.lines(), ["attached", "gone"] * 2)
        self.play(story)

    def test_what_happens_while_one_runs_does_not_queue(self):
        async def story():
            slow = self.conf("echo attached; sleep 0.3; echo done")
            self.attach(slow)
            await asyncio.sleep(0.15)
            for _ in range(100):
                self.detach(slow)
                self.attach(slow)
            self.detach(slow)
            await self.done()
            self.assertEqual(self.lines(), ["attached", "done", "gone"])
        self.play(story)

    def test_attached_again_it_is_not_gone(self):
        async def story():
            slow = self.conf("sleep 0.3; echo attached")
            self.attach(slow)
            await asyncio.sleep(0.15)
            self.detach(slow)
            self.attach(slow)
            await self.done()
            self.assertEqual(self.lines(), ["attached"] * 2)
        self.play(story)

    def test_no_on_detach_without_its_on_attach(self):
        async def story():
            self.attach()
            await asyncio.sleep(0)
            self.detach()
            await self.done()
            self.assertEqual(self.lines(), [])
        self.play(story)

    def test_what_was_adopted_had_its_on_attach(self):
        async def story():
            self.detach()
            await self.done()
            self.assertEqual(self.lines(), ["gone"])
        self.play(story)

    def test_on_detach_alone(self):
        async def story():
            alone = self.conf(on_attach=None)
            for _ in range(2):
                self.attach(alone)
                await self.done()
                self.detach(alone)
                await self.done()
            self.assertEqual(self.lines(), ["gone"] * 2)
        self.play(story)


class Trouble(Case):
    def test_one_that_takes_too_long_is_killed(self):
        async def story():
            with mock.patch.object(hooks, "LIMIT", 0.1):
                self.attach(self.conf("sleep 60"))
                await self.done()
            self.assertEqual(self.words, ["board: on-attach is killed, it has run for 0 s"])
        self.play(story)

    def test_one_that_cannot_be_killed_is_not_waited_for(self):
        async def story():
            with mock.patch.object(hooks, "LIMIT", 0.1), mock.patch.object(hooks, "KILL_LIMIT", 0.1), \
                    mock.patch.object(hooks.os, "killpg"):
                self.attach(self.conf("exec sleep 0.5"))
                await self.done()
                await asyncio.sleep(0.5)
            self.assertRegex(self.words[-1], "board: on-attach hangs in the kernel, process [0-9]+")
        self.play(story)

    def test_one_that_cannot_be_started(self):
        async def story():
            with mock.patch.object(hooks.asyncio, "create_subprocess_exec",
                                   side_effect=OSError(11, "Resource temporarily unavailable")):
                self.attach()
                await self.done()
            self.assertIn("board: on-attach cannot be run", self.words[0])
        self.play(story)


class Settle(unittest.TestCase):
    def test_without_udevadm_it_goes_on(self):
        async def story():
            with mock.patch.object(hooks, "LOOKS", 0), \
                    mock.patch.object(hooks.shutil, "which", return_value="udevadm"), \
                    mock.patch.object(hooks.os.path, "exists", return_value=True), \
                    mock.patch.object(hooks.asyncio, "create_subprocess_exec",
                                      side_effect=OSError(11, "Resource temporarily unavailable")):
                self.assertTrue(await hooks.Hooks(None)._settled("3-1", lambda: True))
        asyncio.run(story())


if __name__ == "__main__":
    unittest.main()
