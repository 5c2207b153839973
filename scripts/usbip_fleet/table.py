# SPDX-License-Identifier: GPL-2.0-only
"""What is printed: columns, times, colours on a terminal only. Pure. Called by cli.py."""
import os
import time

_COLOURS = {"attached": "32", "attaching": "33", "waiting": "33", "down": "2",
            "no server": "31", "no driver": "31"}


def coloured(stream):
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def printable(text):
    """Nothing that a terminal obeys: much of it is what a server said."""
    return "".join(c if c.isprintable() else "?" for c in str(text))


def table(rows, colours=False):
    """rows: the first is the heading; None and "" are shown as "-"."""
    rows = [[printable(c) if c not in (None, "") else "-" for c in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        cells[-1] = row[-1]
        if colours:
            cells = ["\033[%sm%s\033[0m" % (_COLOURS[raw], cell) if raw in _COLOURS else cell
                     for raw, cell in zip(row, cells)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def age(since, now=None):
    """How long ago, in two units at most."""
    if since is None:
        return None
    seconds = max(0, int((time.time() if now is None else now) - since))
    if seconds < 60:
        return "%d s" % seconds
    if seconds < 3600:
        return "%d min" % (seconds // 60)
    if seconds < 86400:
        return "%d h %d min" % (seconds // 3600, seconds // 60 % 60)
    return "%d d %d h" % (seconds // 86400, seconds // 3600 % 24)
