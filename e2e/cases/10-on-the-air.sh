# On the air: CCMP only, no WPS, and nothing that names the product
. /e2e/lib.sh
remember
tcpdump -Z root -i hwsim0 -U -w "$W/air.pcap" 2>/dev/null &
air=$!
opened || exit 0
ip -n phone link set wlan1 up
soon 10 eval 'on phone iw dev wlan1 scan freq 2437 flush >"$W/scan" && grep -q "SSID: $name" "$W/scan"'
ok "a phone sees the network" grep -q "SSID: $name\$" "$W/scan"
is "group cipher" "$(sed -nE 's/.*Group cipher: (.*)/\1/p' "$W/scan")" CCMP
is "pairwise ciphers" "$(sed -nE 's/.*Pairwise ciphers: (.*)/\1/p' "$W/scan")" CCMP
say "authentication: $(sed -nE 's/.*Authentication suites: (.*)/\1/p' "$W/scan")"
no "no TKIP, no WEP, no WPA1" grep -Eq 'TKIP|WEP|^	WPA:' "$W/scan"
no "no WPS" grep -q 'WPS' "$W/scan"
is "the country is announced" "$(sed -nE 's/.*Country: ([A-Z]+).*/\1/p' "$W/scan")" DE
ok "the name is a neutral word and a random end" eval 'echo "$name" | grep -Eq "^[A-Za-z]+-[a-z0-9]{4,}$"'
ip netns exec phone tcpdump -Z root -i wlan1 -U -w "$W/phone.pcap" 2>/dev/null &
seen=$!
soon 5 test -s "$W/phone.pcap"
joined "it joins" phone key_mgmt=WPA-PSK "psk=\"$words\""
lease phone >"$W/lease"
ask phone www.example.test >/dev/null
ask phone version.bind TXT "$(router phone)" >/dev/null
on phone drill -x "$(router phone)" >"$W/reverse" 2>&1
on phone drill version.bind CH TXT "@$(router phone)" >"$W/version" 2>&1
sleep 1
first=$name
leave phone
finished
kill $air $seen
wait $air $seen
ok "the air was recorded" grep -qaF "$first" "$W/air.pcap"
ok "and what the phone is told" grep -qaF a-phone "$W/phone.pcap"
ok "the air was heard" eval 'tcpdump -Z root -nr "$W/air.pcap" 2>/dev/null | grep -q Beacon'
for word in tinycheck 'tiny check' stalkerware spyware kaspersky hostapd; do
  no "nothing on the air says $word" grep -qaiF "$word" "$W/air.pcap"
done
for word in tinycheck 'tiny check' stalkerware spyware kaspersky dnsmasq; do
  no "nothing that the phone is told says $word" grep -qaiF "$word" "$W/phone.pcap"
done
given_back "nothing is left behind"
opened --duration 3s || exit 0
no "the next network has another name" test "$name" = "$first"
ok "it ends by itself when its time is over" ended 20
is "and answers that nothing could be told" "$status" 30
