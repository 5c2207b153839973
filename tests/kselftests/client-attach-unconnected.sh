#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A stream socket that is not connected cannot be attached, neither a new nor a listening one.
. "$(dirname "$0")/../lib.sh"

plan 6
command -v perl >/dev/null || skip "perl makes the sockets here, and is not installed"
load_client nports=8 || die "vhci-hcd does not load"
all_free=$(status_lines)

# refused FAMILY HOW: attaches a new socket, after HOW was done to it.
refused() {
	log_mark
	# shellcheck disable=SC2016 # perl's
	equals "$(perl -MSocket -e '
		my ($file, $family, $how) = @ARGV;
		socket(my $s, $family eq "unix" ? PF_UNIX : PF_INET, SOCK_STREAM, 0) or die $!;
		if ($how eq "listening") {
			bind($s, $family eq "unix" ? sockaddr_un("$ENV{tmp}/listening") :
				sockaddr_in(0, INADDR_LOOPBACK)) or die $!;
			listen($s, 1) or die $!;
		}
		open(my $f, ">", $file) or die $!;
		print defined(syswrite($f, "0 " . fileno($s) . " 1 3")) ? "ok" :
			$!{EINVAL} ? "errno EINVAL" : $!;' "$vhci/attach" "$1" "$2")" "errno EINVAL" &&
		one_line 'sockfd [0-9]+: not connected'
}
export tmp

for family in inet unix; do
	check "a new $family socket" refused $family new
	check "a listening $family socket" refused $family listening
done
check "no port has changed" equals "$(status_lines)" "$all_free"
check "a connected socket is taken" answers ok "$vhci/attach" '0 %d 1 3' tcp
