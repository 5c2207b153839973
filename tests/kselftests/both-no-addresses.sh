#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# No file and no line of the log tells an address of the kernel, with all messages on.
# Called by run_tests.sh, in a VM by vm/both.t.
# Needs dummy_hcd, usbtest.
# timeout 90
. "$(dirname "$0")/../lib.sh"

plan 8
[ "$(awk '$3 == "_text" { print $1 }' /proc/kallsyms)" != 0000000000000000 ] ||
	skip "this kernel keeps its addresses from root"
dynamic=/proc/dynamic_debug/control
# Text, or a file of names of files whose text it is, against addresses and those of SYMBOLS.
cat >"$tmp/addresses.py" <<'EOT'
import os, re, sys
how, name, symbols = sys.argv[1:]
symbols = set(symbols.split())
address = re.compile(r"(?<![0-9a-f])(?:0x)?(ffff[0-9a-f]{12})(?![0-9a-f])", re.I)
wrong = files = lines = 0

def look(where, text):
    global wrong, lines
    for line in text.splitlines():
        lines += 1
        found = [a for a in address.findall(line) if a.lower() != "f" * 16]
        found += [w for w in re.findall(r"[0-9a-f]{8,16}", line.lower()) if w in symbols]
        if found:
            print(where, "shows", found, ":", line.strip()[:200])
            wrong += 1

if how == "text":
    look(name, open(name, errors="replace").read())
else:
    for path in open(name).read().split():
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            look(path, os.read(fd, 65536).decode(errors="replace"))
            os.close(fd)
            files += 1
        except OSError:
            continue # for writing only, or gone
print(files, "files,", lines, "lines")
sys.exit(bool(wrong) or lines < 100)
EOT
load_host || die "usbip-host does not load"
load_client nports=8 || die "vhci-hcd does not load"
# The whole addresses and their lower halves, of what our modules are.
symbols=$(awk '/\[(vhci_hcd|usbip_host|usbip_ext_core)\]/ { print $1; print substr($1, 9) }' \
	/proc/kallsyms)
check "the modules' addresses are known" [ "$(echo "$symbols" | wc -l)" -gt 100 ]

log_mark
[ ! -e $dynamic ] || for module in vhci_hcd usbip_host usbip_ext_core usbcore; do
	echo "module $module +p" >$dynamic
done
echo 1 >"$vhci/usbip_debug"
usbtest_imported high-speed
usbtest_on imported "$there"
usbtest_case 9 "standard control requests" -c 1
usbtest_case 10 "queued control requests" -c 2 -g 8
usbtest_case 24 "unlink from a queue" -c 2 -g 8

# Every readable file of ours while both devices are in use.
for module in vhci_hcd usbip_host usbip_ext_core; do
	find "/sys/module/$module" -type f ! -path '*/sections/*' ! -path '*/notes/*'
done >"$tmp/names"
find /sys/devices/platform/vhci_hcd.* "$host/" "/sys/bus/usb/devices/$busid/" -type f \
	! -name descriptors >>"$tmp/names"
find /sys/kernel/debug \( -ipath '*usbip*' -o -ipath '*vhci*' \) -type f >>"$tmp/names"
clean() { python3 "$tmp/addresses.py" "$1" "$2" "$symbols"; }
check "no file shows one" clean files "$tmp/names"

detach "$(used_ports)"
wait_for 20 status_is "$busid" 1
echo 0 >"$vhci/usbip_debug"
[ ! -e $dynamic ] || for module in vhci_hcd usbip_host usbip_ext_core usbcore; do
	echo "module $module -p" >$dynamic
done
kernel_since >"$tmp/log"
check "the PDUs are in the log" grep -q 'usbip-ext: .* queued 00 00 00 01' "$tmp/log"
check "no line of the log shows one" clean text "$tmp/log"

# As it is seen that an address would be found.
echo "usbip-ext: $(echo "$symbols" | head -n 1) queued" >>"$tmp/log"
check "one would be found" fails clean text "$tmp/log"
