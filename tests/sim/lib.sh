# SPDX-License-Identifier: GPL-2.0-only
# What sim.t and bad.t share: building the programs, starting the simulator, asking the client; TAP.
# Needs make and a C compiler; SANITIZE="" builds plainly, the default is with sanitizers.
# Called by both with ".".
# shellcheck shell=sh disable=SC2034 # pieces of scripts are used there
set -u

here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
sim=
trap '[ -z "$sim" ] || kill "$sim"; rm -rf "$tmp"' EXIT
n=0
failed=0

ok() { n=$((n + 1)); echo "ok $n - $1"; }
not_ok() { n=$((n + 1)); failed=1; echo "not ok $n - $1"; sed 's/^/# /' "$tmp/err"; }

finish() { echo "1..$n"; exit $failed; }

# Built in a folder of its own: the tree may hold objects of another build.
mkdir -p "$tmp/tests/sim"
ln -s "$here/../../core" "$tmp/core"
cp "$here"/*.c "$here"/*.h "$here/Makefile" "$tmp/tests/sim"
bin=$tmp/tests/sim
flags=${SANITIZE--fsanitize=address,undefined -fno-sanitize-recover=all}
if ! make -C "$bin" -j2 CFLAGS="-O1 -g $flags" >"$tmp/err" 2>&1; then
	not_ok "builds"
	finish
fi
ok "builds (${flags:-plain})"

# start ARG...: a simulator on a free port
start() {
	: >"$tmp/sim.out" # here and not in the child, or the last one's words count
	"$bin/usbip-sim" -p 0 "$@" >"$tmp/sim.out" 2>"$tmp/sim.err" &
	sim=$!
	for _ in $(seq 100); do
		grep -q ready "$tmp/sim.out" && break
		sleep 0.05
	done
	server=127.0.0.1:$(awk '/listening/ { print $NF }' "$tmp/sim.out")
}

# stop NAME: it ends on SIGTERM, without a word from the sanitizers
stop() {
	kill "$sim"
	wait "$sim"
	rc=$?
	sim=
	grep -v 'broke the protocol\|unknown operation\|client of version' "$tmp/sim.err" >"$tmp/err"
	if [ $rc -eq 0 ] && [ ! -s "$tmp/err" ]; then
		ok "$1"
	else
		echo "exit code $rc" >>"$tmp/err"
		not_ok "$1"
	fi
}

# holds NAME ARG...: the client is content
holds() {
	name=$1
	shift
	if "$bin/usbip-peer" "$@" >"$tmp/out" 2>"$tmp/err"; then
		ok "$name"
	else
		not_ok "$name"
	fi
}

# fails NAME TEXT ARG...: the client exits 1 and says so
fails() {
	name=$1 text=$2
	shift 2
	"$bin/usbip-peer" "$@" >"$tmp/out" 2>"$tmp/err"
	rc=$?
	if [ $rc -eq 1 ] && grep -q -e "$text" "$tmp/err"; then
		ok "$name"
	else
		echo "exit code $rc, expected 1 and: $text" >>"$tmp/err"
		not_ok "$name"
	fi
}

# says NAME TEXT: the last client printed it
says() {
	if grep -q -e "$2" "$tmp/out"; then
		ok "$1"
	else
		cp "$tmp/out" "$tmp/err"
		echo "expected: $2" >>"$tmp/err"
		not_ok "$1"
	fi
}

# Pieces of scripts.
config="submit c setup=0009010000000000; expect c;"
read1="submit r ep=1 dir=in len=64;"
write1="submit w ep=1 dir=out data=0102ff; expect w len=3;"
getconf="submit g setup=8008000000000100;"
