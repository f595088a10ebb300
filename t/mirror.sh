# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# For the scripts that make a Debian 12: $main and $security are the mirrors of it that this machine's apt uses, the
# second may be empty; http_proxy is exported, where apt has one.

# An index of bookworm's component main, and of its security updates, is what the mirror must have.
mirror()
{
	apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' 'Component: main' |
	    sed -n "s,^$1 \(http.*[^/]\)/*\$,\1,p" | head -n 1
}
main=$(mirror bookworm)
security=$(mirror bookworm-security)
[ -n "$main" ] || { echo "${0##*/}: apt has no mirror of bookworm" >&2; exit 1; }
eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
[ -z "${http_proxy-}" ] || export http_proxy
