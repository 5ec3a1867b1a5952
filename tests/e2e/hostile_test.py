#!/usr/bin/python3
"""Hostile peers against a real broker and finance: each gets a clear error or silence by rule, memory stays bounded, and the next
honest call is served.

usage: hostile_test.py BUILD_FOLDER
"""
import os
import re
import resource
import struct
import sys
import time

import zmq

from office import Office

CALL, MESSAGE, END, CANCEL, WINDOW, PING, PONG, REGISTER, DRAIN = range(1, 10)
LAST = 1
IDLE_CONNECTIONS = 2000
BROKER_GROWTH_KIB_MAX = 160 * 1024  # 2,000 CURVE connections cost libzmq some 40 KiB each
PATH = b"/grpc.health.v1.Health/Check"


def value(text, name):
    found = re.search(rf'{name}\s*=\s*"?([^"\n]+)"?', text)
    assert found, f"no {name} in {text}"
    return found.group(1)


class Peer:
    """A raw DEALER under a principal's key."""

    def __init__(self, office, who="clerk", endpoint="clients", context=None):
        certificate = (office.home / "keys" / f"{who}.key_secret").read_text()
        broker = (office.home / "keys" / "broker.key").read_text()
        self.socket = (context or zmq.Context.instance()).socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.SNDHWM, 0)
        self.socket.curve_serverkey = value(broker, "public-key").encode()
        self.socket.curve_publickey = value(certificate, "public-key").encode()
        self.socket.curve_secretkey = value(certificate, "secret-key").encode()
        self.socket.connect(value((office.home / "etc" / "broker.conf").read_text(), endpoint))

    def send(self, *frames):
        self.socket.send_multipart(list(frames))

    def receive(self, timeout_s=5):
        if not self.socket.poll(int(timeout_s * 1000)):
            return None
        frames = self.socket.recv_multipart()
        return struct.unpack(">2sBBIQ", frames[0][:16])[1:], frames

    def close(self):
        self.socket.close(0)


def head(kind, call_id, flags=0, arg=0, extra=b"", magic=b"K1"):
    return struct.pack(">2sBBIQ", magic, kind, flags, arg, call_id) + extra


def code_of(frames):
    """The code in a CallStatus: field 1, a varint."""
    meta = frames[1]
    return meta[1] if meta[:1] == b"\x08" else 0


def honest(peer, call_id=4711):
    """One health call, which must be answered; all else that comes meanwhile is passed over."""
    peer.send(head(CALL, call_id, LAST, 5000, PATH), b"", b"")
    until = time.monotonic() + 10
    while time.monotonic() < until:
        got = peer.receive(10)
        assert got, "the broker does not answer an honest call"
        (kind, _, _, of), frames = got
        if of == call_id and kind == END:
            assert code_of(frames) == 0, frames
            return
    raise AssertionError("the honest call was not answered")


