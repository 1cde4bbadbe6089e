"""What the server does with malformed, ambiguous, oversize and slow requests: the same over TLS and in plain, and on every version
of libmicrohttpd. A refused request gets one answer, and the connection ends; nothing waits for a timeout but what is really slow."""
import re
import socket
import ssl
import time

import pytest

from tests.lib.gateway import Gateway

HOST = b"Host: localhost\r\n"
GET = b"GET /healthz HTTP/1.1\r\n"
POST = b"POST /token HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-www-form-urlencoded\r\n"
NEXT = GET + HOST + b"\r\n"
HEADER_TIMEOUT = 2


@pytest.fixture(scope="module", params=["tls", "plain"])
def gateway(request, tmp_path_factory):
    limits = {"header_timeout": f"{HEADER_TIMEOUT}s", "idle_timeout": "4s", "connections": 64, "connections_per_peer": 48}
    with Gateway(tmp_path_factory.mktemp("framing"), plain=request.param == "plain", limits=limits) as server:
        yield server


def connect(gateway, timeout=20):
    s = socket.create_connection(("127.0.0.1", gateway.port), timeout=timeout)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s if gateway.plain else gateway.context().wrap_socket(s, server_hostname="localhost")


def read_all(s):
    """Everything until the other side closes; a reset counts as an end."""
    got = b""
    try:
        while piece := s.recv(65536):
            got += piece
    except (ConnectionError, ssl.SSLError):
        pass
    return got


def read_one(s):
    """The answer of /healthz on a connection that stays open."""
    got = b""
    while not got.endswith(b"ok\n"):
        piece = s.recv(65536)
        assert piece, got
        got += piece
    return got


def talk(gateway, *pieces):
    with connect(gateway) as s:
        for i, piece in enumerate(pieces):
            if i:
                time.sleep(0.02)
            s.sendall(piece)
        return read_all(s)


def answers(got):
    return len(re.findall(rb"^HTTP/1\.1 \d{3} ", got, re.M))


def field(line):
    return GET + HOST + line + b"\r\n\r\n"


