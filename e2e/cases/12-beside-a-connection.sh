# The card is itself connected to a network: ours opens beside it, on its channel, and it stays connected
. /e2e/lib.sh
printf 'interface=wlan1\nssid=neighbour\nhw_mode=g\nchannel=1\n' >"$W/neighbour.conf"
on phone hostapd -B -P /run/case-neighbour.pid "$W/neighbour.conf" >"$W/neighbour.log"
printf 'ctrl_interface=/run/wpa-box\nnetwork={\n ssid="neighbour"\n scan_freq=2412\n key_mgmt=NONE\n}\n' >"$W/box.conf"
wpa_supplicant -B -P /run/case-box.pid -Dnl80211 -iwlan0 -c"$W/box.conf" >/dev/null
connected() { iw dev wlan0 link | grep -q '^Connected'; }
ok "the card is connected" soon 20 connected
soon 10 eval 'ip -6 route show table local | grep -q "^local fe80.* dev wlan0"' # it has its address
remember
begin -i wlan0
ok "the network opens" soon 60 opened_or_dead
told '^code: ' || { show "$W/err"; exit 0; }
shown
ok "there is an interface beside it" ip link show guest0
ok "on the channel of the connection" eval 'iw dev guest0 info | grep -q "channel 1 "'
ok "which is still there" connected
FREQ=2412
joined "a phone joins" phone2 key_mgmt=WPA-PSK "psk=\"$words\""
gets_on "the phone" phone2
ask phone2 c2.example.net >/dev/null
ok "what it contacts is told" soon 5 told '^finding: '
leave phone2
finished
is "exit status" "$status" 20
ok "the connection was never lost" connected
no "the interface is gone" ip link show guest0
given_back "nothing is left behind"

begin -i wlan0
soon 60 opened_or_dead
kill -9 "$tiny"
gone() { ! ip link show guest0; }
ok "killed, the interface is taken away as well" soon 5 gone
ok "and the connection is there" connected
given_back "nothing is left behind when it was killed"
kill "$(cat /run/case-box.pid)" "$(cat /run/case-neighbour.pid)"
sleep 1
ip link set wlan0 down
ip -n phone link set wlan1 down
