# Phones of every age join what is opened when nothing is asked for
. /e2e/lib.sh
remember
begin -i wlan0
soon 60 opened_or_dead
shown
ok "the network opens without a word about channel or security" told '^code: '
two="2412 2417 2422 2427 2432 2437 2442 2447 2452 2457 2462 2467 2472"
all="$two 5180 5200 5220 5240 5260 5280 5300 5320 5500 5520 5540 5560 5580 5660 5680 5700 5745 5765 5785 5805 5825"
FREQ=$two joined "an old phone: 802.11g, WPA2, no protected frames" phone proto=RSN pairwise=CCMP group=CCMP key_mgmt=WPA-PSK \
  ieee80211w=0 disable_ht=1 disable_vht=1 "psk=\"$words\""
GLOBAL="pmf=1
sae_pwe=2" FREQ=$all joined "a new one: every band, WPA3 when it is there, protected frames when they are" phone2 \
  "key_mgmt=WPA-PSK WPA-PSK-SHA256 SAE" ieee80211w=1 "psk=\"$words\""
say "the new one joined by $(wpa phone2 status | sed -n 's/^key_mgmt=//p'), at $(wpa phone2 status | sed -n 's/^freq=//p') MHz"
gets_on "the old phone" phone
gets_on "the new phone" phone2
leave phone phone2
joined "one that takes protected frames when they are there" phone proto=RSN pairwise=CCMP key_mgmt=WPA-PSK ieee80211w=1 "psk=\"$words\""
finished
leave phone
opened --band 5 --channel 36 || exit 0
FREQ=5180 joined "one on 5 GHz, when that is asked for" phone key_mgmt=WPA-PSK ieee80211w=1 "psk=\"$words\""
finished
given_back "nothing is left behind"
