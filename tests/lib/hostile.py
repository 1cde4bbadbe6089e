"""Servers that do not behave, on free loopback ports: a TCP proxy that can be told to lie, and an LDAP server that answers
by a script. Each runs in threads of its own and is stopped with close()."""
import socket
import struct
import threading


class _Listener:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        self.open = []
        self.guards = []
        self.acceptor = threading.Thread(target=self._accept, daemon=True)
        self.acceptor.start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.open.append(client)
            guard = threading.Thread(target=self._guard, args=(client,), daemon=True)
            self.guards.append(guard)
            guard.start()

    def _guard(self, client):
        try:
            self.serve(client)
        except OSError:
            pass
        finally:
            client.close()

    def serve(self, client):
        raise NotImplementedError

    def close(self):
        """Ends the threads, too: one that is left inside of accept() would take what belongs to a later server."""
        for s in [self.listener, *self.open]:
            try:
                s.shutdown(socket.SHUT_RDWR)  # wakes whoever waits in accept() or recv(); close() alone does not
            except OSError:
                pass
        self.acceptor.join(10)
        for guard in self.guards:
            guard.join(10)
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def ldap_url(self):
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def ldaps_url(self):
        return f"ldaps://127.0.0.1:{self.port}"


class Canary(_Listener):
    """Counts who comes."""

    def serve(self, client):
        client.recv(1)


class BlackHole(_Listener):
    """Takes connections and never says a word."""

    def serve(self, client):
        while client.recv(65536):
            pass


class Drip(_Listener):
    """One byte of an endless message at a time."""

    def __init__(self, head):
        self.head = head
        super().__init__()

    def serve(self, client):
        client.recv(65536)
        stop = threading.Event()
        for b in self.head + b"\x61" * 100000:
            client.sendall(bytes([b]))
            stop.wait(0.05)


# --- a little BER

def ber(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    length = bytes([n]) if n < 128 else b"\x84" + struct.pack(">I", n)
    return bytes([tag]) + length + body


def integer(n, tag=0x02):
    return ber(tag, n.to_bytes(max(1, (n.bit_length() + 8) // 8), "big"))


def octets(s, tag=0x04):
    return ber(tag, s if isinstance(s, bytes) else s.encode())


def message(msgid, *op):
    return ber(0x30, integer(msgid), *op)


def result(tag, code=0, text="", *more):
    return ber(tag, integer(code, 0x0A), octets(""), octets(text), *more)


def entry(dn, attributes):
    return ber(0x64, octets(dn), ber(0x30, *(ber(0x30, octets(k), ber(0x31, *(octets(v) for v in vs))) for k, vs in attributes)))


BIND, SEARCH, EXTENDED = 0x60, 0x63, 0x77
BIND_DONE, SEARCH_DONE, EXTENDED_DONE = 0x61, 0x65, 0x78


def read_ber(data, at=0):
    """(tag, body, where the next one starts) or None when bytes are missing"""
    if len(data) < at + 2:
        return None
    tag, n, head = data[at], data[at + 1], 2
    if n & 0x80:
        k = n & 0x7F
        if len(data) < at + 2 + k:
            return None
        n, head = int.from_bytes(data[at + 2:at + 2 + k], "big"), 2 + k
    if len(data) < at + head + n:
        return None
    return tag, data[at + head:at + head + n], at + head + n


class Scripted(_Listener):
    """answers(kind, msgid, body) -> bytes to send, None to hang up. kind: BIND, SEARCH, EXTENDED or another tag."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []
        super().__init__()

    def serve(self, client):
        data = b""
        while True:
            more = client.recv(65536)
            if not more:
                return
            data += more
            while (whole := read_ber(data)) is not None:
                _, body, at = whole
                data = data[at:]
                identifier = read_ber(body)
                operation = identifier and read_ber(body, identifier[2])
                if operation is None:
                    return  # not LDAP
                number, (kind, op, _) = identifier[1], operation
                self.asked.append((kind, op))
                answer = self.answers(kind, int.from_bytes(number, "big"), op)
                if answer is None:
                    return
                client.sendall(answer)


class StripStartTls(_Listener):
    """Between a client and a real server; answers StartTLS by itself with `answer(msgid)`, passes everything else on."""

    def __init__(self, port, answer):
        self.target, self.answer = port, answer
        self.passed = b""
        super().__init__()

    def serve(self, client):
        with socket.create_connection(("127.0.0.1", self.target)) as server:
            self.open.append(server)
            threading.Thread(target=self._back, args=(server, client), daemon=True).start()
            while data := client.recv(65536):
                if b"1.3.6.1.4.1.1466.20037" in data:
                    _, body, _ = read_ber(data)
                    _, number, _ = read_ber(body)
                    client.sendall(self.answer(int.from_bytes(number, "big")))
                else:
                    self.passed += data
                    server.sendall(data)

    @staticmethod
    def _back(server, client):
        try:
            while data := server.recv(65536):
                client.sendall(data)
        except OSError:
            pass
