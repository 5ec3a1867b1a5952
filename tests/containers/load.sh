# load.sh: calls of every kind into all departments, one after the other, until it is told to end (SIGTERM). Runs in the debug image beside
# the office; /load has files. For each call a line: its kind, its round, its exit code, and what was said when it failed. A round that
# failed is tried again until it is done.
#
#   long      a file of tens of thousands of lines: one caller for many seconds, with many writes under way
#   short     a small file under another source each time: a new caller each time
#   party     a write of legal            product   a write of IT             trial     a read of finance
#   purchase  a process of IT, which at once calls legal and finance
set -uo pipefail
payload=$1
day=$(date -u +%F)
ended=/tmp/ended

as() {
    kantor --config "/etc/kantor/$1.conf" "${@:2}"
}

front_office() {
    kantor --config /etc/front-office/front-office.conf "$@"
}

# call_KIND ROUND
call_long() { front_office finance import --book long --source "round-$1" -q /load/long.csv; }
call_short() { front_office finance import --book short --source "round-$1" -q /load/short.csv; }
call_trial() { as clerk finance trial-balance --book short; }
call_party() { as officer call Parties/CreateParty "{\"party\":{\"party\":\"load-$1\",\"kind\":\"COMPANY\",\"name\":\"$payload\",\"country\":\"ID\"}}"; }
call_product() { as expert call Software/CreateProduct "{\"product\":{\"product\":\"load-$1\",\"title\":\"$payload\"}}"; }
call_purchase() {
    as expert call Purchases/RequestPurchase "{\"purchase\":{\"purchase\":\"load-$1\",\"title\":\"$payload\",\"vendor\":\"garis-lurus\",
        \"product\":\"garis\",\"book\":\"company\",\"costCentre\":\"it\",\"currency\":\"IDR\",\"amountMinor\":\"1000\",
        \"instalments\":[{\"dueOn\":\"$day\",\"amountMinor\":\"1000\"}],\"expenseAccount\":\"expenses:software\",
        \"payableAccount\":\"liabilities:payable:suppliers\",\"seats\":1,\"employees\":[\"expert\"],\"fromDate\":\"$day\",
        \"untilDate\":\"$day\"}}"
}

# again_and_again KIND PAUSE
again_and_again() {
    local round=0 tries=0 code said
    while [ ! -e $ended ]; do
        code=0
        said=$("call_$1" $round 2>&1 >/dev/null) || code=$?
        # A write whose outcome was unknown, and which was done: ALREADY_EXISTS.
        [ $code -ne 6 ] || [ $tries -eq 0 ] || code=0
        if [ $code -eq 0 ]; then
            printf '%s %s 0\n' "$1" $round
            round=$((round + 1)) tries=0
            sleep "$2"
        else
            printf '%s %s %s %s\n' "$1" $round $code "${said//$'\n'/ }"
            tries=$((tries + 1))
        fi
    done
}

trap 'touch $ended' TERM
for kind in "long 1" "short 0.2" "trial 0.2" "party 0.1" "product 0.1" "purchase 1"; do
    # shellcheck disable=SC2086
    again_and_again $kind &
done
while [ -n "$(jobs -rp)" ]; do
    wait
done
