# SPDX-License-Identifier: GPL-2.0-only
"""Runs on-attach and on-detach: one after the other for each device, of different ones side by
side. Of what happens to a device while a command of it runs, the last counts. Called by fleet.py.
"""
import asyncio
import os
import shutil
import signal

from .notify import log

LIMIT = 60  # seconds
KILL_LIMIT = 5  # until one that was killed has ended
LOOKS = 20  # for device files, half a second apart


class Hooks:
    def __init__(self, driver):
        self.driver = driver  # vhci.Vhci
        self.tasks = {}  # name: what runs its commands now
        self.pending = {}  # name: (is it on-attach, arguments) of the command that is next
        # Names: did on-attach run since the last on-detach? What was adopted had its own before.
        self.ran = {}

    def attached(self, attachment, conf, current):
        """Once its files are there. current() says whether it is still attached."""
        self.ran.setdefault(conf.name, False)
        self._next(attachment, conf, True, conf.on_attach, current)

    def detached(self, attachment, conf):
        self._next(attachment, conf, False, conf.on_detach, None)

    def _next(self, attachment, conf, attached, command, current):
        name = conf.name
        self.pending[name] = (attached, command, attachment.local, current, {
            "USBIP_FLEET_NAME": name,
            "USBIP_FLEET_SERVER": attachment.server.conf.name,
            "USBIP_FLEET_REMOTE_BUSID": attachment.offer.busid,
            "USBIP_FLEET_BUSID": attachment.local,
            "USBIP_FLEET_PORT": str(attachment.port),
            "USBIP_FLEET_ID": attachment.identity.id,
            "USBIP_FLEET_SERIAL": attachment.identity.serial,
        })
        if name not in self.tasks:
            self.tasks[name] = asyncio.ensure_future(self._work(name))

    async def _work(self, name):
        try:
            while name in self.pending:
                attached, command, local, current, environment = self.pending.pop(name)
                if attached:
                    if command and not await self._settled(local, current):
                        continue
                elif not self.ran.get(name, True):
                    continue
                self.ran[name] = attached
                if command:
                    await self._run(name, "on-attach" if attached else "on-detach", command,
                                    environment)
        finally:
            del self.tasks[name]

    async def _run(self, name, what, command, environment):
        try:
            process = await asyncio.create_subprocess_exec(
                "/bin/sh", "-c", command, stdin=asyncio.subprocess.DEVNULL,
                env=dict(os.environ, **environment), start_new_session=True)
        except (OSError, ValueError) as error:
            log("%s: %s cannot be run: %s" % (name, what, error), "error")
            return
        try:
            code = await asyncio.wait_for(process.wait(), LIMIT)
        except asyncio.TimeoutError:
            log("%s: %s is killed, it has run for %d s" % (name, what, LIMIT), "error")
            await self._kill(name, what, process)
            return
        if code:
            log("%s: %s ends with %d" % (name, what, code), "error")

    @staticmethod
    async def _kill(name, what, process):
        try:
            os.killpg(process.pid, signal.SIGKILL)
            await asyncio.wait_for(process.wait(), KILL_LIMIT)
        except ProcessLookupError:
            pass  # it has ended just now
        except asyncio.TimeoutError:
            log("%s: %s hangs in the kernel, process %d" % (name, what, process.pid), "error")

    async def _settled(self, local, current):
        """Waits until its files in /dev are there, or for long enough; False when it has gone."""
        last = None
        for _ in range(LOOKS):
            await asyncio.sleep(0.5)
            if not current():
                return False
            # In a thread: files of a device may wait for it.
            names, whole = await asyncio.get_running_loop().run_in_executor(None, self._look, local)
            if names == last and whole:
                break
            last = names
        if shutil.which("udevadm") and os.path.exists("/run/udev/control"):
            try:
                process = await asyncio.create_subprocess_exec("udevadm", "settle", "--timeout=5")
                await asyncio.wait_for(process.wait(), 10)
            except (OSError, asyncio.TimeoutError):
                pass  # it is waited for long enough
        return current()

    def _look(self, local):
        """Names in /dev; and whether a disk, which takes its time, is among them if there is to be one."""
        nodes = self.driver.nodes(local)
        return ({name for _, name, _ in nodes},
                not self._is_disk(local) or any(kind == "block" for kind, _, _ in nodes))

    def _is_disk(self, local):
        top = self.driver.path(local)
        try:
            interfaces = [name for name in os.listdir(top) if ":" in name]
        except OSError:
            return False
        return any(self.driver.attribute(os.path.join(local, name), "bInterfaceClass") == "08"
                   for name in interfaces)