def ended(peer, call_id, timeout_s=10):
    """The code of the END of CALL_ID."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        got = peer.receive(max(0.01, until - time.monotonic()))
        if got and got[0][0] == END and got[0][3] == call_id:
            return code_of(got[1])
    raise AssertionError(f"no END for {call_id}")


def garbage(office):
    peer = Peer(office)
    for frames in ([b""], [b"K"], [os.urandom(16)], [os.urandom(500)] * 3, [head(77, 1)], [head(CALL, 1)] * 9, [head(CALL, 1, magic=b"XX")],
                   [b"KP" + os.urandom(30)], [b"KP\x03\x00\xff\xff\xff\xff\xff\xff"], [head(REGISTER, 5), b"\x00" * 40], [head(DRAIN, 5)],
                   [head(END, 5), b"", b""], [head(WINDOW, 5, arg=0xFFFFFFFF)], [head(MESSAGE, 5), b"x"], [head(PONG, 5)]):
        peer.send(*frames)
    honest(peer)
    peer.close()


def bad_calls(office):
    peer = Peer(office)
    rows = [
        (b"/no.such.Service/Method", b"", b"", 12),
        (b"no slash", b"", b"", 3),
        (PATH + b"\x00\x0a\x03ceo", b"", b"", 3),  # a caller of one's own behind the path
        (b"/kantor.finance.v1.Ledger/ReverseEntry", b"", b"\xff\xff\xff", 3),
        (b"/kantor.finance.v1.Ledger/GetEntry", b"", b"\x0a\x05ab", 3),
        (b"/kantor.finance.v1.Ledger/GetEntry", b"", b"\x0a\x02\xff\xfe", 3),  # not UTF-8
        (b"/kantor.finance.v1.Ledger/GetEntry", b"", b"\x0b" * 100000, 3),  # 100,000 levels of groups
        (b"/kantor.finance.v1.Books/ClosePeriod", b"", b"", 7),  # a clerk may not
        (b"/kantor.finance.v1.Ledger/GetEntry", b"\xff" * 100, b"", 3),
        (PATH, b"x" * 9000, b"", 3),
        (b"/kantor.finance.v1.Ledger/GetEntry", b"", b"\xff" * 4194304, 3),  # as large as a body may be, and no message
        (b"/kantor.finance.v1.Ledger/GetEntry", b"", b"\xff" * 4194305, 3),
    ]
    for number, (path, meta, body, code) in enumerate(rows, 1):
        peer.send(head(CALL, number, LAST, 5000, path), meta, body)
        got = ended(peer, number)
        assert got == code, f"row {number}, {path[:60]}: code {got}, expected {code}"
    honest(peer)
    peer.close()


def nested(office):
    """100,000 levels of nesting in a message that may nest at all."""
    body = b""
    for _ in range(100000):
        size, length = len(body), b""
        while size >= 0x80:
            length += bytes([size & 0x7F | 0x80])
            size >>= 7
        body = b"\x12" + length + bytes([size]) + body
        if len(body) > 4000000:
            break
    peer = Peer(office)
    peer.send(head(CALL, 1, LAST, 5000, b"/kantor.finance.v1.Ledger/PostEntry"), b"\x0a\x10" + int(time.time() * 1000).to_bytes(6, "big") + b"0123456789", body)
    assert ended(peer, 1) in (3, 8)
    honest(peer)
    peer.close()


def oversize(office):
    """A frame above the limit closes the connection; everybody else goes on."""
    rude, polite = Peer(office), Peer(office)
    honest(polite)
    rude.send(head(CALL, 1, LAST, 5000, PATH), b"", b"x" * 4194369)
    honest(polite)
    rude.close()
    polite.close()


def unregistered(office):
    """END, MESSAGE and WINDOW of a peer that never registered, and a registration that is not its own."""
    peer = Peer(office, "finance", "services")
    for call_id in range(64):
        peer.send(head(END, call_id), b"", b"forged")
        peer.send(head(MESSAGE, call_id, LAST, 1), b"forged")
    clerk = Peer(office, "clerk", "services")
    clerk.send(head(REGISTER, 9), b"\x0a\x07finance\x12\x01x\x18\x01")
    got = clerk.receive(5)
    assert got is None or code_of(got[1]) in (3, 7), got
    honest_peer = Peer(office)
    honest(honest_peer)
    for each in (peer, clerk, honest_peer):
        each.close()


def duplicate_registration(office):
    """The name of the live instance under the right key is still refused."""
    listed = office.call("Broker/ListServices", {}, who="operator")["instances"]
    name = next(instance["instance"] for instance in listed if instance["service"] == "finance").encode()
    method = b"\x0a\x0dfinance/a.B/c\x10\x01\x2a\x01*"
    registration = b"\x0a\x07finance\x12" + bytes([len(name)]) + name + b"\x18\x01\x2a" + bytes([len(method)]) + method
    peer = Peer(office, "finance", "services")
    peer.send(head(REGISTER, 9), registration)
    until = time.monotonic() + 10
    code = None
    while code is None and time.monotonic() < until:
        got = peer.receive(5)
        if got and got[0][0] == END:
            code = code_of(got[1])
    assert code == 6, f"duplicate registration: code {code}, expected ALREADY_EXISTS"
    honest_peer = Peer(office)
    honest(honest_peer)
    peer.close()
    honest_peer.close()


def never_reads(office):
    """A caller that asks and asks and never takes an answer."""
    before = office.resident_kib("broker")
    rude = Peer(office, "front-office")
    rude.socket.setsockopt(zmq.RCVHWM, 1)
    for call_id in range(1, 30001):
        rude.send(head(CALL, call_id, LAST, 5000, PATH), b"", b"")
    polite = Peer(office)
    for call_id in range(1, 20):
        honest(polite, call_id)
    grown = office.resident_kib("broker") - before
    assert grown < BROKER_GROWTH_KIB_MAX, f"the broker grew by {grown} KiB"
    rude.close()
    polite.close()


def idle_connections(office):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
    context = zmq.Context()
    context.set(zmq.MAX_SOCKETS, 8192)
    before = office.resident_kib("broker")
    idle = [Peer(office, "front-office", context=context) for _ in range(IDLE_CONNECTIONS)]
    for peer in idle:
        peer.send(head(PING, 0, arg=1))
    for peer in idle:
        got = peer.receive(60)
        assert got and got[0][0] == PONG, got
    polite = Peer(office)
    honest(polite)
    grown = office.resident_kib("broker") - before
    print(f"  {IDLE_CONNECTIONS} connections cost the broker {grown} KiB")
    assert grown < BROKER_GROWTH_KIB_MAX, f"the broker grew by {grown} KiB"
    for peer in [*idle, polite]:
        peer.close()


def main():
    with Office(sys.argv[1]) as office:
        for attack in (garbage, bad_calls, nested, oversize, unregistered, duplicate_registration, never_reads, idle_connections):
            attack(office)
            print(f"{attack.__name__}: answered or ignored by rule, honest calls served", flush=True)
        last = office.kantor("health", "finance")
        assert last.returncode == 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