REFUSED = {
    # name: (status, request). The numbers are those of RFC 9112 and RFC 9110.
    "length and chunked": (400, POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + NEXT),
    "chunked and length": (400, POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" + NEXT),
    "two different lengths": (400, POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\na=bc"),
    "two equal lengths": (400, POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\na=b"),
    "a list of lengths": (400, POST + b"Content-Length: 3, 3\r\n\r\na=b"),
    "negative length": (400, POST + b"Content-Length: -1\r\n\r\n"),
    "length with a plus": (400, POST + b"Content-Length: +3\r\n\r\na=b"),
    "length in hexadecimal": (400, POST + b"Content-Length: 0x3\r\n\r\na=b"),
    "empty length": (400, POST + b"Content-Length:\r\n\r\n"),
    "length with a space before the colon": (400, POST + b"Content-Length : 3\r\n\r\na=b"),
    "length that overflows": (413, POST + b"Content-Length: 99999999999999999999999\r\n\r\n"),
    "two hosts": (400, GET + HOST + b"Host: evil.example\r\n\r\n"),
    "two equal hosts": (400, GET + HOST + HOST + b"\r\n"),
    "no host": (400, GET + b"\r\n"),
    "empty host": (400, GET + b"Host:\r\n\r\n"),
    "host with a path": (400, GET + b"Host: localhost/x\r\n\r\n"),
    "host with white space": (400, GET + b"Host: a b\r\n\r\n"),
    "chunked with a space before the colon": (400, POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    "chunked": (411, POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "chunked with bare line feeds": (411, POST + b"Transfer-Encoding: chunked\r\n\r\n3\na=b\n0\n\n"),
    "gzip coding": (501, POST + b"Transfer-Encoding: gzip\r\n\r\n"),
    "unknown coding": (501, POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    "chunked, identity": (501, POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
    "identity coding": (501, POST + b"Transfer-Encoding: identity\r\n\r\n"),
    "two codings": (400, POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
    "coding behind a vertical tab": (400, POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n"),
    "coding in HTTP/1.0": (400, b"POST /token HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "header ended by bare line feeds": (400, b"GET /healthz HTTP/1.1\nHost: localhost\n\n"),
    "one bare line feed": (400, GET + HOST + b"X-A: b\nX-C: d\r\n\r\n"),
    "bare carriage return in a value": (400, field(b"X-A: b\rc")),
    "bare carriage return in the request line": (400, b"GET /healthz\r HTTP/1.1\r\n" + HOST + b"\r\n"),
    "two carriage returns": (400, GET + HOST + b"X-A: b\r\r\n\r\n"),
    "NUL in a value": (400, field(b"X-A: b\0c")),
    "NUL in a name": (400, field(b"X\0A: b")),
    "NUL in the target": (400, b"GET /heal\0thz HTTP/1.1\r\n" + HOST + b"\r\n"),
    "escape in a value": (400, field(b"User-Agent: \x1b[2J")),
    "delete in a value": (400, field(b"User-Agent: \x7f")),
    "folded line": (400, field(b"X-A: b\r\n c")),
    "folded host": (400, GET + b"Host:\r\n localhost\r\n\r\n"),
    "folded line first": (400, GET + b" X-A: b\r\n" + HOST + b"\r\n"),
    "line without a colon": (400, field(b"X-A")),
    "empty name": (400, field(b": b")),
    "name with a space": (400, field(b"X A: b")),
    "name with a bracket": (400, field(b"X(A): b")),
    "two authorizations": (400, field(b"Authorization: Basic YTpi\r\nAuthorization: Basic YzpkCg==")),
    "two cookies": (400, field(b"Cookie: a=b\r\nCookie: a=c")),
    "encoded NUL in the path": (400, b"GET /healthz%00 HTTP/1.1\r\n" + HOST + b"\r\n"),
    "encoded NUL in the query": (400, b"GET /healthz?q=x%00y HTTP/1.1\r\n" + HOST + b"\r\n"),
    "broken encoding": (400, b"GET /healthz?q=%zz HTTP/1.1\r\n" + HOST + b"\r\n"),
    "byte over 0x7f in the target": (400, b"GET /healthz?q=\xc3\xa4 HTTP/1.1\r\n" + HOST + b"\r\n"),
    "fragment in the target": (400, b"GET /healthz#x HTTP/1.1\r\n" + HOST + b"\r\n"),
    "absolute target without a host": (400, b"GET https:///healthz HTTP/1.1\r\n" + HOST + b"\r\n"),
    "absolute target with a user": (400, b"GET https://evil@localhost/healthz HTTP/1.1\r\n" + HOST + b"\r\n"),
    "absolute target, other scheme": (400, b"GET file://localhost/healthz HTTP/1.1\r\n" + HOST + b"\r\n"),
    "absolute target and no host field": (400, b"GET https://localhost/healthz HTTP/1.1\r\n\r\n"),
    "target without a slash": (400, b"GET healthz HTTP/1.1\r\n" + HOST + b"\r\n"),
    "asterisk target": (400, b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n"),
    "tunnel": (501, b"CONNECT localhost:443 HTTP/1.1\r\n" + HOST + b"\r\n"),
    "trace": (501, b"TRACE /healthz HTTP/1.1\r\n" + HOST + b"\r\n"),
    "method in small letters": (501, b"get /healthz HTTP/1.1\r\n" + HOST + b"\r\n"),
    "method with a bracket": (400, b"GE(T /healthz HTTP/1.1\r\n" + HOST + b"\r\n"),
    "two spaces": (400, b"GET  /healthz HTTP/1.1\r\n" + HOST + b"\r\n"),
    "tab for a space": (400, b"GET\t/healthz\tHTTP/1.1\r\n" + HOST + b"\r\n"),
    "word behind the version": (400, b"GET /healthz HTTP/1.1 x\r\n" + HOST + b"\r\n"),
    "space before the method": (400, b" GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"),
    "two empty lines first": (400, b"\r\n\r\n" + NEXT),
    "HTTP/0.9": (400, b"GET /healthz\r\n"),
    "HTTP/1.2": (505, b"GET /healthz HTTP/1.2\r\n" + HOST + b"\r\n"),
    "HTTP/2 preface": (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "version in small letters": (400, b"GET /healthz http/1.1\r\n" + HOST + b"\r\n"),
    "body on GET": (400, GET + HOST + b"Content-Length: 3\r\n\r\nabc"),
    "compressed body": (415, POST + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
    "unknown expectation": (417, POST + b"Expect: a miracle\r\nContent-Length: 3\r\n\r\nabc"),
    "header of 40 KiB": (431, field(b"X-A: " + b"b" * 40960)),
    "500 fields": (431, GET + HOST + b"".join(b"X-%d: a\r\n" % i for i in range(500)) + b"\r\n"),
    "target of 40 KiB": (414, b"GET /healthz?" + b"q" * 40960 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    "3000 arguments": (414, b"GET /healthz?" + b"a&" * 6000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    "body of 100 KB": (413, POST + b"Content-Length: 100000\r\n\r\n" + b"a" * 100000),
    "body of 3 GB announced": (413, POST + b"Content-Length: 3000000000\r\n\r\n" + b"a" * 1000),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_once_and_closed(gateway, name):
    status, request = REFUSED[name]
    got = talk(gateway, request)
    assert got.startswith(b"HTTP/1.1 %d " % status), got[:200]
    assert answers(got) == 1, got
    assert b"\r\nConnection: close\r\n" in got


@pytest.mark.parametrize("name", ["length and chunked", "one bare line feed", "NUL in a value", "folded line", "two hosts",
                                  "gzip coding", "500 fields"])
def test_refused_the_same_byte_by_byte(gateway, name):
    status, request = REFUSED[name]
    if len(request) > 2000:
        pieces = [request[i:i + 100] for i in range(0, len(request), 100)]
    else:
        pieces = [request[i:i + 1] for i in range(len(request))]
    with connect(gateway) as s:
        try:
            for piece in pieces:
                s.sendall(piece)
        except (ConnectionError, ssl.SSLError):
            pass  # answered and closed before the last byte
        got = read_all(s)
    # a closed socket that is still written to may lose the answer on its way; an answer that came must be the right one
    assert got == b"" or got.startswith(b"HTTP/1.1 %d " % status), got[:200]
    assert answers(got) <= 1


@pytest.mark.parametrize("authority", [b"https://localhost", b"HTTP://evil.example:80", b"http://[::1]"])
def test_of_an_absolute_target_only_the_path_counts(gateway, authority):  # RFC 9112 3.2.2
    for path, status in ((b"/healthz", 200), (b"/healthz/", 404), (b"//healthz", 404), (b"", 200)):
        got = talk(gateway, b"GET " + authority + path + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        assert got.startswith(b"HTTP/1.1 %d " % status), (path, got[:200])
        assert b"evil.example" not in got


NOT_FOUND = [b"/..%2f..%2fadmin", b"/%68ealthz", b"//healthz", b"/healthz/", b"/healthz/..", b"/./healthz", b"/HEALTHZ",
             b"/healthz;a=b", b"/metrics", b"/keys%2f", b"/" + b"a" * 7000]


@pytest.mark.parametrize("path", NOT_FOUND, ids=lambda p: p[:20].decode())
def test_only_the_exact_path_is_a_route(gateway, path):
    got = talk(gateway, b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 404 ")


def test_good_requests_are_kept_alive(gateway):
    with connect(gateway) as s:
        for _ in range(3):
            s.sendall(NEXT)
            assert read_one(s).startswith(b"HTTP/1.1 200 ")


def test_http_1_0_is_answered_and_closed(gateway):
    assert talk(gateway, b"GET /healthz HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def test_one_empty_line_before_a_request_is_ignored(gateway):
    assert talk(gateway, b"\r\n" + GET + HOST + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def test_head_has_no_body(gateway):
    got = talk(gateway, b"HEAD /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200 ") and got.endswith(b"\r\n\r\n") and b"Content-Length: 3\r\n" in got


def test_method_not_allowed_names_the_allowed(gateway):
    got = talk(gateway, b"DELETE /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 405 ") and b"\r\nAllow: GET, HEAD\r\n" in got


def test_pipelined_requests_first_is_answered_rest_is_dropped(gateway):
    got = talk(gateway, NEXT + NEXT + NEXT)
    assert got.count(b"HTTP/1.1 200 ") == 1 and b"Connection: close" in got


def test_request_behind_a_body_is_never_taken(gateway):
    got = talk(gateway, POST + b"Content-Length: 20000\r\n\r\n" + b"a" * 20000 + b"GET /keys HTTP/1.1\r\n" + HOST + b"\r\n")
    assert answers(got) == 1 and b'"keys"' not in got


@pytest.mark.parametrize("size", [1, 16383, 16384, 16385, 65535, 65536])
def test_body_in_pieces_of_any_size(gateway, size):
    body = b"grant_type=nothing&x=" + b"a" * 65600
    body = body[:max(size, 19)]
    head = POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    got = talk(gateway, head, body[:7], body[7:4000], body[4000:])
    assert got.startswith(b"HTTP/1.1 4") and b" 413 " not in got[:20] and b'"error"' in got


def test_expectation_is_answered_before_the_body(gateway):
    with connect(gateway) as s:
        s.sendall(POST + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: 3\r\n\r\n")
        assert s.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        s.sendall(b"a=b")
        assert read_all(s).startswith(b"HTTP/1.1 4")


def test_expectation_of_too_large_a_body_is_refused_before_it_comes(gateway):
    got = talk(gateway, POST + b"Expect: 100-continue\r\nContent-Length: 100000\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("form", [b"a=%zz", b"a=%00", b"a=%ff", b"a=b&" * 70])
def test_broken_form_is_an_oauth_error(gateway, form):
    got = talk(gateway, POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(form) + form)
    assert got.startswith(b"HTTP/1.1 400 ") and b'"error":"invalid_request"' in got


@pytest.mark.parametrize("start", [b"", b"GET /hea", GET + HOST, POST + b"Content-Length: 10\r\n\r\nab"],
                         ids=["nothing", "half a line", "half a header", "half a body"])
def test_a_slow_request_ends_at_the_deadline_however_steadily_it_comes(gateway, start):
    with connect(gateway) as s:
        begin = time.monotonic()
        s.sendall(start)
        try:
            while time.monotonic() - begin < 10 * HEADER_TIMEOUT:
                time.sleep(0.2)
                if start:
                    s.sendall(b"a")  # one byte at a time keeps nothing open
                else:
                    s.settimeout(10 * HEADER_TIMEOUT)
                    assert s.recv(1) == b""
                    return
        except (ConnectionError, ssl.SSLError):
            return
        pytest.fail("the connection is still open")


def test_a_second_request_may_begin_late_and_still_has_its_whole_time(gateway):
    """The deadline counts from the first byte of the request, not from the end of the last one."""
    with connect(gateway) as s:
        s.sendall(NEXT)
        assert b" 200 " in read_one(s)
        time.sleep(HEADER_TIMEOUT + 0.5)  # longer than the deadline, shorter than the idle time
        s.sendall(NEXT[:10])
        time.sleep(0.5)
        s.sendall(NEXT[10:])
        assert b" 200 " in read_one(s)


def test_silent_connections_keep_nobody_out(gateway):
    """More idle ones than there is room for: the longest idle makes room, a newcomer is answered."""
    silent = []
    try:
        for _ in range(60):
            s = socket.create_connection(("127.0.0.1", gateway.port), timeout=20)
            silent.append(s)
        time.sleep(0.1)
    finally:
        for s in silent[:40]:
            s.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if talk(gateway, GET + HOST + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200 "):
                break
        except OSError:
            pass
    else:
        pytest.fail("no answer beside silent connections")
    for s in silent[40:]:
        s.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_refused(gateway):
    if gateway.plain:
        pytest.skip("no TLS here")
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        context = gateway.context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        with pytest.raises((ssl.SSLError, OSError)):
            context.wrap_socket(socket.create_connection(("127.0.0.1", gateway.port)), server_hostname="localhost")


def test_plain_request_on_the_tls_port_is_closed(gateway):
    if gateway.plain:
        pytest.skip("no TLS here")
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as s:
        s.sendall(NEXT)
        assert b"200" not in read_all(s)


def test_tls_hello_on_the_plain_port_is_refused(gateway):
    if not gateway.plain:
        pytest.skip("only in plain")
    got = talk(gateway, bytes.fromhex("16030100c8010000c40303") + b"\0" * 200)
    assert got.startswith(b"HTTP/1.1 400 ")


def test_still_alive_and_counted(gateway):
    numbers = gateway.metrics()
    assert numbers["lotse_http_refused_total"] >= len(REFUSED)
    assert gateway.get("/healthz").status == 200
