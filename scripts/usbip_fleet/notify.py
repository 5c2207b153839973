# SPDX-License-Identifier: GPL-2.0-only
"""Words to systemd and to its journal. Called by daemon.py and fleet.py; silent without systemd."""
import os
import socket
import sys

_LEVELS = {"error": 3, "warning": 4, "info": 6}


def notify(text):
    """sd_notify(3)."""
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    if path[0] == "@":
        path = "\0" + path[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            sock.sendto(text.encode(), path)
    except OSError as error:
        print("systemd cannot be told: %s" % error.strerror, file=sys.stderr)


def log(text, level="info"):
    """A line on standard error; the journal takes the level from its prefix."""
    prefix = "<%d>" % _LEVELS[level] if "JOURNAL_STREAM" in os.environ else ""
    print(prefix + text, file=sys.stderr, flush=True)
