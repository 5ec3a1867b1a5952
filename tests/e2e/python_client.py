#!/usr/bin/python3
"""A client in another language, written from proto/PROTOCOL.md alone: no line of Kantor's C behind it.

usage: python_client.py ENDPOINT SERVER_KEY PUBLIC_KEY SECRET_KEY PROTO_FOLDER   (keys in Z85)

Does a unary call, a server stream, and a write that is sent twice under one key, against a running office whose finance
service has the book "company". Prints what it did; exit 1 when an answer is not as it should be.
"""
import importlib
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

import zmq

CALL, MESSAGE, END, CANCEL, WINDOW, PING, PONG = range(1, 8)
LAST = 1
FIRST_WINDOW = 16


def contracts(folder):
    """Compiles the contracts into a temporary folder and imports what is needed."""
    files = ["kantor/rpc/v1/rule.proto", "kantor/rpc/v1/call.proto", "kantor/finance/v1/books.proto",
             "kantor/finance/v1/ledger.proto", "grpc/health/health.proto"]
    names = ["kantor.rpc.v1.call_pb2", "kantor.finance.v1.ledger_pb2", "grpc.health.health_pb2"]
    with tempfile.TemporaryDirectory(prefix="kantor-proto-") as out:
        subprocess.run(["protoc", f"--proto_path={folder}", f"--python_out={out}", *files], check=True, cwd=folder)
        # The package "grpc" may be taken by an installed library of that name: ours comes first.
        sys.path.insert(0, out)
        return [importlib.import_module(name) for name in names]


class Client:
    def __init__(self, endpoint, server_key, public_key, secret_key):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 500)
        self.socket.setsockopt(zmq.MAXMSGSIZE, 4194368)
        self.socket.curve_serverkey = server_key.encode()
        self.socket.curve_publickey = public_key.encode()
        self.socket.curve_secretkey = secret_key.encode()
        self.socket.connect(endpoint)
        self.last_id = 0

    def send(self, kind, call_id, *frames, flags=0, arg=0, extra=b""):
        head = struct.pack(">2sBBIQ", b"K1", kind, flags, arg, call_id) + extra
        self.socket.send_multipart([head, *frames])

    def receive(self, call_id, timeout_s=30):
        """The next MESSAGE or END of the call; anything else is passed over, as the protocol says."""
        until = time.monotonic() + timeout_s
        while True:
            left = until - time.monotonic()
            if left <= 0 or not self.socket.poll(int(left * 1000)):
                raise TimeoutError("no answer from the broker")
            frames = self.socket.recv_multipart()
            if len(frames[0]) < 16:
                continue
            magic, kind, flags, arg, of = struct.unpack(">2sBBIQ", frames[0][:16])
            if magic == b"K1" and of == call_id and kind in (MESSAGE, END):
                return kind, arg, frames

    def call(self, path, request, meta, timeout_ms=20000):
        """Sends a CALL with its one request message; returns the call's id."""
        self.last_id += 1
        self.send(CALL, self.last_id, meta.SerializeToString(), request.SerializeToString(), flags=LAST, arg=timeout_ms,
                  extra=path.encode())
        return self.last_id


def status_of(rpc, frames):
    status = rpc.CallStatus()
    status.ParseFromString(frames[1])
    return status


def unary(client, rpc, path, request, response, key=None):
    call_id = client.call(path, request, rpc.CallMeta(idempotency_key=key or b""))
    kind, _, frames = client.receive(call_id)
    assert kind == END and len(frames) == 3, (kind, len(frames))
    status = status_of(rpc, frames)
    if status.code == 0:
        response.ParseFromString(frames[2])
    return status, response


def server_stream(client, rpc, path, request, make):
    call_id = client.call(path, request, rpc.CallMeta())
    number, messages = 0, []
    while True:
        kind, arg, frames = client.receive(call_id)
        if kind == END:
            return status_of(rpc, frames), messages
        number += 1
        assert arg == number, f"message {arg} came where {number} was due"
        message = make()
        message.ParseFromString(frames[1])
        messages.append(message)
        client.send(WINDOW, call_id, arg=1)


def new_key():
    return int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10)


def main():
    endpoint, server_key, public_key, secret_key, folder = sys.argv[1:6]
    rpc, ledger, health = contracts(str(pathlib.Path(folder).resolve()))
    client = Client(endpoint, server_key, public_key, secret_key)

    status, answer = unary(client, rpc, "/grpc.health.v1.Health/Check", health.HealthCheckRequest(service="finance"),
                           health.HealthCheckResponse())
    assert status.code == 0 and answer.status == health.HealthCheckResponse.SERVING, (status, answer)
    print("unary: finance is SERVING")

    status, pages = server_stream(client, rpc, "/kantor.finance.v1.Ledger/TrialBalance",
                                  ledger.TrialBalanceRequest(book="company", with_trading=True), ledger.TrialBalancePage)
    assert status.code == 0, status
    sums = {}
    for row in (row for page in pages for row in page.rows):
        sums[row.commodity] = sums.get(row.commodity, 0) + row.balance_minor
    assert sums and not any(sums.values()), sums
    print(f"server stream: {sum(len(page.rows) for page in pages)} rows in {len(pages)} pages, every commodity adds up to zero")

    draft = ledger.EntryDraft(date="2026-11-03", description="Posted from Python")
    draft.lines.add(account="expenses:communication", commodity="IDR", amount_minor=125000)
    draft.lines.add(account="assets:bank:rupiah", commodity="IDR", amount_minor=-125000)
    request, key = ledger.PostEntryRequest(book="company", entry=draft), new_key()
    post = "/kantor.finance.v1.Ledger/PostEntry"
    first, posted = unary(client, rpc, post, request, ledger.PostedEntry(), key)
    second, again = unary(client, rpc, post, request, ledger.PostedEntry(), key)
    assert first.code == 0 and second.code == 0, (first, second)
    assert posted == again and second.replayed and not first.replayed, (posted, again)
    draft.description = "Other bytes under the same key"
    refused, _ = unary(client, rpc, post, ledger.PostEntryRequest(book="company", entry=draft), ledger.PostedEntry(), key)
    assert refused.code != 0, refused
    print(f"write: {posted.entry} once under its key; other bytes under that key are refused: {refused.message}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
