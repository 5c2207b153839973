# SPDX-License-Identifier: GPL-2.0-only
"""Runs on-attach and on-detach: one after the other for each device, of different ones side by
side. Called by fleet.py.
"""
import asyncio
import os
import shutil
import signal

from .notify import log

LIMIT = 60  # seconds
LOOKS = 20  # for device files, half a second apart


class Hooks:
    def __init__(self, driver):
        self.driver = driver  # vhci.Vhci
        self.last = {}  # name: task of its last command

    def attached(self, attachment, conf, current):
        """Once its files are there. current() says whether it is still attached."""
        self._start(attachment, conf, "on-attach", conf.on_attach,
                    self._settled(attachment.local, current))

    def detached(self, attachment, conf):
        self._start(attachment, conf, "on-detach", conf.on_detach, None)

    def _start(self, attachment, conf, what, command, before):
        name = conf.name
        environment = {
            "USBIP_FLEET_NAME": name,
            "USBIP_FLEET_SERVER": attachment.server.conf.name,
            "USBIP_FLEET_REMOTE_BUSID": attachment.offer.busid,
            "USBIP_FLEET_BUSID": attachment.local,
            "USBIP_FLEET_PORT": str(attachment.port),
            "USBIP_FLEET_ID": attachment.identity.id,
            "USBIP_FLEET_SERIAL": attachment.identity.serial,
        }
        task = asyncio.ensure_future(self._run(name, what, command, environment, before,
                                               self.last.get(name)))
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
        except (OSError, ValueError) as error:
            log("%s: %s cannot be run: %s" % (name, what, error), "error")
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
            process = await asyncio.create_subprocess_exec("udevadm", "settle", "--timeout=5")
            await process.wait()
        return True

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
