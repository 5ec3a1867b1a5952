# configure.sh: keys, ports and configuration of an office. Sourced by up.
#
# What is there is left as it is. An office that an earlier version made gets what it lacks: keys, ports, files, and within
# its files principals and settings. Each of these is given once, and etc/given says what was: whatever an operator
# changes or takes out afterwards stays so.

# free_ports COUNT: as many ports of 127.0.0.1 that nothing listens on, below those the kernel gives to connections, or of
# KANTOR_PORTS
free_ports() {
    local count=$1 port taken
    taken=$(awk '$4 == "0A" { split($2, a, ":"); print a[2] }' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
    for port in $(shuf -i "${KANTOR_PORTS:-15000-31999}" -n 200); do
        [ "$count" -gt 0 ] || return 0
        grep -qix "$(printf '%04X' "$port")" <<<"$taken" && continue
        case " ${ports[*]} " in *" $port "*) continue ;; esac
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

# ---- what is given once ----

given() {
    grep -qxF "$1" "$home/etc/given"
}

note() {
    printf '%s\n' "$1" >>"$home/etc/given"
}

# begin_given: the list; of an office that was made before there was one, what those had
begin_given() {
    local name
    [ ! -e "$home/etc/given" ] || return 0
    put "$home/etc/given" < <(
        [ ! -e "$home/etc/broker.conf" ] ||
            for name in front-office clerk analyst officer expert ceo auditor operator finance; do
                printf 'principal %s\n' "$name"
            done
    )
}

# edit FILE PROGRAM [VARIABLE=VALUE...]: what awk makes of it takes its place, unless that is the same
edit() {
    local file program=$2 part variables=()
    file=$(readlink -f "$1")
    shift 2
    for part in "$@"; do
        variables+=(-v "$part")
    done
    part=$(mktemp "$file.XXXXXX")
    awk "${variables[@]}" "$program" "$file" >"$part"
    if cmp -s "$part" "$file"; then
        rm -f "$part"
    else
        chmod --reference="$file" "$part"
        mv "$part" "$file"
    fi
}

# Lines of a section (the first of its name) belong to it while they are indented; `block` goes behind the last of them,
# unless the section has something called `wanted`.
at_end_of_section='
    { line[NR] = $0 }
    /^[^ \t#]/ { inside = ($0 ~ "^" section "[ \t]*(#.*)?$" && !sections++) }
    inside && NF && !/^[ \t]*#/ { last = NR }
    inside && $0 ~ "^    " wanted "[ \t]*([=#].*)?$" { there = 1 }
    END {
        for (i = 1; i <= NR; i++) {
            print line[i]
            if (i == last && !there)
                print block
        }
    }'

# principal NAME ROLES [DEPARTMENT]: one more in broker.conf, who may serve DEPARTMENT
principal() {
    local name=$1 block
    given "principal $name" && return
    block="    $name\n        key = \"../keys/$name.key\"\n        roles = \"$2\""
    [ -z "${3:-}" ] || block="$block\n        serves = \"$3\""
    edit "$home/etc/broker.conf" "$at_end_of_section" section=principals wanted="$name" block="$block"
    note "principal $name"
}

# roles NAME OLD NEW: where they are still what they were
roles() {
    given "roles $1 $3" && return
    # shellcheck disable=SC2016
    edit "$home/etc/broker.conf" '
        /^[^ \t#]/ { section = $1 }
        /^    [^ \t#]/ { name = $1 }
        section == "principals" && name == wanted && $0 == "        roles = \"" old "\"" { sub(old, new) }
        { print }' wanted="$1" old="$2" new="$3"
    note "roles $1 $3"
}

# A department that calls others: has the role for it, and knows where to.
links() {
    local name=$1
    given "links $name" && return
    # shellcheck disable=SC2016
    edit "$home/etc/broker.conf" '
        { line[NR] = $0 }
        /^[^ \t#]/ { section = $1 }
        /^    [^ \t#]/ { name = $1 }
        section == "principals" && name == wanted && /^        roles[ \t=]/ { roles = 1 }
        section == "principals" && name == wanted && /^        serves[ \t=]/ { serves = NR }
        END {
            for (i = 1; i <= NR; i++) {
                if (i == serves && !roles)
                    print "        roles = \"department\""
                print line[i]
            }
        }' wanted="$name"
    edit "$home/etc/$name.conf" "$at_end_of_section" section=broker wanted=clients \
        block="    clients = \"tcp://127.0.0.1:$port_clients\""
    note "links $name"
}

configure_broker() {
    local line name
    put "$home/etc/broker.conf" <<CONF
# The broker of this office. After a change: kill -HUP \$(cat '$home/run/broker.pid')
clients = "tcp://127.0.0.1:$port_clients"
services = "tcp://127.0.0.1:$port_services"
metrics = "127.0.0.1:$port_metrics"
key = "../keys/broker.key_secret"

principals
CONF
    for line in $principals; do
        principal "${line%%:*}" "$(tr , ' ' <<<"${line#*:}")"
    done
    roles expert it.expert "it.expert employee"
    for name in $departments; do
        principal "$name" department "$name"
        links "$name"
    done
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

# assign_ports COUNT: the office's, and more where it has fewer. An earlier version had four.
assign_ports() {
    local part
    read -r -a ports < <(cat "$home/ports" 2>/dev/null) || true
    [ ! -e "$home/ports" ] || [ "${#ports[@]}" -ge 4 ] ||
        die "$home/ports is damaged; remove it and $home/etc, and run this again"
    if [ "${#ports[@]}" -lt "$1" ]; then
        read -r -a ports <<<"${ports[*]} $(free_ports $(($1 - ${#ports[@]})))"
        part=$(mktemp "$home/ports.XXXXXX")
        printf '%s\n' "${ports[*]}" >"$part"
        mv "$part" "$home/ports"
    fi
    port_clients=${ports[0]} port_services=${ports[1]} port_metrics=${ports[2]}
}

configure() {
    local name line place=3 ports=()
    (umask 077 && mkdir -p "$home/keys" "$home/data" "$home/backups")
    mkdir -p "$home/etc/as" "$home/log" "$home/run"
    # shellcheck disable=SC2086
    set -- $departments
    assign_ports $((3 + $#))
    begin_given
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
