# Visibility: what would hide names is answered so that phones do without
. /e2e/lib.sh
remember
opened --visibility || exit 0
joined "a phone joins" phone key_mgmt=WPA-PSK "psk=\"$words\""
gets_on "it" phone
for hidden in mask.icloud.com mask-h2.icloud.com use-application-dns.net; do
  is "$hidden does not exist" "$(ask phone $hidden)" NXDOMAIN
done
is "other names of that house do" "$(ask phone www.icloud.com)" "NOERROR 203.0.113.11"
is "no resolver is announced" "$(ask phone _dns.resolver.arpa SVCB)" NOERROR
is "no key for hidden names is learnt" "$(ask phone www.example.test HTTPS)" NOERROR
on inet sh -c 'nc -lk -p 853 -s 203.0.113.10 </dev/null >/dev/null 2>&1 & echo $! >/run/case-dot.pid'
ok "a server for DNS over TLS is there" soon 5 nc -w 2 "$WWW" 853 </dev/null
no "and is not reached" reach phone "$WWW" 853
is "another resolver's answer is ours" "$(ask phone mask.icloud.com A 198.51.100.1)" NXDOMAIN
leave phone
finished
ok "the answer says that names were made visible" grep -qi 'visib' "$W/out"
given_back "nothing is left behind"
