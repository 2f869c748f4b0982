#!/usr/bin/env bash
# Installs Debian packages, or says the one line that does: tools/apt.sh WHAT-FOR PACKAGE...
. "$(dirname "$0")/env.sh"

what="$1"
shift
command -v apt-get >/dev/null 2>&1 || fail "$what is missing and this system has no apt-get; see README.md, \"Requirements\"."
[ "$(id -u)" = 0 ] || fail "$what is missing. Run this once, then try again: sudo apt-get update && sudo apt-get install -y $*"

say "Installing $what ($*)"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq || fail "apt-get update failed; is there a network?"
# Another package program may hold the lock for a moment.
apt-get install -o DPkg::Lock::Timeout=120 -y -qq --no-install-recommends "$@" || fail "apt-get could not install $*; its messages are above."
