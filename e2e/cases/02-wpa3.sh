# WPA3: a phone that wants SAE and protected frames joins the network that a WPA2 phone joins
. /e2e/lib.sh
remember
opened --security transition || exit 0
joined "a WPA3 phone joins" phone key_mgmt=SAE ieee80211w=2 "sae_password=\"$words\""
wpa phone status >"$W/status"
is "by SAE" "$(sed -n 's/^key_mgmt=//p' "$W/status")" SAE
is "with protected frames" "$(sed -n 's/^pmf=//p' "$W/status")" 1
joined "a WPA2 phone joins" phone2 key_mgmt=WPA-PSK ieee80211w=0 "psk=\"$words\""
gets_on "the WPA3 phone" phone
gets_on "the WPA2 phone" phone2

# One network at a time.
first=$tiny
cp "$W/err" "$W/first"
begin -i wlan0
refuses "a second run" 20 "process $first" 'end it first'
no "and the first goes on" dead "$first"
ok "with the phone in it" associated phone
tiny=$first
cp "$W/first" "$W/err"
finished
given_back "nothing is left behind"
