# The words that cases are told in. The world: this machine (the box) has the card
# wlan0; the phones "phone" and "phone2" have a card each, wlan1 and wlan2, in a
# network namespace of their own; the namespace "inet" behind wan0 is the Internet.
export PATH=/usr/sbin:/usr/bin:/usr/local/bin
export TINYCHECK_DATA_DIR=/tmp/library HOME=/root
W=/tmp/${CASE:-world}          # the folder of this case; the host keeps it
RUN=/run/tinycheck             # the product's runtime folder
BOX=198.51.100.2               # the box, on its uplink
WWW=203.0.113.10               # www.example.test
C2=203.0.113.66                # c2.example.net, of the indicator file
LAN=198.51.100.9               # a computer beside the box

uptime_s() { cut -d. -f1 /proc/uptime; }
say() { printf '%6.1f %s\n' "$(cut -d' ' -f1 /proc/uptime)" "$*"; }
pass() { printf 'PASS %s: %s\n' "${CASE:-world}" "$*"; }
fail() { printf 'FAIL %s: %s\n' "${CASE:-world}" "$*"; }

# ok TEXT COMMAND…: the command succeeds. no TEXT COMMAND…: it must not.
ok() { local text="$1"; shift; if "$@" >"$W/last" 2>&1; then pass "$text"; else fail "$text"; sed 's/^/     | /' "$W/last"; fi; }
no() { local text="$1"; shift; if "$@" >"$W/last" 2>&1; then fail "$text"; sed 's/^/     | /' "$W/last"; else pass "$text"; fi; }
# is TEXT GOT WANT: they are equal.
is() { if [ "$2" = "$3" ]; then pass "$1"; else fail "$1: got '$2', want '$3'"; fi; }
# show FILE: the end of a file, for whoever reads a FAIL.
show() { sed 's/^/     | /' "$1" | tail -"${2:-15}"; }

# soon SECONDS COMMAND…: succeeds within so many seconds.
soon() {
  local end=$(($(uptime_s) + $1)); shift
  while ! "$@" >/dev/null 2>&1; do
    [ "$(uptime_s)" -lt "$end" ] || return 1
    sleep 0.2
  done
}
dead() { ! kill -0 "$1" 2>/dev/null; }

# --- the world

make_world() {
  modprobe mac80211_hwsim radios=3 || return 1
  local m
  for m in veth af_packet nf_tables nft_chain_nat nft_masq nft_ct; do modprobe "$m"; done
  give wlan1 phone && give wlan2 phone2 || return 1
  ip link set hwsim0 up # everything that is on the air
  ip netns add inet
  ip -n inet link set lo up
  ip link add wan0 type veth peer name isp0 netns inet
  ip addr add $BOX/24 dev wan0
  ip addr add 2001:db8:5::2/64 dev wan0 nodad
  ip link set wan0 up
  ip -n inet addr add 198.51.100.1/24 dev isp0
  ip -n inet addr add $LAN/24 dev isp0
  ip -n inet addr add 2001:db8:5::1/64 dev isp0 nodad
  ip -n inet link set isp0 up
  for m in $WWW $C2 203.0.113.11; do ip -n inet addr add "$m/32" dev lo; done
  ip -n inet addr add 2001:db8:80::10/128 dev lo nodad
  ip route add default via 198.51.100.1
  make_internet
  # Somebody else's rules: they must stay as they are.
  nft -f - <<N || return 1
table inet foreign {
  chain input { type filter hook input priority 10; policy accept; tcp dport 9 drop; }
}
N
  printf 'nameserver 198.51.100.1\n' >/etc/resolv.conf
  printf '#!/bin/sh\n. /e2e/lib.sh\nleased "$1"\n' >/tmp/leased
  chmod +x /tmp/leased
  printf 'c2.example.net\n' >/tmp/indicators.txt
  # Doors of the box that a phone must not find open.
  mkdir -p /tmp/box
  echo inside >/tmp/box/index.html
  for m in 22 80 8080; do httpd -p "[::]:$m" -h /tmp/box; done
  tinycheck indicators stats >/tmp/library.log 2>&1 # makes the library once
  cat /sys/class/rfkill/rfkill*/soft >/dev/null
}

