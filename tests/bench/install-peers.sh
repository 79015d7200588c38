#!/bin/sh
# Unpacks Debian 13's nginx (1.26) and haproxy (3.0), with their OpenSSL 3.5, beside this machine's own release, and the load tool h2load.
# Ordinary packages only; nothing of them goes into the repository.
set -eu
peers=${PEERS_DIR:-/tmp/peers}
[ -x "$peers/trixie/usr/sbin/nginx" ] && [ -x "$peers/trixie/usr/sbin/haproxy" ] && command -v h2load >/dev/null && exit 0

command -v h2load >/dev/null || {
    echo "bench: installing nghttp2-client (h2load)"
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends nghttp2-client
}

apt=$peers/apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$peers/trixie"
: > "$apt/status"
key=/usr/share/keyrings/debian-archive-keyring.gpg
# the mirrors that apt is set up with, one release later
mirrors=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sort -u)
main=$(echo "$mirrors" | grep -v security | head -n 1)
echo "deb [signed-by=$key] $main trixie main" > "$apt/trixie.list"
apt13() {
    apt-get -q -o Dir::Etc::sourcelist="$apt/trixie.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$apt/lists" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt" "$@"
}
echo "bench: unpacking Debian 13's nginx and haproxy under $peers/trixie"
apt13 update
apt13 install -y --no-install-recommends --download-only nginx haproxy
for package in "$apt"/archives/*.deb; do dpkg-deb -x "$package" "$peers/trixie"; done
