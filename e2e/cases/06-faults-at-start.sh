# What cannot open a network says why, quickly, and leaves nothing behind
. /e2e/lib.sh
remember

begin -i wlan0 --country ZZ
refuses "no such country" 20 country ZZ
begin -i wlan7
refuses "no such card" 20 wlan7
begin -i wan0
refuses "not a Wi-Fi card" 20 wan0 'wi-?fi|wireless'
echo mine >"$W/there.pcapng"
begin -i wlan0 -w "$W/there.pcapng"
refuses "a capture of that name is there" 30 there.pcapng
no "and no network was open for a moment" told '^network: '
is "it is as it was" "$(cat "$W/there.pcapng")" mine
given_back "nothing is left behind of these"

lame=$(radio add -station lame)
begin -i "$lame"
refuses "a card that cannot open networks" 20 "$lame" 'access point|AP mode|open'
radio remove lame
given_back "nothing is left behind by that card"

old=$(radio add -old old)
begin -i "$old" --security transition --channel 6
refuses "WPA3 on a card without it" 20 'wpa3|transition'
begin -i "$old" --channel 6
ok "and without the wish it opens" soon 60 told '^code: '
finished
radio remove old
given_back "nothing is left behind by that card"

# Somebody else uses the card.
printf 'interface=wlan0\nssid=theirs\nhw_mode=g\nchannel=1\n' >"$W/theirs.conf"
hostapd -B -P /run/case-theirs.pid "$W/theirs.conf" >"$W/theirs.log"
begin -i wlan0
refuses "a card with somebody else's network" 20 wlan0 'in use'
ok "which is still open" eval 'iw dev wlan0 info | grep -q "ssid theirs"'
kill "$(cat /run/case-theirs.pid)"
soon 10 no_process hostapd
ip link set wlan0 down
iw dev wlan0 set type monitor
ip link set wlan0 up
begin -i wlan0
refuses "a card that listens to the air" 20 wlan0 'in use'
ok "and still does" eval 'iw dev wlan0 info | grep -q "type monitor"'
ip link set wlan0 down
iw dev wlan0 set type managed
given_back "nothing is left behind on a card in use"

# rfkill: the switch of the card, in software.
switch=$(echo /sys/class/net/wlan0/phy80211/rfkill*/soft)
echo 1 >"$switch"
remember
opened || exit 0
is "a blocked card is unblocked" "$(cat "$switch")" 0
finished
is "and blocked again at the end" "$(cat "$switch")" 1
given_back "nothing is left behind on a blocked card"
echo 0 >"$switch"
remember

for program in hostapd dnsmasq; do
  mv /usr/sbin/$program /usr/sbin/$program.away
  begin -i wlan0
  refuses "no $program" 20 "$program" 'package'
  mv /usr/sbin/$program.away /usr/sbin/$program
done
given_back "nothing is left behind without the programs"
