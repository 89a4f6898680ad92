#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages into a clean Debian 12 and uses them there; then removes them and looks
# for what is left. Needs root, mmdebstrap and the package sources that apt has here.
#
# usage: clean_root.sh FOLDER_WITH_DEBS
set -euo pipefail

[ $# -eq 1 ] || { sed -n '3,7s/^# \?//p' "$0" >&2; exit 64; }
packages=$(readlink -f "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
chmod 755 "$work"
root=$work/root
mounted() { grep -q " $root/proc " /proc/mounts; }
trap 'if mounted; then umount "$root/proc"; fi; rm -rf "$work"' EXIT

say() { printf '\n== %s\n' "$*"; }
inside() { chroot "$root" env -i HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
# Everything but what apt, dpkg, ldconfig and man keep for themselves.
snapshot() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./tmp -o -path ./var/lib/apt -o -path ./var/lib/dpkg -o -path ./var/cache \
    -o -path ./var/log -o -path ./etc/ld.so.cache \) -prune -o -print | sort)
}

say "a clean Debian 12"
# The suites of Debian itself; other sources of this machine would be no clean system.
apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
  awk '$2 ~ /^bookworm/ && $3 == "main" { print "deb " $1 " " $2 " main" }' | sort -u >"$work/sources.list"
[ -s "$work/sources.list" ] || { echo "apt has no source of bookworm here" >&2; exit 1; }
mmdebstrap --quiet --variant=minbase --include=man-db,gcc,libc6-dev,pkg-config,cmake,make,python3 bookworm "$root" "$work/sources.list"
# minbase leaves out manual pages of packages that come later, as containers do; this is a whole system
rm -f "$root"/etc/dpkg/dpkg.cfg.d/*exclude* "$root"/etc/dpkg/dpkg.cfg.d/*docker* "$root"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
mount -t proc proc "$root/proc"
inside apt-get update -qq
sed -n 's/^PRETTY_NAME=//p' "$root/etc/os-release"
# What the packages need from Debian comes first, so that what they leave behind can be told apart.
mkdir "$root/tmp/debs" && cp "$packages"/*.deb "$root/tmp/debs/"
mapfile -t own < <(for deb in "$packages"/*.deb; do dpkg-deb -f "$deb" Package; done)
inside sh -c 'apt-get install -qq -y --no-install-recommends --simulate /tmp/debs/*.deb' | awk '/^Inst / { print $2 }' |
  grep -vxF -f <(printf '%s\n' "${own[@]}") >"$work/needed" || true
mapfile -t needed <"$work/needed"
inside apt-get install -qq -y --no-install-recommends "${needed[@]}" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
echo "needed from Debian: $(tr '\n' ' ' <"$work/needed")"
snapshot >"$work/before"

say "apt-get install of $(cd "$packages" && echo *.deb)"
inside sh -c 'apt-get install -qq -y --no-install-recommends /tmp/debs/*.deb' >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
inside dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\n' "${own[@]}"
inside dpkg --verify "${own[@]}"
inside ldconfig -p | grep -F libberth.so.0

say "berth plan"
inside berth plan /usr/share/doc/berth/examples/fragmentation.xml
inside sh -c 'berth plan /usr/share/doc/berth/examples/fragmentation.xml --format json -o /tmp/plan.json &&
  berth verify /usr/share/doc/berth/examples/fragmentation.xml /tmp/plan.json'

say "man berth"
inside sh -c 'MANWIDTH=80 man berth-plan | head -n 12'
inside man -w berth

say "a program compiled with gcc and pkg-config, and with CMake"
mkdir "$root/tmp/project" && cp "$here/../consumer/project"/* "$root/tmp/project/"
inside sh -c 'cd /tmp/project && gcc -std=c17 consumer.c $(pkg-config --cflags --libs berth) -o by-hand && ./by-hand'
inside sh -c 'cmake -S /tmp/project -B /tmp/project/build >/dev/null && cmake --build /tmp/project/build >/dev/null && /tmp/project/build/consumer'

if [[ " ${own[*]} " == *" python3-berth "* ]]; then
  say "python3"
  inside python3 -c 'import berth
inventory = berth.Inventory.read("/usr/share/doc/berth/examples/fragmentation.xml")
plan = berth.plan(inventory)
print(plan.status, len(plan.steps), "steps")'
fi

say "apt-get purge"
inside apt-get purge -qq -y "${own[@]}" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
snapshot >"$work/after"
if left=$(diff "$work/before" "$work/after"); then
  echo "nothing of them is left"
else
  echo "$left"
  exit 1
fi
