# The package hotspot by itself: cards, reasons, crashes, with radios of its own
. /e2e/lib.sh
cd "$W" || exit 1
TINYCHECK_RADIOS=1 timeout 280 hotspot.test -test.run TestRadio -test.v >"$W/tests" 2>&1
is "its tests end well" $? 0
is "none of them is skipped" "$(grep -c '^--- SKIP' "$W/tests")" 0
ok "there are some" grep -q '^--- PASS' "$W/tests"
grep -E '^ *--- FAIL|_test.go' "$W/tests" | head -20 | sed 's/^/     | /'
