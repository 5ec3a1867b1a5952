"""spans.py: reads the traces that programs kept (OTLP/JSON, one ExportTraceServiceRequest a line), strictly."""
import json
import re

INTERNAL, SERVER, CLIENT = 1, 2, 3
CLOCKS_NS = 5_000_000  # how far the programs' clocks of one machine are taken to be apart


class Span:
    def __init__(self, json_span, resource):
        assert re.fullmatch(r"[0-9a-f]{32}", json_span["traceId"]) and re.fullmatch(r"[0-9a-f]{16}", json_span["spanId"]), json_span
        assert isinstance(json_span["kind"], int), json_span
        self.trace, self.id, self.parent = json_span["traceId"], json_span["spanId"], json_span.get("parentSpanId", "")
        self.name, self.kind = json_span["name"], json_span["kind"]
        self.begin, self.end = int(json_span["startTimeUnixNano"]), int(json_span["endTimeUnixNano"])
        self.attributes = attributes(json_span)
        self.service, self.instance = resource["service.name"], resource["service.instance.id"]
        assert self.begin <= self.end, json_span

    def __repr__(self):
        return f"{self.service} {self.name} ({self.kind}) {self.id} of {self.parent or 'nobody'} in {self.trace}"


def attributes(of):
    found = {}
    for one in of["attributes"]:
        assert one["key"] not in found, of
        (kind, found[one["key"]]), = one["value"].items()
        assert kind in ("stringValue", "intValue") and isinstance(found[one["key"]], str), of
    return found


def read(folder):
    """All spans of all files of FOLDER; no id is there twice."""
    spans = {}
    for path in sorted(folder.glob("*.jsonl*")):
        text = path.read_text(encoding="utf-8")
        assert text.endswith("\n") or not text, path
        for line in text.splitlines():
            for of_resource in json.loads(line)["resourceSpans"]:
                resource = attributes(of_resource["resource"])
                for scope in of_resource["scopeSpans"]:
                    for json_span in scope["spans"]:
                        span = Span(json_span, resource)
                        assert span.id not in spans, f"{span} and {spans[span.id]}"
                        spans[span.id] = span
    return spans


def orphans(spans):
    return [span for span in spans.values() if span.parent and span.parent not in spans]


def check_tree(spans):
    """Every trace has one root, every parent is there and of the same trace, and what is done for a part is done inside it. Only
    the steps of a process, calls of a department for a part that has ended long since, go on after it."""
    roots = {}
    for span in spans.values():
        if not span.parent:
            assert span.trace not in roots, f"two roots: {span} and {roots[span.trace]}"
            roots[span.trace] = span
            continue
        parent = spans.get(span.parent)
        assert parent, f"its parent is not there: {span}"
        assert parent.trace == span.trace, f"{span} is below {parent}"
        assert span.begin >= parent.begin - CLOCKS_NS, f"{span} begins before {parent}"
        step = parent.kind == SERVER and span.kind == CLIENT and span.service == parent.service
        assert step or span.end <= parent.end + CLOCKS_NS, f"{span} ends after {parent}"
    assert {span.trace for span in spans.values()} == set(roots), "a trace without a root"
