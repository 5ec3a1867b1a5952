#!/usr/bin/python3
"""The checker itself: every kind of breach is seen, and lawful files are not."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import include_law  # noqa: E402

ROWS = [
    # path, include, is a breach
    ("services/a/domain/x.c", "<kt/arena.h>", False),
    ("services/a/domain/x.c", "<kt/kv.h>", True),
    ("services/a/domain/x.c", "<stdlib.h>", True),
    ("services/a/domain/x.c", "<time.h>", True),
    ("services/a/domain/x.c", '"store/t.h"', True),
    ("services/a/domain/x.c", "<kantor/a/v1/a.pb-c.h>", True),
    ("services/a/store/x.c", "<kt/kv.h>", False),
    ("services/a/store/x.c", '"domain/t.h"', False),
    ("services/a/store/x.c", "<kantor/a/v1/a.kt.h>", True),
    ("services/a/codec/x.c", "<kantor/a/v1/a.kt.h>", False),
    ("services/a/codec/x.c", "<kt/kv.h>", True),
    ("services/a/handlers/x.c", '"store/t.h"', False),
    ("services/a/x.c", '"b/domain/t.h"', True),
    ("services/a/x.c", "<zmq.h>", True),
    ("common/net/src/x.c", "<zmq.h>", False),
    ("common/kv/src/lmdb.c", "<lmdb.h>", False),
    ("common/kv/src/ram.c", "<lmdb.h>", True),
    ("common/kv/src/ram.c", "<kt/frame.h>", True),
    ("common/base/src/x.c", "<kt/kv.h>", True),
    ("common/rpc/src/x.c", "<kt/frame.h>", False),
    ("common/rpc/src/x.c", "<kt/net.h>", True),
]


def main():
    wrong = 0
    for path, include, breach in ROWS:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for library, header in (("base", "arena"), ("kv", "kv"), ("net", "frame"), ("net", "net")):
                place = root / f"common/{library}/include/kt/{header}.h"
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text("")
            (root / "services/b").mkdir(parents=True)
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(f"#include {include}\n")
            found, _ = include_law.check(root)
            if bool(found) != breach:
                print(f"{path} including {include}: expected {'a' if breach else 'no'} breach, got {found}")
                wrong += 1
    print(f"{len(ROWS) - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
