# Contained: names are answered, attempts are seen, nothing leaves
. /e2e/lib.sh
ip -6 route add default via 2001:db8:5::1
remember
tcpdump -Z root -i wan0 -n -U -w "$W/uplink.pcap" 2>/dev/null &
dump=$!
soon 5 test -s "$W/uplink.pcap"
ping -c 1 198.51.100.1 >/dev/null # that the capture hears the uplink is seen below
asked=$(grep -c query /tmp/inet-dns.log)
opened --contained || exit 0
joined "a phone joins" phone key_mgmt=WPA-PSK "psk=\"$words\""
ok "it gets an address" lease phone
ok "and an IPv6 address" soon 10 eval 'test -n "$(six phone)"'
case $(ask phone www.example.test) in
  "NOERROR $WWW" | NXDOMAIN* | SERVFAIL* | REFUSED* | silence) fail "a name is answered without asking anybody: $(ask phone www.example.test)" ;;
  "NOERROR "*) pass "a name is answered without asking anybody" ;;
  *) fail "a name is answered: $(ask phone www.example.test)" ;;
esac
ask phone c2.example.net >/dev/null
no "no page comes" web phone http://www.example.test/
no "nor from an address" web phone "http://$WWW/"
no "nor over IPv6" reach phone 2001:db8:80::10 80
no "no ping goes out" pings phone "$WWW"
is "another resolver's answer is ours" "$(ask phone www.example.test A "$WWW")" "$(ask phone www.example.test)"
ok "the finding is told" soon 5 told '^finding: c2-name detected .*example.net'
leave phone
finished
is "exit status" "$status" 20
sleep 1
kill $dump
wait $dump
uplink() { tcpdump -Z root -nr "$W/uplink.pcap" "$1" 2>/dev/null; }
is "the uplink was watched" "$(uplink 'icmp[0] == 8 and dst host 198.51.100.1' | wc -l)" 1
is "nothing of it left on the uplink" "$(uplink 'not arp and not icmp and not icmp6 and not (ip6[6] == 0 and dst net ff02::/16)')" ""
is "no ping either" "$(uplink "icmp and not host 198.51.100.1 or icmp6 and ip6[40] == 128")" ""
no "and no neighbour was looked for on a guest's behalf" eval 'uplink "arp or icmp6" | grep -E "203\.0\.113|2001:db8:80"'
is "the resolver of the uplink was not asked" "$(grep -c query /tmp/inet-dns.log)" "$asked"
ok "the attempt is in the capture" eval 'tcpdump -Z root -nr "$W/live.pcapng" 2>/dev/null | grep -q "$WWW.80: Flags"'
ok "the answer says that it was contained" grep -qi contained "$W/out"
given_back "nothing is left behind"
ip -6 route del default
