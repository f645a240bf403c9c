# A wrong passphrase: the phone does not join, and the product says that one was refused
. /e2e/lib.sh
remember
opened --security transition || exit 0
join phone key_mgmt=WPA-PSK "psk=\"not the passphrase\""
ok "a WPA2 phone was refused, and the product says so" soon 20 told "^refused: "
leave phone
refused=$(grep -c '^refused' "$W/err")
join phone2 key_mgmt=SAE ieee80211w=2 "sae_password=\"not the passphrase\""
more() { [ "$(grep -c '^refused' "$W/err")" -gt "$refused" ]; }
ok "a WPA3 phone was refused, and the product says so" soon 20 more
no "the WPA3 phone is not in" associated phone2
no "nobody joined" told '^joined:'
leave phone2
joined "with the right one it joins" phone key_mgmt=WPA-PSK "psk=\"$words\""
ok "the product says so" soon 3 told "^joined: $(hardware phone)"
finished
given_back "nothing is left behind"
