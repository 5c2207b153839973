# SPDX-License-Identifier: GPL-2.0-only
"""usbip-fleet daemon: signals, the clock, systemd, around a Fleet. Called by cli.py."""
import asyncio
import os
import signal
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from . import config, control, fleet, records
from .notify import log, notify


def _watchdog():
    """systemd wants to hear from us that often."""
    return "WATCHDOG=1" if os.environ.get("WATCHDOG_USEC") else ""


def _reload(the_fleet, root):
    notify("RELOADING=1\nMONOTONIC_USEC=%d" % (time.monotonic_ns() // 1000))
    try:
        changes = the_fleet.reload(config.load(root))
    except config.ConfigError as error:
        for mistake in error.mistakes:
            log(mistake, "error")
        log("the configuration stays as it was", "error")
    except OSError as error:
        log("the configuration cannot be read: %s" % error, "error")
    else:
        count = len(changes.gone | changes.new | changes.rematched | changes.adjusted)
        log("read the configuration again: %d devices changed" % count)
    notify("READY=1")


async def _run(the_config, root):
    loop = asyncio.get_running_loop()
    # For files that may block: one each for many devices that are stuck.
    loop.set_default_executor(ThreadPoolExecutor(max_workers=64))
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    the_fleet = fleet.Fleet(the_config, root)
    the_fleet.records.take()
    the_fleet.start()
    loop.add_signal_handler(signal.SIGHUP, _reload, the_fleet, root)
    server = await control.serve(the_fleet, root)
    log("looks after %d devices of %d servers" % (len(the_config.devices), len(the_config.servers)))
    said = the_fleet.summary()
    notify("READY=1\nSTATUS=" + said)
    while not end.is_set():
        try:
            await asyncio.wait_for(end.wait(), fleet.INTERVAL)
        except asyncio.TimeoutError:
            try:
                the_fleet.tick()
            except Exception:
                # systemd starts us again, and all that is attached is adopted.
                traceback.print_exc()
                os._exit(1)
        words = [_watchdog()]
        summary = the_fleet.summary()
        if summary != said:
            said = summary
            words.append("STATUS=" + said)
        if any(words):
            notify("\n".join(filter(None, words)))
    notify("STOPPING=1")
    the_fleet.stop()
    server.close()
    records.remove(root + control.SOCKET)  # some versions of asyncio have
    log("ends; what is attached stays attached")
    # Threads may hang in files of devices that do not answer: nobody waits for them.
    os._exit(0)


def main(root):
    try:
        the_config = config.load(root)
    except config.ConfigError as error:
        for mistake in error.mistakes:
            log(mistake, "error")
        return 2
    try:
        asyncio.run(_run(the_config, root))
    except (records.InUse, OSError) as error:
        log(str(error), "error")
        return 1
    return 0
