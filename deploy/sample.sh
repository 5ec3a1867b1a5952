# sample.sh: the month that up plays. Sourced by up.
#
# First the books; then a purchase and a hire, which cross the three departments: each act is a call by the person whose it
# is. Everything is done again harmlessly: what is there stays as it is, what was interrupted goes on.

purchase=garis-licences
hire=hire-dian

# play BOOK KIND TITLE FILE
play() {
    local book=$1 kind=$2 title=$3 file=$4 accounts
    as analyst finance books --output csv | cut -d, -f1 | grep -qx "$book" ||
        as analyst call Books/CreateBook "{\"book\":{\"book\":\"$book\",\"kind\":\"$kind\",\"title\":\"$title\"}}" >/dev/null
    accounts=$(tail -n +2 "$file" | awk -F'","' '{ print $8 }' | sort -u | sed 's/.*/{"account":"&"}/' | paste -sd,)
    as clerk call Books/OpenAccounts "{\"book\":\"$book\",\"accounts\":[$accounts]}" >/dev/null
    as front-office finance import --book "$book" "$file"
}

# ---- calls ----

# ask METHOD JSON ('quotes' for "quotes"): the answer on one line without blanks; nothing when there is no such thing
ask() {
    local answer code=0
    answer=$(as auditor call "$1" "$(tr \' \" <<<"$2")" 2>&1) || code=$?
    case $code in
        0) tr -d ' \n' <<<"$answer" ;;
        5) ;;
        *) die "$answer" ;;
    esac
}

# tell WHO METHOD JSON: a write by WHO. What there is already need not be made.
tell() {
    local answer code=0
    answer=$(as "$1" call "$2" "$(tr \' \" <<<"$3")" 2>&1) || code=$?
    [ $code -eq 0 ] || [ $code -eq 6 ] || die "$answer"
}

# lacks TEXT METHOD JSON: whether the answer does not have it
lacks() {
    [[ $(ask "$2" "$3") != *"$1"* ]]
}

# value NAME TEXT: of the first "NAME":"..." in TEXT
value() {
    sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"${2/\"$1\":/$'\n'\"$1\":}" | head -n 1
}

# follow DEPARTMENT PROCESS STEP: watches until that step is done, half a minute at most. Second by second, for a watch that is
# given up stays open until its time is over, and `down` would wait for it.
follow() {
    local line="" said watch try
    for try in {1..30}; do
        exec {watch}< <(exec "$(program kantor)" --config "$home/etc/as/auditor.conf" --timeout 1 \
            call "$1/Processes/WatchProcess" "{\"process\":\"$2\"}" 2>&1)
        while read -r -u "$watch" said; do
            line=$said
            if [[ $line == *"\"step\":\"$3\",\"kind\":\"STEP_DONE\""* ]]; then
                kill $! 2>/dev/null || true
                exec {watch}<&-
                return
            fi
            [[ $line != *'"kind":"PROCESS_ENDED"'* ]] || break 2
        done
        exec {watch}<&-
    done
    die "process $2 of $1 does not come to $3 ($try s): $line"
}

# stuck DEPARTMENT PROCESS: it has ended otherwise, or waits for a person to decide: then it is not up that goes on with it
stuck() {
    local state
    state=$(value state "$(ask "$1/Processes/GetProcess" "{'process':'$2'}")")
    case $state in
        RUNNING|DONE) return 1 ;;
        *) word "left as it is, $state" ;;
    esac
}

# passed DEPARTMENT PROCESS STEP: whether it is
passed() {
    [[ $(ask "$1/Processes/GetProcess" "{'process':'$2'}") == *"\"step\":\"$3\",\"kind\":\"STEP_DONE\""* ]]
}

# word TEXT: progress, on one line after `comma`
word() {
    printf '%s %s' "$comma" "$1"
    comma=,
}

# ---- the office ----

