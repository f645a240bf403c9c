# The product is killed: what it set up is taken back by itself, and the next start works
. /e2e/lib.sh
remember
opened || exit 0
joined "a phone joins" phone key_mgmt=WPA-PSK "psk=\"$words\""
lease phone >/dev/null
ask phone c2.example.net >/dev/null
soon 5 told '^finding: '
sleep 1
kill -9 "$tiny"
quiet() { ! pgrep -x 'hostapd|dnsmasq' -u nobody && ! nft list table inet tinycheck && [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 0 ] && ! ip -4 addr show dev wlan0 | grep -q inet; }
ok "hostapd, dnsmasq, rules, forwarding and address are gone at once" soon 3 quiet
leave phone
soon 3 eval 'state >"$W/after"; diff "$W/before" "$W/after"'
given_back "nothing is left behind"
tinycheck analyze --quiet --indicators /tmp/indicators.txt "$W/live.pcapng" >"$W/again" 2>&1
is "the capture holds what was seen" $? 20
opened || exit 0
joined "the next start works" phone key_mgmt=WPA-PSK "psk=\"$words\""
gets_on "the phone" phone
leave phone

# Killed with everything that could have tidied up.
pkill -9 -x tinycheck
soon 5 dead "$tiny"
sleep 1
ok "undo takes back what is left" tinycheck undo --runtime-dir "$RUN"
given_back "nothing is left behind after undo"
ok "undo again has nothing to do" tinycheck undo --runtime-dir "$RUN"
given_back "nor after the second"

# The same, and the next start tidies.
opened || exit 0
pkill -9 -x tinycheck
soon 5 dead "$tiny"
opened || exit 0
joined "the next start works on what was left" phone key_mgmt=WPA-PSK "psk=\"$words\""
gets_on "the phone" phone
leave phone
finished
given_back "and gives back the state before both"
