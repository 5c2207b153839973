# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# apt as a machine of another architecture would run it, with nothing installed; packages are downloaded only.
# Called (sourced) by scripts/cross-build and pi/root.
# Needs a Debian whose archive has that architecture.

# foreign_apt ARCH FOLDER: apt-get and apt-cache are that machine's from now on, until
# APT_CONFIG is unset; their files are in FOLDER. Fails with a line when there is no such archive.
foreign_apt() {
	mkdir -p "$2/state/lists/partial" "$2/cache/archives/partial"
	: >"$2/status"
	cat >"$2/apt.conf" <<-END
		APT::Architecture "$1";
		APT::Architectures { "$1"; };
		APT::Sandbox::User "root";
		Dir::State "$2/state";
		Dir::State::status "$2/status";
		Dir::Cache "$2/cache";
	END
	export APT_CONFIG="$2/apt.conf"
	apt-get -qq update >"$2/log" 2>&1 || {
		echo "apt has nothing for $1: $(grep -m 1 '^E:' "$2/log")" >&2
		return 1
	}
}