# What has to be there before anybody is hired or anything is bought; what is set already stays as it is set. `day` is the
# day on which the sample is played.
prepare() {
    local from=${day%-*} text
    tell clerk Books/OpenAccounts "{'book':'company','accounts':[{'account':'expenses:software'}]}"
    tell analyst Budgets/CreateCostCentre "{'book':'company','costCentre':'it','title':'IT','manager':'expert'}"
    lacks '"costCentre":"it"' Budgets/ListBudgets "{'book':'company'}" &&
        tell analyst Budgets/SetBudget "{'book':'company','costCentre':'it','commodity':'IDR','periodFrom':'$from',
            'periodTo':'$(date -u -d "$from-01 +11 months" +%Y-%m)','amountMinor':'50000000000'}"
    lacks '"position":"engineer"' Employees/ListHeadcounts "{'book':'company'}" &&
        tell analyst Employees/SetHeadcount "{'book':'company','costCentre':'it','position':'engineer','count':2}"
    lacks '"revision"' Oversight/GetThresholds "{}" &&
        tell ceo Oversight/SetThresholds "{'thresholds':{'values':[{'currency':'IDR','level':'OFFICER','fromMinor':'0'},
            {'currency':'IDR','level':'FINANCE','fromMinor':'1000000000'},
            {'currency':'IDR','level':'CEO','fromMinor':'10000000000'}]}}"
    tell officer Parties/CreateParty "{'party':{'party':'garis-lurus','kind':'COMPANY','name':'PT Garis Lurus','country':'ID'}}"
    tell officer Policies/CreatePolicy "{'policy':'conduct','title':'Code of conduct','mustAcknowledge':true}"
    text=$(base64 -w0 "$root/deploy/sample/conduct.txt")
    lacks '"version":1,' Policies/ListPolicyVersions "{'policy':'conduct'}" &&
        tell officer Policies/PublishVersion "{'policy':'conduct','text':'$text','effectiveFrom':'$day'}"
    tell expert Software/CreateProduct "{'product':{'product':'garis','title':'Garis, technical drawing'}}"
    tell expert Accounts/RegisterAsset "{'asset':{'asset':'laptop-1','kind':'laptop'}}"
}

# agree DEPARTMENT PROCESS CONTRACT FILE: a contract from draft to both signatures. Nobody approves what they wrote, so
# officer uploads it and counsel approves.
agree() {
    local contract=$3 view level hash who
    view=$(as auditor legal contract "$contract" -o csv)
    if grep -q '^status,DRAFT' <<<"$view"; then
        grep -q '^version 1,' <<<"$view" || as officer legal upload "$contract" "$4" -q >/dev/null
        tell officer Contracts/SubmitContract "{'contract':'$contract'}"
    fi
    if grep -qE '^status,(DRAFT|REVIEW)' <<<"$view"; then
        tell officer Contracts/StartApproval "{'contract':'$contract'}"
        view=$(as auditor legal contract "$contract" -o csv)
    fi
    hash=$(sed -n 's/^version [0-9]*,"\([0-9a-f]*\).*/\1/p' <<<"$view" | tail -n 1)
    if grep -q '^status,APPROVAL' <<<"$view"; then
        for level in counsel:OFFICER analyst:FINANCE ceo:CEO; do
            who=${level%:*} level=${level#*:}
            if grep -q "^approvals needed.*$level" <<<"$view" && ! grep -q "^approval,\"$level" <<<"$view"; then
                as "$who" legal approve "$contract" --level "$level" --hash "$hash" -q >/dev/null
            fi
        done
        word approved
    fi
    follow "$1" "$2" open-signing
    if ! grep -qE '^signed by us,' <<<"$view"; then
        grep -q '^signed by them,' <<<"$view" ||
            as officer legal sign "$contract" --side them --by "$5" --on "$day" --hash "$hash" -q >/dev/null
        as officer legal sign "$contract" --side us --by "Ratna Hadi" --on "$day" --hash "$hash" -q >/dev/null
        word signed
    fi
}

# ---- the purchase ----

# Licences, in two instalments, of which the first is due today.
buy() {
    printf 'A purchase of licences'
    if [ -z "$(ask Purchases/GetPurchase "{'purchase':'$purchase'}")" ]; then
        tell expert Purchases/RequestPurchase "{'purchase':{'purchase':'$purchase','title':'Garis, ten licences for a year',
            'vendor':'garis-lurus','product':'garis','book':'company','costCentre':'it','currency':'IDR',
            'amountMinor':'6000000000','instalments':[{'dueOn':'$day','amountMinor':'4000000000'},
            {'dueOn':'$(date -u -d "$day +30 days" +%F)','amountMinor':'2000000000'}],
            'expenseAccount':'expenses:software','payableAccount':'liabilities:payable:suppliers','seats':10,
            'employees':['expert','dian'],'fromDate':'$day','untilDate':'$(date -u -d "$day +1 year -1 day" +%F)'}}"
        word requested
    fi
    bought=$(value process "$(ask Purchases/GetPurchase "{'purchase':'$purchase'}")")
    if stuck it "$bought"; then return; fi
    follow it "$bought" draft-contract
    agree it "$bought" "$purchase" "$root/deploy/sample/licences.txt" "Agus Setiawan"
    follow it "$bought" assign-seats
    if [[ $(ask Payables/GetSchedule "{'schedule':'$purchase'}") != *'"paidMinor"'* ]]; then
        tell expert Payables/RecordReceipt "{'schedule':'$purchase','receivedOn':'$day','what':'ten licence keys'}"
        tell clerk Payables/PayPayable "{'schedule':'$purchase','line':1,'paidOn':'$day','bankAccount':'assets:bank:rupiah'}"
        word "received, first instalment paid"
    fi
}

