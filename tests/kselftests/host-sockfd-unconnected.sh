#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbip_sockfd refuses a stream socket that is not connected, and one that another device has.
. "$(dirname "$0")/../lib.sh"

command -v python3 >"$tmp/python" || skip "no python3 to make such sockets"
# with_socket STATEMENT FILE...: writes the descriptor of socket s to each, prints what became of it.
with_socket() {
	python3 -c '
import errno, socket, sys
exec(sys.argv[1])
for path in sys.argv[2:]:
    try:
        open(path, "wb", 0).write(b"%d" % s.fileno())
        print("ok")
    except OSError as e:
        print("errno", errno.errorcode[e.errno])
' "$@"
}

plan 9
load_dummy 2
load_host autobind=1d6b:0104 || die "usbip-host does not load"
gadget one 1d6b 0104 A1
gadget two 1d6b 0104 B2
plugged one dummy_udc.0
one=$busid
plugged two dummy_udc.1
two=$busid
check "a device is exported" wait_for 10 exported "$one"
check "another device is exported" wait_for 10 exported "$two"
sockfd=/sys/bus/usb/devices/$one/usbip_sockfd

log_mark
check "a new socket is refused" \
	equals "$(with_socket 's = socket.socket()' "$sockfd")" "errno EINVAL"
check "the log says why" kernel_said_times 1 "usbip-host $one: .*not connected"
check "a listening socket is refused" \
	equals "$(with_socket 's = socket.socket(); s.listen()' "$sockfd")" "errno EINVAL"
check "the first device is available" status_is "$one" 1

log_mark
check "a socket that one device has is refused by another" \
	equals "$(with_socket 's, t = socket.socketpair()' "$sockfd" "/sys/bus/usb/devices/$two/usbip_sockfd")" \
	"ok
errno EBUSY"
check "the log says why" kernel_said_times 1 "usbip-host $two: .*in use"
check "the other device is available" status_is "$two" 1