# give CARD NAMESPACE: the card moves there.
give() {
  ip netns add "$2"
  ip -n "$2" link set lo up
  iw phy "$(cat "/sys/class/net/$1/phy80211/name")" set netns name "$2"
}

make_internet() {
  mkdir -p /tmp/www
  echo hello-from-inet >/tmp/www/index.html
  (cd /tmp && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=www.example.test \
    -addext subjectAltName=DNS:www.example.test,DNS:c2.example.net -keyout key.pem -out certificate.pem 2>/dev/null)
  ip netns exec inet httpd -p "[::]:80" -h /tmp/www
  (cd /tmp/www && exec ip netns exec inet openssl s_server -accept 443 -cert /tmp/certificate.pem -key /tmp/key.pem -WWW >/tmp/https.log 2>&1 </dev/null &)
  ip netns exec inet dnsmasq -C /dev/null --no-resolv --no-hosts --listen-address=198.51.100.1 --bind-interfaces \
    --user=root --pid-file=/run/inet-dns.pid --log-queries --log-facility=/tmp/inet-dns.log \
    --address=/www.example.test/$WWW --address=/www.example.test/2001:db8:80::10 \
    --address=/c2.example.net/$C2 --address=/icloud.com/203.0.113.11 \
    --dns-rr=www.example.test,65,00010000010003026832 # HTTPS: priority 1, the same name, alpn h2
}

# --- the box

# begin ARGUMENT…: the product in the background; its words go to $W/out and $W/err.
begin() {
  : >"$W/err"
  # env: a shell without a terminal lets its background processes ignore SIGINT.
  env --default-signal=INT tinycheck hotspot --country DE --uplink-dns 198.51.100.1 --plain --runtime-dir $RUN \
    --indicators /tmp/indicators.txt "$@" >"$W/out" 2>"$W/err" &
  tiny=$!
  echo "$*" >"$W/arguments"
}
told() { grep -q "$1" "$W/err"; }
# opened ARGUMENT…: the network of wlan0 is open, and $name and $words are what the product showed.
opened() {
  begin -i wlan0 --channel 6 -w "$W/live.pcapng" --overwrite "$@"
  if ! soon 60 opened_or_dead || ! told '^code: '; then fail "the network opens ($*)"; show "$W/err"; return 1; fi
  shown
}
# shown: $name and $words are what the product shows.
shown() {
  name=$(sed -n 's/^network: //p' "$W/err")
  words=$(sed -n 's/^passphrase: //p' "$W/err")
}
opened_or_dead() { told '^code: ' || dead "$tiny"; }
# finished [SIGNAL]: it is asked to end, as by Ctrl-C; $status is what it ended with.
finished() {
  kill -"${1:-INT}" "$tiny" 2>/dev/null
  ended 30 || { fail "ends within 30 s of being asked"; show "$W/err"; kill -9 "$tiny"; }
}
# ended SECONDS: it ends by itself; $status is what it ended with.
ended() {
  soon "$1" dead "$tiny" || return 1
  wait "$tiny"
  status=$?
}

# gets_on TEXT PHONE: the phone has an address, a name is answered, a page comes through NAT.
gets_on() {
  ok "$1 gets an address" lease "$2"
  is "$1 is answered by DNS" "$(ask "$2" www.example.test)" "NOERROR $WWW"
  is "$1 gets a page through NAT" "$(web "$2" http://www.example.test/)" hello-from-inet
}
# refuses TEXT SECONDS PATTERN…: the product ends by itself with status 1 and says all of this.
refuses() {
  local text="$1" pattern; shift
  if ! ended "$1"; then fail "$text: ends within $1 s"; show "$W/err"; finished; return; fi
  shift
  is "$text: ends with 1" "$status" 1
  for pattern in "$@"; do
    if grep -Eqi "$pattern" "$W/err"; then pass "$text: says $pattern"; else fail "$text: says $pattern"; show "$W/err"; fi
  done
}

