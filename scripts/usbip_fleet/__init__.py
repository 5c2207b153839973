# SPDX-License-Identifier: GPL-2.0-only
"""usbip-fleet: keeps a set of USB/IP devices attached.

config.py, protocol.py, match.py and backoff.py are pure. vhci.py and records.py know the files
of the kernel and of /run, net.py the servers, hooks.py and notify.py who is told. fleet.py
decides with all of them about what is in model.py, daemon.py runs it; cli.py is what a person types, control.py the
socket between the two, table.py what is printed.
"""
