# WPA2: a phone joins by the passphrase that the product showed, browses, and is answered
. /e2e/lib.sh
remember
opened --security wpa2 --format json || exit 0
is "the code says the same as the words" "$(sed -n 's/^code: //p' "$W/err")" "WIFI:T:WPA;S:$name;P:$words;;"
joined "a phone joins" phone key_mgmt=WPA-PSK "psk=\"$words\"" || exit 0
ok "the product says who joined" soon 3 told "^joined: $(hardware phone)"
gets_on "it" phone
is "it gets a page over TLS" "$(web phone https://www.example.test/index.html)" hello-from-inet
is "no name is blocked by itself" "$(ask phone mask.icloud.com)" "NOERROR 203.0.113.11"
is "nor filtered" "$(ask phone www.example.test HTTPS)" "NOERROR 1"
is "a c2 name is answered as any other" "$(ask phone c2.example.net)" "NOERROR $C2"
ok "the finding is told while it records" soon 5 told '^finding: c2-name detected .*example.net'
no "and the recording goes on" dead "$tiny"

hostapd=$(pgrep -x hostapd) dnsmasq=$(pgrep -x dnsmasq -u nobody)
is "hostapd is not root" "$(awk '/^Uid/ { print $2 }' "/proc/$hostapd/status")" 65534
is "hostapd may do two things" "$(awk '/^CapEff/ { print $2 }' "/proc/$hostapd/status")" 0000000000003000
is "dnsmasq is not root" "$(awk '/^Uid/ { print $2 }' "/proc/$dnsmasq/status")" 65534
no "the passphrase is in no command line" grep -qF "$words" /proc/[0-9]*/cmdline
visitor="setpriv --reuid visitor --regid visitor --clear-groups"
ok "nobody else may look into the runtime folder" eval '$visitor ls / && ! $visitor ls $RUN'
is "nor read a file of it" "$(find $RUN -type f -perm /077)" ""

mac=$(hardware phone)
leave phone
ok "the product says who left" soon 10 told "^left: $mac"
finished
is "exit status" "$status" 20
given_back "nothing is left behind"

is "nobody else may read the capture" "$(stat -c %a "$W/live.pcapng")" 600
tcpdump -Z root -r "$W/live.pcapng" -n >"$W/packets" 2>"$W/tcpdump.err"
ok "tcpdump reads the capture whole" test $? = 0
ok "the question is in it" grep -q 'A? c2.example.net' "$W/packets"
ok "the page is in it" grep -q "$WWW.443.*Flags" "$W/packets"
no "the passphrase is not" grep -qaF "$words" "$W/live.pcapng"
tinycheck analyze --quiet --format json --indicators /tmp/indicators.txt "$W/live.pcapng" >"$W/again" 2>"$W/again.err"
is "analyzed again, the exit status is the same" $? 20
ok "and the answer" diff "$W/out" "$W/again"