# state: everything of the box that a network of ours changes and must give back.
state() {
  nft list ruleset
  ip -o address | sed -E 's/ *\\.*//; s/^[0-9]+: //'
  ip -o link | sed -E 's/^[0-9]+: //; s/ (qdisc|state|mode|group|qlen) [^ ]+//g; s/,LOWER_UP|NO-CARRIER,|,NO-CARRIER//g; s/link-netnsid [0-9]+//'
  ip rule
  ip route show table all
  grep -s . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv[46]/conf/*/* /sys/class/rfkill/rfkill*/soft
  iw dev | grep -E 'Interface|type|ssid'
  pgrep -l 'hostapd|dnsmasq|tinycheck' | sed 's/^[0-9]* //' | sort
}
# remember: the state from which a case begins. given_back TEXT: it is that again.
remember() { state >"$W/before"; }
given_back() {
  state >"$W/after"
  if diff "$W/before" "$W/after" >"$W/difference"; then pass "$1"; else fail "$1"; show "$W/difference" 30; fi
}

# --- phones

card_of() { case $1 in phone) echo wlan1 ;; phone2) echo wlan2 ;; esac; }
# on NAMESPACE COMMAND…: runs it there; "box" is the box itself.
on() {
  local ns="$1"; shift
  if [ "$ns" = box ]; then "$@"; else ip netns exec "$ns" "$@"; fi
}
# serve NAMESPACE PORT: pages of the box's kind are served there until the case ends.
serve() {
  ip netns exec "$1" httpd -f -p "[::]:$2" -h /tmp/box >/dev/null 2>&1 &
  echo $! >"/run/case-$1-$2.pid"
}
wpa() { local ns="$1"; shift; on "$ns" wpa_cli -p "/run/wpa-$ns" -i "$(card_of "$ns")" "$@"; }
associated() { wpa "$1" status | grep -q '^wpa_state=COMPLETED'; }
# join PHONE LINE…: the phone tries to join $name with these lines of its network block.
join() {
  local ns="$1" card; shift
  card=$(card_of "$ns")
  { printf 'ctrl_interface=/run/wpa-%s\n' "$ns"
    [ -z "${GLOBAL:-}" ] || printf '%s\n' "$GLOBAL"
    printf 'network={\n ssid="%s"\n scan_freq=%s\n' "$name" "${FREQ:-2437}"
    printf ' %s\n' "$@"
    echo '}'; } >"$W/$ns.conf"
  on "$ns" wpa_supplicant -B -P "/run/wpa-$ns.pid" -Dnl80211 -i"$card" -c"$W/$ns.conf" -f"$W/$ns.log" -t >/dev/null
}
# joined TEXT PHONE LINE…: it is in within 45 s.
joined() {
  local text="$1" ns="$2"; shift
  join "$@"
  if soon 45 associated "$ns"; then pass "$text"; else fail "$text"; grep -E "CTRL-EVENT|WPA: |SME: |SAE: |rejected|deauth" "$W/$ns.log" >"$W/$ns.short"; show "$W/$ns.short" 20; return 1; fi
}
leave() {
  local ns
  for ns in "$@"; do
    [ -s "/run/wpa-$ns.pid" ] && kill "$(cat "/run/wpa-$ns.pid")" && soon 5 test ! -e "/run/wpa-$ns.pid"
    ip -n "$ns" addr flush dev "$(card_of "$ns")"
    ip -n "$ns" link set "$(card_of "$ns")" down
  done
}
# lease PHONE: an address by DHCP; the phone's resolver is the one it was told.
lease() {
  on "$1" udhcpc -i "$(card_of "$1")" -n -q -t 8 -T 2 -F "a-$1" -s /tmp/leased
}
# leased EVENT: what udhcpc calls, inside the phone.
leased() {
  [ "$1" = bound ] || return 0
  ip -4 addr flush dev "$interface"
  ip addr add "$ip/$mask" dev "$interface"
  ip route add default via "$router"
  local ns=phone
  [ "$interface" = wlan1 ] || ns=phone2
  mkdir -p "/etc/netns/$ns"
  # Written in place: a running "ip netns exec" has the file itself mounted.
  printf 'nameserver %s\n' "$dns" >"/etc/netns/$ns/resolv.conf"
  echo "lease $ip router $router dns $dns"
}
address() { ip -n "$1" -o -4 addr show dev "$(card_of "$1")" | sed -nE 's/.* inet ([0-9.]+).*/\1/p'; }
link_local() { ip -n "$1" -o -6 addr show dev "$(card_of "$1")" scope link | sed -nE 's/.* inet6 ([0-9a-f:]+).*/\1/p'; }
# six PHONE: its address of the box's IPv6 network, once it has made sure that it is its own.
six() { ip -n "$1" -o -6 addr show dev "$(card_of "$1")" scope global -tentative | sed -nE 's/.* inet6 (fd[0-9a-f:]+).*/\1/p' | head -1; }
hardware() { ip -n "$1" -o link show dev "$(card_of "$1")" | sed -nE 's/.*link\/ether ([0-9a-f:]+).*/\1/p'; }
router() { ip -n "$1" route show default | sed -nE 's/.* via ([0-9.]+).*/\1/p'; }
# ask PHONE NAME [TYPE [SERVER]]: what DNS answers: the response code, then the data.
ask() {
  on "$1" drill ${4:+"@$4"} "$2" "${3:-A}" >"$W/drill" 2>&1 || { echo silence; return; }
  { sed -nE 's/.*rcode: ([A-Z]+).*/\1/p' "$W/drill"; sed -n '/^;; ANSWER/,/^$/p' "$W/drill" | awk '/^[^;]/ { print $5 }'; } | tr '\n' ' ' | sed 's/ $//'
}
web() { on "$1" curl -skS --max-time 10 "$2" 2>&1; }
# reach PHONE ADDRESS PORT: TCP connects.
reach() { on "$1" nc -w 3 "$2" "$3" </dev/null; }
# shut PHONE: none of the lines "ADDRESS PORT TEXT" of standard input can be
# connected to from there; with the port "ping", it does not answer. All at once:
# each takes seconds to find out that nobody answers.
shut() {
  local ns="$1" address port text probes="" one
  while read -r address port text; do
    one=$W/probe-$(echo "$address-$port" | tr -c '0-9a-z\n' -)
    echo "$text ($address $port)" >"$one"
    { if [ "$port" = ping ]; then pings "$ns" "$address"; else reach "$ns" "$address" "$port"; fi && echo open >"$one.open"; } >/dev/null 2>&1 &
    probes="$probes $! $one"
  done
  set -- $probes
  while [ $# -gt 0 ]; do
    wait "$1"
    if [ -e "$2.open" ]; then fail "$(cat "$2")"; else pass "$(cat "$2")"; fi
    rm -f "$2" "$2.open"
    shift 2
  done
}
pings() { on "$1" ping -c 2 -i 0.3 -W 2 "$2"; }

# tidy ends what a case left running, and undoes what it left.
tidy() {
  pkill -INT -x tinycheck && { soon 10 no_process tinycheck || pkill -9 -x tinycheck; }
  leave phone phone2
  pkill -x hostapd
  pkill -x tcpdump
  pkill -x wpa_supplicant
  for f in /run/case-*.pid; do
    [ ! -s "$f" ] || kill "$(cat "$f")"
    rm -f "$f"
  done
  tinycheck undo --runtime-dir $RUN
  rm -rf $RUN
  nft delete table inet tinycheck
  ip addr flush dev wlan0
  ip link set wlan0 down
  ip -6 route del default dev wan0
  echo 0 >/proc/sys/net/ipv4/ip_forward
} >/dev/null 2>&1
no_process() { ! pgrep -x "$1"; }
