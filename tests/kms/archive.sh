# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# apt for another architecture or release of Debian, with all of its state in one folder: this
# machine's apt stays as it is, and no root is needed.

# archive FOLDER ARCH [SUITE]: apt-get and apt-cache in this shell use it from then on.
archive() {
	local folder=$1 arch=$2 suite=${3:-} own mirror
	own=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	# shellcheck disable=SC2016 # apt-get fills these in
	mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Codename: $own" \
		'Label: Debian' 2>/dev/null | head -n 1)
	mkdir -p "$folder"/lists/partial "$folder"/archives/partial "$folder"/none
	: >"$folder/status"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
		"${mirror:-http://deb.debian.org/debian} ${suite:-$own} main" >"$folder/sources.list"
	cat >"$folder/apt.conf" <<-END
		APT::Architecture "$arch";
		APT::Architectures { "$arch"; "$(dpkg --print-architecture)"; };
		APT::Install-Recommends "false";
		APT::Sandbox::User "$(id -un)";
		Acquire::Languages "none";
		Dir::Etc::sourcelist "$folder/sources.list";
		Dir::Etc::sourceparts "$folder/none";
		Dir::Etc::preferencesparts "$folder/none";
		Dir::State "$folder";
		Dir::State::status "$folder/status";
		Dir::Cache "$folder";
	END
	export APT_CONFIG=$folder/apt.conf
	[ -e "$folder/updated" ] || apt-get -q update >"$folder/log" 2>&1 ||
		{ tail -n 3 "$folder/log" >&2; return 1; }
	touch "$folder/updated"
}
