# Two phones: each has its own answer; neither reaches the other, the box or the house
. /e2e/lib.sh
ip -6 route add default via 2001:db8:5::1 # the uplink has IPv6
remember
opened --format json || exit 0
joined "a phone joins" phone key_mgmt=WPA-PSK "psk=\"$words\""
joined "a second joins" phone2 key_mgmt=WPA-PSK "psk=\"$words\""
gets_on "the first" phone
gets_on "the second" phone2
ok "the first gets an IPv6 address" soon 10 eval 'test -n "$(six phone)"'
ok "the second gets an IPv6 address" soon 10 eval 'test -n "$(six phone2)"'
is "a page comes over IPv6" "$(web phone 'http://[2001:db8:80::10]/')" hello-from-inet
ask phone c2.example.net >/dev/null

serve phone2 80
ok "the second phone serves pages" soon 5 reach phone2 127.0.0.1 80
four=$(address phone2) local_six=$(link_local phone2) wide=$(six phone2) door=$(router phone)
box_six=$(ip -o -6 addr show dev wlan0 scope link | sed -nE 's/.* inet6 ([0-9a-f:]+).*/\1/p')
ok "the box itself serves at its doors" reach box "$door" 22
shut phone <<S
$four ping no phone pings another
$wide ping nor by IPv6
$local_six%wlan1 ping nor by its local address
$four 80 nor connects
$wide 80 nor by IPv6
$local_six%wlan1 80 nor by its local address
$(for port in 22 80 8080; do
  echo "$door $port no phone reaches a door of the box"
  echo "$BOX $port nor at its address on the uplink"
  echo "2001:db8:5::2 $port nor at its IPv6 address there"
  echo "$box_six%wlan1 $port nor at its local IPv6 address"
done)
$LAN 80 no phone reaches a computer beside the box
2001:db8:5::1 80 nor by IPv6
$LAN ping nor pings it
S
ip -n phone route add "$four/32" via "$door"
ip -n phone route add "$wide/128" via "$box_six" dev wlan1
shut phone <<S
$four 80 nor by way of the box
$wide 80 nor by way of the box over IPv6
S
ip -n phone neigh replace "$four" lladdr "$(hardware phone2)" dev wlan1
ip -n phone route replace "$four/32" dev wlan1
shut phone <<S
$four 80 nor when it knows the hardware address
$four ping nor pings then
S
ok "the Internet is still there" reach phone "$WWW" 80

nft delete table inet tinycheck
ok "rules that somebody deletes come back" soon 10 nft list table inet tinycheck
shut phone <<S
$door 22 and shut the doors again
S
ok "and leave the Internet open" reach phone "$WWW" 80

first=$(hardware phone) second=$(hardware phone2)
leave phone phone2
finished
is "exit status" "$status" 20
answer_of() { tr -d ' \n' <"$W/out" | sed 's/"device":/\n&/g' | grep -F "$1" | sed -nE 's/.*"level":"([a-z-]+)".*/\1/p' | head -1; }
is "the first is detected" "$(answer_of "$first")" detected
ok "the second has an answer" test -n "$(answer_of "$second")"
no "which is another" test "$(answer_of "$second")" = detected
given_back "nothing is left behind"
ip -6 route del default
