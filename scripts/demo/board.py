# SPDX-License-Identifier: GPL-2.0-only
"""The board of the demo: answers every line in capitals.

Called by demo with the path of a UNIX socket, behind which QEMU has the serial
converter that the Pi sees. Needs nothing but Python. Ends when it is killed.
"""
import socket
import sys

with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(sys.argv[1])
    listener.listen()
    while True:
        connection = listener.accept()[0]
        with connection, connection.makefile("rwb", 0) as line_io:
            for line in line_io:
                line_io.write(line.upper())
