#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every file, parameter and tracepoint is as docs/abi.md has it, and who is not root can change nothing.
# Called by run_tests.sh, in a VM by vm/both.t.
# Needs setpriv, unshare, dummy_hcd.
# timeout 90
. "$(dirname "$0")/../lib.sh"

plan 21
[ -n "$(command -v setpriv)" ] || skip "no setpriv"
load_client nports=16 || die "vhci-hcd does not load"
export_gadget
start_sim sim --attach 0 int:speed=high
wait_for 20 usable 0 || die "no port has it"
device=/sys/bus/usb/devices/$busid/

# Every file that comes with our drivers, but for those that the kernel gives to
# all modules, drivers and devices; more than two controllers are all alike.
ours_only() {
	sed -e '/\/sections\//d' -e '/\/notes\//d' -e '/\/power\//d' -e '/\/holders\//d' |
		grep -vE '/(uevent|modalias|driver_override|bind|unbind|new_id|remove_id|coresize)$' |
		grep -vE '/(initsize|initstate|refcnt|srcversion|taint|version|rollup|numa_node)$'
}
walk() {
	for module in vhci_hcd usbip_host usbip_ext_core; do
		find "/sys/module/$module" -type f
	done
	find /sys/devices/platform/vhci_hcd.* -path '*/usb[0-9]*' -prune -o -type f -print
	find "$host" -type f
	find "$device" -maxdepth 2 -type f -path '*/usbip_*'
	find /sys/kernel/debug -path /sys/kernel/debug/tracing -prune -o \
		-ipath '*usbip*' -print -o -ipath '*vhci_hcd*' -type f -print
}
walk | ours_only | sort >"$tmp/files"
while read -r file; do
	stat -c "%a %U:%G $file" "$file"
done <"$tmp/files" | sed "s,$device,DEVICE/," >"$tmp/modes"

# abi KEY: "VALUE WHAT" for each entry of docs/abi.md that has that key.
abi() {
	awk -v key="$1:" '
	$1 == "What:" { if (!more) n = 0; what[++n] = $2; more = 1; next }
	{ more = 0 }
	$1 == key { value = $0; sub(/^[^ ]+ +/, "", value); for (i = 1; i <= n; i++) print value, what[i] }
	' "$tests/../docs/abi.md"
}
abi Mode | sed -e "s,^0\([0-7]*\) ,\1 root:root ,; s,$vhci/status.N$,$vhci/status.1," \
	-e 's,/sys/bus/usb/devices/BUSID/,DEVICE/,' >"$tmp/expected"
same_table() { sort "$1" >"$tmp/a"; sort "$2" >"$tmp/b"; diff "$tmp/a" "$tmp/b"; }
check "every file of ours is as docs/abi.md has it" same_table "$tmp/expected" "$tmp/modes"

for module in usbip-ext-core vhci-hcd usbip-host; do
	modinfo -F parm "$(ours $module)" | sed "s,^\([^:]*\):.*,/sys/module/$module/parameters/\1,; s/-/_/g"
done >"$tmp/parameters"
abi Mode | sed -n 's,.* \(/sys/module/\),\1,p' >"$tmp/expected"
check "so is every parameter" same_table "$tmp/expected" "$tmp/parameters"
for module in usbip-ext-core vhci-hcd usbip-host; do
	modinfo -F parm "$(ours $module)"
done | sed -n 's,^\([^:]*\):.*(default \([0-9]*\).*,\2 \1,p' >"$tmp/defaults"
abi Default | sed -n 's,^\([0-9]* \).*/,\1,p' >"$tmp/expected"
check "so is what each is unless given" same_table "$tmp/expected" "$tmp/defaults"

mountpoint -q /sys/kernel/tracing || mount -t tracefs none /sys/kernel/tracing || skip "no tracefs"
for event in /sys/kernel/tracing/events/vhci_hcd/*/; do
	echo "$(grep '^print fmt' "$event/format" | grep -o '[a-z]*=%' | tr -d '%' | paste -s -d ' ' -) ${event%/}"
done >"$tmp/events"
abi Format >"$tmp/expected"
check "so are the tracepoints and their fields" same_table "$tmp/expected" "$tmp/events"

# All of them, with the kernel's for all: nobody but root writes.
not_writable() { # PATH
	open=$(find "$@" ! -type l -perm /022)
	[ -z "$open" ] || { echo "$open"; return 1; }
}
check "no file is writable for others" not_writable /sys/module/vhci_hcd /sys/module/usbip_host \
	/sys/module/usbip_ext_core /sys/devices/platform/vhci_hcd.* "$host/" "$device"

# It would take away what the files speak of.
check "nobody can unbind the controllers" fails ls /sys/bus/platform/drivers/vhci_hcd/unbind

# as_user COMMAND...: without any right. as_root_of_a_container: root of a user namespace.
as_user() { setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs "$@"; }
as_root_of_a_container() { as_user unshare -Ur "$@"; }
# Each open in a process of its own, which must say EACCES.
cat >"$tmp/open.py" <<'EOT'
import errno, os, sys
flags, wrong = (os.O_WRONLY if sys.argv[1] == "w" else os.O_RDONLY), 0
for name in sys.argv[2:]:
    try:
        os.close(os.open(name, flags))
        print(name, "can be opened")
        wrong = 1
    except OSError as e:
        if e.errno != errno.EACCES:
            print(name, e)
            wrong = 1
sys.exit(wrong)
EOT
chmod 755 "$tmp"
# shellcheck disable=SC2086 # words
cannot_write() { "$@" python3 "$tmp/open.py" w $files; }
files="$(cat "$tmp/files") $host/bind $host/unbind"
check "a user can open none for writing" cannot_write as_user
check "nor can root of a user namespace" cannot_write as_root_of_a_container
secret=$(grep -E '/(attach|detach|rebind|usbip_sockfd)$' "$tmp/files")
# shellcheck disable=SC2086
check "a user cannot read what is for writing" as_user python3 "$tmp/open.py" r $secret
# shellcheck disable=SC2016 # for the shell in there
check "a user can read the rest" as_user sh -c 'for file; do cat "$file" || exit 1; done' cat \
	"$vhci/status" "$vhci/nports" "$device/usbip_status" "$host/match_busid"
check "a user cannot look into debugfs" fails as_user ls /sys/kernel/debug

# What these files are for.
node=$(node_of "$(port_busid 0)")
check "a user cannot attach" fails as_user "$sim_dir/attach-raw" -t 0 unix "$vhci/attach" 1 65538 3
check "nor can root of a user namespace" fails as_root_of_a_container \
	"$sim_dir/attach-raw" -t 0 unix "$vhci/attach" 1 65538 3
check "a user cannot detach" fails as_user usbip detach -p 0
check "a user cannot bind" fails as_user usbip bind -b "$busid"
check "a user cannot unbind" fails as_user usbip unbind -b "$busid"
check "a user cannot reset an imported device" fails as_user "$tests/usbfs" "$node" reset
node=$(node_of "$busid")
check "a user cannot reset an exported device" fails as_user "$tests/usbfs" "$node" reset
check "a user cannot load or remove" fails as_user sh -c "rmmod vhci-hcd || rmmod usbip-host ||
	insmod '$(ours vhci-hcd)' || insmod '$(ours usbip-host)'"
check "the imported device is still there" exercise 0
check "the exported device is still there" status_is "$busid" 1
