# An ordinary user with three capabilities opens a network as well
. /e2e/lib.sh
remember
mkdir -p "$W/run" "$W/library"
chown -R visitor "$W"
capabilities=+net_admin,+net_raw,+net_bind_service
: >"$W/err"
TINYCHECK_DATA_DIR=$W/library env --default-signal=INT setpriv --reuid visitor --regid visitor --clear-groups \
  --inh-caps $capabilities --ambient-caps $capabilities --no-new-privs \
  tinycheck hotspot -i wlan0 --country DE --channel 6 --uplink-dns 198.51.100.1 --plain --runtime-dir "$W/run" \
  --indicators /tmp/indicators.txt -w "$W/live.pcapng" >"$W/out" 2>"$W/err" &
tiny=$!
soon 60 opened_or_dead
shown
if told '^code: '; then pass "the network opens"; else fail "the network opens"; show "$W/err"; exit 0; fi
is "nothing runs as root" "$(for p in $tiny $(pgrep -P "$tiny"); do awk '/^Uid/ { print $2 }' "/proc/$p/status"; done | sort -u)" 1000
joined "a phone joins" phone key_mgmt=WPA-PSK "psk=\"$words\""
gets_on "it" phone
ask phone c2.example.net >/dev/null
ok "the finding is told" soon 5 told '^finding: c2-name detected .*example.net'
is "hostapd may do two things" "$(awk '/^CapEff/ { print $2 }' "/proc/$(pgrep -x hostapd)/status")" 0000000000003000
leave phone
finished TERM
is "exit status" "$status" 20
given_back "nothing is left behind"
