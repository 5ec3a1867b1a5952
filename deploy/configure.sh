# configure.sh: keys, ports and configuration of an office. Sourced by up. What is there is left as it is.

# free_ports COUNT: as many ports of 127.0.0.1 that nothing listens on, below those the kernel gives to connections
free_ports() {
    local count=$1 port taken
    taken=$(awk '$4 == "0A" { split($2, a, ":"); print a[2] }' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
    for port in $(shuf -i 15000-31999 -n 200); do
        [ "$count" -gt 0 ] || return 0
        grep -qix "$(printf '%04X' "$port")" <<<"$taken" && continue
        printf '%s ' "$port"
        count=$((count - 1))
    done
    [ "$count" -eq 0 ] || die "no free ports on 127.0.0.1"
}

# put FILE: standard input, whole or not at all, and only when FILE is not there
put() {
    local file=$1 part
    part=$(mktemp "$file.XXXXXX")
    cat >"$part"
    if [ -e "$file" ]; then
        rm -f "$part"
    else
        mv "$part" "$file"
    fi
}

make_key() {
    [ -e "$home/keys/$1.key_secret" ] || "$(program kantor)" keys new -q "$1" --dir "$home/keys" >/dev/null
}

configure_broker() {
    local line name roles
    put "$home/etc/broker.conf" < <(
        cat <<CONF
# The broker of this office. After a change: kill -HUP \$(cat '$home/run/broker.pid')
clients = "tcp://127.0.0.1:$port_clients"
services = "tcp://127.0.0.1:$port_services"
metrics = "127.0.0.1:$port_metrics"
key = "../keys/broker.key_secret"

principals
CONF
        for line in $principals; do
            name=${line%%:*} roles=${line#*:}
            printf '    %s\n        key = "../keys/%s.key"\n        roles = "%s"\n' "$name" "$name" "$roles"
        done
        for name in $departments; do
            printf '    %s\n        key = "../keys/%s.key"\n        roles = "department"\n        serves = "%s"\n' \
                "$name" "$name" "$name"
        done
    )
}

# configure_department NAME METRICS_PORT
configure_department() {
    put "$home/etc/$1.conf" <<CONF
certificate = "../keys/$1.key_secret"
metrics = "127.0.0.1:$2"
broker
    endpoint = "tcp://127.0.0.1:$port_services"
    clients = "tcp://127.0.0.1:$port_clients"
    certificate = "../keys/broker.key"
store
    path = "../data/$1"
    backups = "../backups/$1"
CONF
}

configure_caller() {
    put "$home/etc/as/$1.conf" <<CONF
client
    certificate = "../../keys/$1.key_secret"
broker
    endpoint = "tcp://127.0.0.1:$port_clients"
    certificate = "../../keys/broker.key"
CONF
}

configure() {
    local name line place=3 ports
    (umask 077 && mkdir -p "$home/keys" "$home/data" "$home/backups")
    mkdir -p "$home/etc/as" "$home/log" "$home/run"
    # shellcheck disable=SC2086
    set -- $departments
    put "$home/ports" < <(free_ports $((3 + $#)))
    read -r -a ports <"$home/ports" || true
    [ "${#ports[@]}" -ge $((3 + $#)) ] || die "$home/ports is damaged; remove it and $home/etc, and run this again"
    port_clients=${ports[0]} port_services=${ports[1]} port_metrics=${ports[2]}
    make_key broker
    for line in $principals; do
        make_key "${line%%:*}"
        configure_caller "${line%%:*}"
    done
    for name in $departments; do
        make_key "$name"
        configure_department "$name" "${ports[$place]}"
        place=$((place + 1))
    done
    configure_broker
}
