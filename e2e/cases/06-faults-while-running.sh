# What breaks while it runs is told, the answer so far is kept, nothing is left behind
. /e2e/lib.sh
remember
opened || exit 0
joined "a phone joins" phone key_mgmt=WPA-PSK "psk=\"$words\""
lease phone >/dev/null
ask phone c2.example.net >/dev/null
soon 5 told '^finding: '

# hostapd does not answer for a moment, as on a machine with too much to do.
kill -STOP "$(pgrep -x hostapd)"
sleep 4
kill -CONT "$(pgrep -x hostapd)"
sleep 2
said=$(grep -cE '^(joined|left):' "$W/err")
sleep 4
is "after a slow moment nobody is told to come and go who stays" "$(grep -cE '^(joined|left):' "$W/err")" "$said"
ok "the phone is still in" associated phone
kill -9 "$(pgrep -x dnsmasq -u nobody)"
answered() { [ "$(ask phone www.example.test)" = "NOERROR $WWW" ]; }
ok "a dnsmasq that was killed is started anew" soon 20 answered
kill -9 "$(pgrep -x hostapd)"
if ended 30; then pass "without hostapd it ends"; else fail "without hostapd it ends"; finished; fi
is "as a failure" "$status" 1
ok "whose reason is told" told hostapd
ok "the answer so far is there" grep -q 'c2.example.net' "$W/out"
leave phone
given_back "nothing is left behind"

# The card is pulled out.
stick=$(radio add stick)
begin -i "$stick" --channel 6 -w "$W/stick.pcapng" 
ok "a network on another card" soon 60 told '^code: '
shown
joined "a phone joins" phone key_mgmt=WPA-PSK "psk=\"$words\""
lease phone >/dev/null
ask phone c2.example.net >/dev/null
soon 5 told '^finding: '
radio remove stick
if ended 30; then pass "it ends when its card is gone"; else fail "it ends when its card is gone"; finished; fi
is "as a failure" "$status" 1
ok "it says that the card is gone" grep -Eqi "$stick.*(gone|away|unplugged|removed)|(gone|away|unplugged|removed).*$stick" "$W/err" "$W/out"
ok "the answer so far is there" grep -q 'c2.example.net' "$W/out"
tinycheck analyze --quiet --indicators /tmp/indicators.txt "$W/stick.pcapng" >"$W/again" 2>&1
is "and the capture holds it" $? 20
leave phone
given_back "nothing is left behind"
