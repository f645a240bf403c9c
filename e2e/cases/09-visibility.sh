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
serve inet 853
ok "a server for DNS over TLS is there" soon 5 reach box "$WWW" 853
no "and is not reached" reach phone "$WWW" 853
is "another resolver's answer is ours" "$(ask phone mask.icloud.com A 198.51.100.1)" NXDOMAIN
leave phone
finished
ok "the answer says that names were made visible" grep -qi 'visib' "$W/out"
given_back "nothing is left behind"
