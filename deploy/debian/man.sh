#!/bin/sh
# man.sh PAGE.md MANUAL: a page of docs/man as mdoc's neighbours want it. The first line says name and section. A definition's
# example, indented behind an empty line, would become text of the definition: it is fenced first.
set -eu
name=$(basename "$1" .md)
tail -n +4 "$1" | awk '
    function close_fence() { if (open) { print "```"; open = 0 } }
    /^    / && (blank || open) { if (!open) { print "```"; open = 1 } print substr($0, 5); blank = 0; next }
    /^$/ { held++; blank = 1; if (!open) print; next }
    { if (open) { close_fence(); print "" } print; blank = 0 }
    END { close_fence() }' |
    lowdown -s --out-no-smart -T man -m "title: ${name%.*}" -m "section: ${name##*.}" -m "source: Kantor" -o "$2"
