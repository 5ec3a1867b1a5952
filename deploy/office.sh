# office.sh: what up, down and kantor share. Sourced, never run.
#
# An office is one folder (--home): keys, configuration, stores, logs and process files of a broker and its departments.
#   keys/NAME.key           public key          keys/NAME.key_secret  key pair, mode 0600
#   etc/broker.conf         the broker's        etc/DEPARTMENT.conf a department's
#   etc/as/PRINCIPAL.conf   a caller's, for `kantor --config`
#   data/DEPARTMENT         its store           backups/DEPARTMENT  its backups
#   log/NAME.log            log lines           run/NAME.pid        process number
#   ports                   the ports of this office
#   etc/given               what up has put into the configuration once, and puts there no more

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
departments="finance legal it" # a department more is a word more here; a later one goes to the end

# principal:role,role
principals="front-office:front-office
clerk:finance.clerk
analyst:finance.analyst
officer:legal.officer
counsel:legal.officer
expert:it.expert,employee
dian:employee
ceo:ceo
auditor:auditor
operator:it.operator"

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

say() {
    printf '%s\n' "$*"
}

# set_home DIR: the office's folder, absolute
set_home() {
    home=$(readlink -m -- "${1:-$root/var}")
    bin=${KANTOR_BIN:-$root/build/release/services}
}

# program NAME: the path of a built program
program() {
    local path
    for path in "$bin/$1" "$bin/${1#kantor-}/$1" "$bin/cli/$1"; do
        if [ -x "$path" ]; then
            printf '%s\n' "$path"
            return
        fi
    done
    die "$1 is not built; run  $root/deploy/up"
}

# running NAME: whether the process of run/NAME.pid lives and is that program. A killed one that nobody has waited
# for keeps its place in /proc as a zombie, without a command line.
running() {
    local pid
    pid=$(cat "$home/run/$1.pid" 2>/dev/null) || return 1
    [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$(comm_of "$1")" ] &&
        [ -n "$(tr -d '\0' <"/proc/$pid/cmdline" 2>/dev/null)" ]
}

# The kernel keeps the first 15 bytes of a program's name.
comm_of() {
    printf 'kantor-%s' "$1" | cut -c1-15
}

# stop NAME...: tells each to end and waits until it has. The broker comes first, so that it takes no new calls while the
# departments finish theirs; it ends when they have. False when none of them runs.
stop() {
    local name tries=0 stopped=""
    for name in "$@"; do
        if running "$name"; then
            kill -TERM "$(cat "$home/run/$name.pid")" 2>/dev/null || true
            stopped="$stopped $name"
        else
            rm -f "$home/run/$name.pid"
        fi
    done
    for name in $stopped; do
        while running "$name" && [ $tries -lt 400 ]; do
            sleep 0.05
            tries=$((tries + 1))
        done
        if running "$name"; then
            kill -KILL "$(cat "$home/run/$name.pid")" 2>/dev/null || true
            say "$name did not end by itself and was killed"
        fi
        rm -f "$home/run/$name.pid"
    done
    [ -n "$stopped" ] && say "Stopped$stopped"
}

# as PRINCIPAL ARGUMENT...: the command line as a principal
as() {
    local who=$1
    shift
    "$(program kantor)" --config "$home/etc/as/$who.conf" "$@"
}
