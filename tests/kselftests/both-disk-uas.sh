#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A disk with USB attached SCSI at high speed keeps a file system and every byte in it; for as many seconds as the argument says.
# timeout 90
. "$(dirname "$0")/../lib.sh"

plan 8
disk_works 46f4:0003 uas 480 "${1:-15}"