# ---- the hire ----

# An engineer, whose first day is today.
take_on() {
    local text
    printf 'A hire of an engineer'
    if [ -z "$(ask Hires/GetHire "{'hire':'$hire'}")" ]; then
        tell officer Hires/StartHire "{'hire':{'hire':'$hire','employee':'dian','name':'Dian Wibowo','principal':'dian',
            'unit':'it','book':'company','costCentre':'it','position':'engineer','currency':'IDR',
            'salaryMinor':'1200000000','startsOn':'$day','noticeMonths':1,'equipment':['laptop']}}"
        word requested
    fi
    hired=$(value process "$(ask Hires/GetHire "{'hire':'$hire'}")")
    if stuck legal "$hired"; then return; fi
    follow legal "$hired" draft-contract
    agree legal "$hired" "$hire" "$root/deploy/sample/employment.txt" "Dian Wibowo"
    follow legal "$hired" first-day
    if ! passed legal "$hired" acknowledged; then
        text=$(as dian call Policies/ReadPolicyText '{"policy":"conduct"}' | tr -d ' \n')
        tell dian Policies/Attest "{'policy':'conduct','version':$(sed 's/.*"version":\([0-9]\+\).*/\1/' <<<"$text"),
            'sha256':'$(value sha256 "$text")'}"
        follow legal "$hired" open-account
        word "policy acknowledged, account open"
    fi
}

# ---- all of it ----

play_sample() {
    local asked act book
    play company COMPANY "Merapi Niaga, trading" "$root/deploy/sample/company.csv"
    play sari-rasa CLIENT "Warung Sari Rasa, restaurant" "$root/deploy/sample/client.csv"
    asked=$(ask Purchases/GetPurchase "{'purchase':'$purchase'}")
    day=$(value fromDate "$asked")
    day=${day:-$(date -u +%F)}
    [ -n "$asked" ] && [ -n "$(ask Hires/GetHire "{'hire':'$hire'}")" ] || prepare
    for act in buy take_on; do
        comma=:
        $act
        [ "$comma" = , ] || word "in place"
        printf '\n'
    done
    for book in company sari-rasa; do
        say ""
        say "Trial balance of $book:"
        as clerk finance trial-balance --book "$book"
    done
    say ""
    as auditor process show it "$bought"
    say ""
    as auditor process show legal "$hired"
}
