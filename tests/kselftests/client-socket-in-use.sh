#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# One socket cannot serve two ports: the second attach answers EINVAL and says so: for EBUSY usbip
# would write the same again, for ever.
. "$(dirname "$0")/../lib.sh"

plan 6
command -v perl >/dev/null || skip "perl makes the sockets here, and is not installed"
load_client nports=8 || die "vhci-hcd does not load"

# twice FAMILY: attaches the same descriptor to ports 0 and 1.
twice() {
	# shellcheck disable=SC2016 # perl's
	perl -MSocket -e '
		my ($file, $family) = @ARGV;
		my ($s, $peer, $listener);
		if ($family eq "unix") {
			socketpair($s, $peer, AF_UNIX, SOCK_STREAM, 0) or die $!;
		} else {
			socket($listener, PF_INET, SOCK_STREAM, 0) or die $!;
			bind($listener, sockaddr_in(0, INADDR_LOOPBACK)) or die $!;
			listen($listener, 1) or die $!;
			socket($s, PF_INET, SOCK_STREAM, 0) or die $!;
			connect($s, getsockname($listener)) or die $!;
		}
		for my $port (0, 1) {
			open(my $f, ">", $file) or die $!;
			print defined(syswrite($f, "$port " . fileno($s) . " 1 3")) ? "ok " :
				$!{EINVAL} ? "EINVAL " : $!;
		}' "$vhci/attach" "$1"
}
for family in unix inet; do
	log_mark
	check "$family: the second attach is refused" equals "$(twice $family)" "ok EINVAL "
	check "$family: the log says why" kernel_said 'port 1: cannot attach: sockfd [0-9]+: socket is in use'
	check "$family: both ports are free when the process has gone" wait_for 10 ports_in_state 16 4
done
