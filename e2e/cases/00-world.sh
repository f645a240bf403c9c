# The world itself: without the product, the probes of the other cases see what is open
. /e2e/lib.sh
name=by-hand words="correct horse"
cat >"$W/hostapd.conf" <<H
interface=wlan0
driver=nl80211
ssid=$name
country_code=DE
hw_mode=g
channel=6
wpa=2
wpa_key_mgmt=WPA-PSK SAE
rsn_pairwise=CCMP
ieee80211w=1
wpa_passphrase=$words
H
ip addr add 10.42.0.1/24 dev wlan0
ok "hostapd opens a network" hostapd -B "$W/hostapd.conf"
is "the country took" "$(iw reg get | sed -nE '/^global/{n;s/country ([A-Z0-9]+).*/\1/p}')" DE
dnsmasq -C /dev/null --no-hosts --no-resolv --server=198.51.100.1 --interface=wlan0 --bind-interfaces \
  --dhcp-range=10.42.0.50,10.42.0.150,1h --dhcp-authoritative --dhcp-leasefile="$W/leases" --pid-file=/run/case-dns.pid --user=root
echo 1 >/proc/sys/net/ipv4/ip_forward
nft 'table inet tinycheck { chain post { type nat hook postrouting priority srcnat; oifname "wan0" masquerade; }; }'
joined "a WPA2 phone joins" phone key_mgmt=WPA-PSK "psk=\"$words\""
joined "a WPA3 phone joins" phone2 key_mgmt=SAE ieee80211w=2 "sae_password=\"$words\""
ok "DHCP" lease phone
ok "DHCP of the second" lease phone2
is "DNS" "$(ask phone www.example.test)" "NOERROR $WWW"
is "HTTP through NAT" "$(web phone http://www.example.test/)" hello-from-inet
is "HTTPS through NAT" "$(web phone https://www.example.test/index.html)" hello-from-inet
serve phone2 80
soon 5 reach phone2 127.0.0.1 80
ok "without isolation one phone pings another" pings phone "$(address phone2)"
ok "and by IPv6" pings phone "$(link_local phone2)%wlan1"
ok "and connects" reach phone "$(address phone2)" 80
ok "and by IPv6" reach phone "$(link_local phone2)%wlan1" 80
ok "without rules a phone reaches the box's SSH" reach phone 10.42.0.1 22
ok "and its uplink address" reach phone "$BOX" 22
ok "and a computer beside it" reach phone "$LAN" 80
leave phone
join phone key_mgmt=WPA-PSK 'psk="wrong horse"'
ok "a wrong passphrase does not join" soon 15 grep -q 'reason=WRONG_KEY' "$W/phone.log"
echo 0 >/proc/sys/net/ipv4/ip_forward

lame=$(radio add -station lame)
ok "a card can be added" ip link show dev "$lame"
no "one that cannot open networks" eval 'iw phy lame info | grep -q "\* AP$"'
ok "and removed" radio remove lame
no "so that it is gone" ip link show dev "$lame"
old=$(radio add -old old)
ok "one can be without protected frames" eval 'iw phy old info | grep -q CCMP-128 && ! iw phy old info | grep -q CMAC'
radio remove old
