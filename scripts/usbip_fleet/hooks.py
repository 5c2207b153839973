# SPDX-License-Identifier: GPL-2.0-only
"""Runs on-attach and on-detach: one after the other for each device, of different ones side by
side. Called by fleet.py.
"""
import asyncio
import os
import signal

from .notify import log

LIMIT = 60  # seconds


class Hooks:
    def __init__(self):
        self.last = {}  # name: task of its last command

    def run(self, name, what, command, environment, before=None):
        """before: a coroutine to wait for first."""
        previous = self.last.get(name)
        task = asyncio.ensure_future(self._run(name, what, command, environment, before, previous))
        self.last[name] = task
        task.add_done_callback(lambda t: self.last.get(name) is t and self.last.pop(name))

    async def _run(self, name, what, command, environment, before, previous):
        if previous:
            await asyncio.wait([previous])
        if before and not await before:
            return
        try:
            process = await asyncio.create_subprocess_exec(
                "/bin/sh", "-c", command, stdin=asyncio.subprocess.DEVNULL,
                env=dict(os.environ, **environment), start_new_session=True)
        except OSError as error:
            log("%s: %s cannot be run: %s" % (name, what, error.strerror), "error")
            return
        try:
            code = await asyncio.wait_for(process.wait(), LIMIT)
        except asyncio.TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            log("%s: %s is killed, it has run for %d s" % (name, what, LIMIT), "error")
            return
        if code:
            log("%s: %s ends with %d" % (name, what, code), "error")
