#!/usr/bin/python3
"""The include law: who may include what. docs/architecture.md says why.

usage: include_law.py [ROOT]   checks every C file below ROOT (default: this project); exit 1 on a breach
"""
import pathlib
import re
import sys

# Which libraries of common/ each library may use; itself always. In the order of the layers.
COMMON = {
    "base": set(),
    "codegen": {"base"},
    "wire": {"base", "codegen:method"},
    "kv": {"base"},
    "net": {"base", "wire"},
    "rpc": {"base", "codegen:method", "wire", "net:frame", "net:pack_frames", "service:call"},
    "json": {"base", "codegen:method", "codegen:option", "wire"},
    "journal": {"base", "kv"},
    "client": {"base", "codegen:method", "wire", "net", "rpc"},
    "metrics": {"base"},
    "trace": {"base"},
    "process": {"base", "codegen:method", "wire", "kv", "journal", "service:call", "service:rows", "service:event",
                "service:fields"},
    "service": {"base", "codegen:method", "wire", "kv", "net", "rpc", "journal", "metrics",
                "process", "client", "trace"},
}
# Outside headers that only some places know: pattern -> places (path prefixes).
ONLY = {
    r"^zmq\.h$": ["common/net/src/"],
    r"^czmq\.h$": ["common/net/src/", "common/client/src/config", "common/service/src/config",
                   "services/broker/config"],
    r"^lmdb\.h$": ["common/kv/src/lmdb"],
    r"^nettle/": ["common/journal/include/kt/sha256.h", "common/journal/src/sha256.c"],
    r"^isa-l": ["common/kv/src/"],
    r"^jansson\.h$": ["common/json/", "common/trace/", "services/cli/"],
    r"^microhttpd\.h$": ["common/metrics/src/", "common/service/src/metrics"],
    r"^sodium\.h$": ["common/net/src/"],
}
# Parts of a service, and what of their own service and of common/ each may include.
PARTS = {
    "domain": ({"domain"}, {"base"}),
    "store": ({"store", "domain"}, {"base", "kv", "journal", "service:call", "service:rows", "service:event"}),
    "codec": ({"codec", "domain"}, {"base", "rpc", "service:call", "service:page", "service:fields",
                                    "process:process", "process:process_variables", "proto"}),
    "processes": ({"processes"}, {"base", "process", "proto"}),
    "handlers": ({"handlers", "codec", "domain", "store", "processes"},
                 {"base", "codegen:method", "kv", "journal", "rpc", "service", "process", "proto"}),
}


def headers(root):
    """kt/x.h -> library, from the tree itself."""
    found = {}
    for path in root.glob("common/*/include/kt/*.h"):
        found["kt/" + path.name] = path.relative_to(root).parts[1]
    return found


def may(allowed, library, header):
    stem = header.removeprefix("kt/").removesuffix(".h")
    return library in allowed or f"{library}:{stem}" in allowed


def check_common(path, include, library_of, say):
    own = path.parts[1]
    used = library_of.get(include)
    if used and used != own and not may(COMMON.get(own, set()), used, include):
        say(f"common/{own} may not use common/{used}")
    if include.startswith("services/") or re.match(r"(domain|store|codec|handlers)/", include):
        say("common/ may not know a service")


def check_service(path, include, library_of, services, say):
    own = path.parts[1]
    for other in services - {own}:
        if include.startswith((f"{other}/", f"services/{other}/", f"../{other}/")):
            say(f"services/{own} may not include services/{other}")
    part = path.parts[2] if len(path.parts) > 3 else None
    if part not in PARTS or own == "cli":
        return
    parts, libraries = PARTS[part]
    used = library_of.get(include)
    if used and not may(libraries, used, include):
        say(f"{part}/ may not use common/{used}")
    if re.match(r"(kantor|google|grpc|protobuf-c)/", include) and "proto" not in libraries:
        say(f"{part}/ may not see protobuf")
    named = re.match(r"(domain|store|codec|handlers|core|config)/", include)
    if named and named.group(1) not in parts:
        say(f"{part}/ may not include {named.group(1)}/")
    if part == "domain" and re.match(r"(time|stdlib|stdio|unistd|pthread|sys/.*)\.h$", include):
        say("domain/ has no clock, no files, no malloc")


def check(root):
    breaches = []
    library_of = headers(root)
    services = {p.name for p in (root / "services").glob("*") if p.is_dir()}
    files = [p for top in ("common", "services") for p in (root / top).rglob("*.[ch]")]
    for file in sorted(files):
        path = file.relative_to(root)
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if not match:
                continue
            include = match.group(1)
            say = lambda why: breaches.append(f"{path}:{number}: {include}: {why}")
            for pattern, places in ONLY.items():
                if re.match(pattern, include) and not str(path).startswith(tuple(places)):
                    say("only " + ", ".join(places) + " may include it")
            if path.parts[0] == "common":
                check_common(path, include, library_of, say)
            else:
                check_service(path, include, library_of, services, say)
    return breaches, len(files)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    breaches, files = check(root)
    print("\n".join(breaches))
    print(f"include law: {files} files, {len(breaches)} breaches")
    return 1 if breaches or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
