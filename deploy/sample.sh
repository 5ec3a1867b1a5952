# sample.sh: the month that up plays. Sourced by up.
#
# Everything in it is done again harmlessly: what is there stays as it is.
play() {
    local book=$1 kind=$2 title=$3 file=$4 accounts
    as analyst finance books --output csv | cut -d, -f1 | grep -qx "$book" ||
        as analyst call Books/CreateBook "{\"book\":{\"book\":\"$book\",\"kind\":\"$kind\",\"title\":\"$title\"}}" >/dev/null
    accounts=$(tail -n +2 "$file" | awk -F'","' '{ print $8 }' | sort -u | sed 's/.*/{"account":"&"}/' | paste -sd,)
    as clerk call Books/OpenAccounts "{\"book\":\"$book\",\"accounts\":[$accounts]}" >/dev/null
    as front-office finance import --book "$book" "$file"
}


play_sample() {
    play company COMPANY "Merapi Niaga, trading" "$root/deploy/sample/company.csv"
    play sari-rasa CLIENT "Warung Sari Rasa, restaurant" "$root/deploy/sample/client.csv"
}
