# A wrong passphrase: the phone does not join, and the product says that one was refused
. /e2e/lib.sh
remember
opened --security transition || exit 0
join phone key_mgmt=WPA-PSK "psk=\"not the passphrase\""
join phone2 key_mgmt=SAE ieee80211w=2 "sae_password=\"not the passphrase\""
ok "a WPA2 phone was refused" soon 20 told "^refused: $(hardware phone)"
ok "a WPA3 phone was refused" soon 20 told "^refused: $(hardware phone2)"
no "the WPA2 phone is not in" associated phone
no "the WPA3 phone is not in" associated phone2
no "nobody joined" told '^joined:'
leave phone phone2
joined "with the right one it joins" phone key_mgmt=WPA-PSK "psk=\"$words\""
ok "the product says so" soon 3 told "^joined: $(hardware phone)"
finished
given_back "nothing is left behind"
