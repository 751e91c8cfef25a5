"""The outbound client against real servers that behave badly, by raw sockets."""

import asyncio
import gc
import gzip
import ssl
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import anyio
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from leadexec.contracts.services import HttpAnswer, OutboundHttp
from leadexec.errors import UnavailableError
from leadexec.http.outbound import OutboundClient

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
async def client() -> AsyncIterator[OutboundClient]:
    made = OutboundClient(LOOPBACK)
    yield made
    await made.aclose()


@asynccontextmanager
async def serving(talk: Talk, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Run ``talk`` for every connection; yield the URL."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the client hung up, which is what many of these tests are about
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        server.close()
        await server.wait_closed()


def answering(*answers: bytes, seen: list[bytes] | None = None) -> Talk:
    """Give the answers one after the other on one connection, then hang up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            request = await read_request(reader)
            if seen is not None:
                seen.append(request)
            writer.write(answer)
            await writer.drain()
        await reader.read()

    return talk


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return head + await reader.readexactly(int(line.split(b":")[1]))
    return head


def ok(body: bytes = b"OK", *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def endless(writer: asyncio.StreamWriter, piece: bytes) -> None:
    """Send ``piece`` for ever, as fast as the client takes it."""
    while True:
        writer.write(piece)
        await writer.drain()


async def code_of(call: Awaitable[object]) -> str:
    with pytest.raises(UnavailableError) as caught:
        await call
    return caught.value.code


async def test_a_request_reaches_the_server_as_it_was_given(client: OutboundClient) -> None:
    seen: list[bytes] = []
    async with serving(answering(ok(b'{"a": 1}', "X-One: 1"), seen=seen)) as url:
        answer: HttpAnswer = await client.fetch(
            "POST", f"{url}/leads?x=1", content=b"{}", headers={"X-Key": "é"}
        )
    head = seen[0].lower()
    assert seen[0].startswith(b"POST /leads?x=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert "x-key: é".encode() in head
    assert head.endswith(b"content-length: 2\r\n\r\n{}")
    assert (answer.status, answer.text(), answer.truncated) == (200, '{"a": 1}', False)
    assert answer.headers["x-one"] == answer.headers["X-One"] == "1"


async def test_the_client_is_what_plugins_are_promised(client: OutboundClient) -> None:
    def promised(http: OutboundHttp) -> OutboundHttp:
        return http

    assert promised(client) is client


async def test_a_connection_is_used_again(client: OutboundClient) -> None:
    async with serving(answering(ok(), ok(), ok())) as url:
        for _ in range(3):
            assert (await client.fetch("GET", url)).body == b"OK"
        assert client.connections == 1


async def test_a_connection_on_which_something_came_unasked_is_not_used_again(
    client: OutboundClient,
) -> None:
    poisoned = ok() + ok(b"smuggled")
    connections = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await answering(poisoned)(reader, writer)

    async with serving(talk) as url:
        for _ in range(2):
            assert (await client.fetch("GET", url)).body == b"OK"
    assert connections == 2


async def test_a_server_that_closes_kept_connections_is_met_with_new_ones(
    client: OutboundClient,
) -> None:
    gone = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(ok())
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        gone.set()

    async with serving(talk) as url:
        for _ in range(3):
            gone.clear()
            assert (await client.fetch("GET", url)).status == 200
            await gone.wait()
            await anyio.wait_all_tasks_blocked()


async def test_headers_that_never_end_are_cut_off_by_the_deadline(client: OutboundClient) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with serving(talk) as url:
        assert await code_of(client.fetch("GET", url, timeout=0.15)) == "timeout"
    assert client.connections == 0


async def test_a_dripping_body_is_cut_off_by_the_deadline(client: OutboundClient) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with serving(talk) as url:
        assert await code_of(client.fetch("GET", url, timeout=0.15)) == "timeout"
    assert client.connections == 0


async def test_a_server_that_never_answers_is_cut_off_by_the_deadline(
    client: OutboundClient,
) -> None:
    async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(talk) as url:
        assert await code_of(client.fetch("POST", url, content=b"x", timeout=0.1)) == "timeout"
    assert client.connections == 0


async def test_headers_without_measure_are_refused(client: OutboundClient) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await endless(writer, b"X-More: " + b"a" * 1000 + b"\r\n")

    async with serving(talk) as url:
        assert await code_of(client.fetch("GET", url)) == "too_many_headers"


async def test_a_huge_body_is_cut_at_the_limit_and_not_read_on(client: OutboundClient) -> None:
    sent = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n")
        while sent < 200_000_000:
            writer.write(b"a" * 100_000)
            await writer.drain()
            sent += 100_000

    async with serving(talk) as url:
        answer = await client.fetch("GET", url, limit=50_000)
    assert (len(answer.body), answer.truncated) == (50_000, True)
    assert sent < 20_000_000
    assert client.connections == 0


async def test_a_body_of_exactly_the_limit_is_not_truncated(client: OutboundClient) -> None:
    async with serving(answering(ok(b"a" * 1000))) as url:
        answer = await client.fetch("GET", url, limit=1000)
    assert (len(answer.body), answer.truncated) == (1000, False)


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    zeros = b"\0" * 1_000_000
    return b"".join(packer.compress(zeros) for _ in range(size // len(zeros))) + packer.flush()


async def test_a_gzip_bomb_costs_little_memory(client: OutboundClient) -> None:
    packed = bomb(200_000_000)
    async with serving(answering(ok(packed, "Content-Encoding: gzip"))) as url:
        tracemalloc.start()
        answer = await client.fetch("GET", url, limit=1_000_000)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (len(answer.body), answer.truncated) == (1_000_000, True)
    assert peak < 10_000_000


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"hello" * 50_000, mtime=0)),
        ("deflate", zlib.compress(b"hello" * 50_000)),
        ("deflate", zlib.compress(b"hello" * 50_000, wbits=-15)),
        ("x-gzip", gzip.compress(b"hello" * 50_000, mtime=0) + b"garbage that follows"),
    ],
)
async def test_packed_bodies_are_unpacked(
    client: OutboundClient, encoding: str, packed: bytes
) -> None:
    async with serving(answering(ok(packed, f"Content-Encoding: {encoding}"))) as url:
        assert (await client.fetch("GET", url)).body == b"hello" * 50_000
    async with (
        serving(answering(ok(packed, f"Content-Encoding: {encoding}"))) as url,
        client.stream("GET", url) as response,
    ):
        assert await response.aread() == b"hello" * 50_000


@pytest.mark.parametrize(
    "body", [gzip.compress(b"hello" * 1000, mtime=0)[:-12], b"not packed at all"]
)
async def test_a_broken_packed_body_is_an_error_not_half_an_answer(
    client: OutboundClient, body: bytes
) -> None:
    async with serving(answering(ok(body, "Content-Encoding: gzip"))) as url:
        assert await code_of(client.fetch("GET", url)) == "connection_lost"


async def test_an_encoding_nobody_asked_for_is_left_as_it_is(client: OutboundClient) -> None:
    async with serving(answering(ok(b"br?", "Content-Encoding: br"))) as url:
        assert (await client.fetch("GET", url)).body == b"br?"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x00\xff" * 5000,
    ],
)
async def test_a_broken_answer_is_a_lost_connection(client: OutboundClient, answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with serving(talk) as url:
        assert await code_of(client.fetch("GET", url)) == "connection_lost"
    assert client.connections == 0


async def test_a_reset_connection_is_lost(client: OutboundClient) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        writer.get_extra_info("socket").setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")  # linger: reset

    async with serving(talk) as url:
        assert await code_of(client.fetch("POST", url, content=b"x" * 10)) == "connection_lost"


async def test_nobody_listening_is_a_failed_connection(client: OutboundClient) -> None:
    async with serving(answering()) as url:
        pass
    assert await code_of(client.fetch("GET", url)) == "connect_failed"


async def test_a_name_without_an_address_is_a_failed_connection(client: OutboundClient) -> None:
    assert await code_of(client.fetch("GET", "http://nowhere.invalid/")) == "connect_failed"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "http:///nohost",
        "example.com",
        "",
        "http://user:secret@example.com/",
        "http://example.com:99999/",
        "http://example.com:0/",
        "http://exa mple.com/",
        "http://[::1/",
        "gopher://127.0.0.1/",
    ],
)
async def test_bad_urls_are_refused(client: OutboundClient, url: str) -> None:
    assert await code_of(client.fetch("GET", url)) == "bad_url"


@pytest.mark.parametrize(
    ("method", "headers"),
    [("GE T", {}), ("GET", {"X": "a\r\nEvil: 1"}), ("GET", {"X y": "a"}), ("get", {})],
)
async def test_requests_that_could_smuggle_are_refused(
    client: OutboundClient, method: str, headers: dict[str, str]
) -> None:
    async with serving(answering(ok())) as url:
        assert await code_of(client.fetch(method, url, headers=headers)) == "bad_request"


async def test_text_outside_ascii_in_a_url_is_escaped(client: OutboundClient) -> None:
    seen: list[bytes] = []
    async with serving(answering(ok(), seen=seen)) as url:
        await client.fetch("GET", f"{url}/zürich?q=a b#fragment")
    assert seen[0].startswith(b"GET /z%C3%BCrich?q=a%20b HTTP/1.1\r\n")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1"])
async def test_loopback_is_refused_after_dns_in_every_spelling(host: str) -> None:
    closed = OutboundClient()
    async with serving(answering(ok())) as url:
        port = url.rpartition(":")[2]
        assert await code_of(closed.fetch("GET", f"http://{host}:{port}")) == "address_refused"


async def test_localhost_is_reached_where_loopback_is_allowed() -> None:
    client = OutboundClient((ip_network("127.0.0.0/8"),))
    async with serving(answering(ok())) as url:
        port = url.rpartition(":")[2]
        assert (await client.fetch("GET", f"http://localhost:{port}")).status == 200
    await client.aclose()


async def test_a_redirect_is_handed_back_not_followed(client: OutboundClient) -> None:
    target = "http://169.254.169.254/latest/meta-data/"
    redirect = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
    async with serving(answering(redirect)) as url:
        answer = await client.fetch("GET", url)
    assert (answer.status, answer.headers["location"]) == (302, target)


async def test_a_name_that_resolves_anew_to_a_private_address_is_refused(
    client: OutboundClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: what is judged is the address of this very connection."""
    loop = asyncio.get_running_loop()
    answers = iter(["93.184.216.34", "10.0.0.1"])
    judged: list[str] = []

    async def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (next(answers), port))]

    async def connect(_: object, host: str, port: int, **__: object) -> None:
        judged.append(host)
        raise ConnectionRefusedError

    monkeypatch.setattr(loop, "getaddrinfo", resolve)
    monkeypatch.setattr(loop, "create_connection", connect)
    url = "http://rebinding.example/"
    assert await code_of(client.fetch("GET", url)) == "connect_failed"
    assert await code_of(client.fetch("GET", url)) == "address_refused"
    assert judged == ["93.184.216.34"]


async def test_requests_beyond_the_limit_wait_for_a_free_connection() -> None:
    client = OutboundClient(LOOPBACK, max_connections_per_host=2)
    open_now = most = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        try:
            await answering(*[ok()] * 20)(reader, writer)
        finally:
            open_now -= 1

    async with serving(talk) as url, anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(client.fetch, "GET", url)
    assert most == 2
    await client.aclose()


async def test_a_request_that_finds_no_free_connection_times_out_and_harms_nobody() -> None:
    client = OutboundClient(LOOPBACK, max_connections=1)
    release = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await release.wait()
        writer.write(ok())
        await answering(ok())(reader, writer)

    async with serving(talk) as url, anyio.create_task_group() as group:
        group.start_soon(client.fetch, "GET", url)
        await anyio.wait_all_tasks_blocked()
        assert await code_of(client.fetch("GET", url, timeout=0.05)) == "timeout"
        release.set()
        assert (await client.fetch("GET", url)).status == 200
    await client.aclose()


async def test_an_idle_connection_makes_room_for_another_host() -> None:
    client = OutboundClient(LOOPBACK, max_connections=1)
    async with serving(answering(ok())) as one, serving(answering(ok())) as other:
        await client.fetch("GET", one)
        await client.fetch("GET", other)
        assert client.connections == 1
    await client.aclose()


async def test_cancelled_requests_leave_no_connection_behind() -> None:
    client = OutboundClient(LOOPBACK, max_connections=3)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            await asyncio.sleep(0.002)
            writer.write(ok())

    async with serving(talk) as url:
        for delay in range(60):
            async with anyio.create_task_group() as group:
                for _ in range(4):
                    group.start_soon(client.fetch, "GET", url)
                await asyncio.sleep(delay / 10_000)
                group.cancel_scope.cancel()
        answers = [await client.fetch("GET", url) for _ in range(4)]
        assert [answer.status for answer in answers] == [200] * 4
        assert client.connections <= 3
    await client.aclose()


async def test_an_outer_cancellation_is_not_taken_for_a_timeout(client: OutboundClient) -> None:
    async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(talk) as url:
        with anyio.move_on_after(0.05) as outer:
            await client.fetch("GET", url, timeout=20)
    assert outer.cancelled_caught


async def test_a_streamed_answer_is_bounded_by_its_deadline(client: OutboundClient) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstart")
        await reader.read()

    async def read_all(url: str) -> None:
        async with client.stream("GET", url, timeout=0.1) as response:
            await response.aread()

    async with serving(talk) as url:
        assert await code_of(read_all(url)) == "timeout"
    assert client.connections == 0


async def test_what_the_reader_of_a_stream_raises_passes_through(client: OutboundClient) -> None:
    async def read_all(url: str) -> None:
        async with client.stream("GET", url):
            raise TimeoutError("my own")

    async with serving(answering(ok())) as url:
        with pytest.raises(TimeoutError, match="my own"):
            await read_all(url)


async def test_httpx_authentication_works_with_its_second_request(client: OutboundClient) -> None:
    challenge = (
        b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n"
        b'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth", algorithm=MD5\r\n\r\nno'
    )
    seen: list[bytes] = []
    async with serving(answering(challenge, ok(b"in"), seen=seen)) as url:
        answer = await client.fetch("GET", url, auth=httpx.DigestAuth("ada", "pass"))
    assert (answer.status, answer.body) == (200, b"in")
    assert b"authorization: digest username=" in seen[1].lower()


async def test_an_authentication_that_reads_the_answer_leaves_it_for_the_caller(
    client: OutboundClient,
) -> None:
    class Reading(httpx.Auth):
        requires_response_body = True

        def auth_flow(
            self, request: httpx.Request
        ) -> Generator[httpx.Request, httpx.Response, None]:
            response = yield request
            request.headers["X-Token"] = response.text
            yield request

    seen: list[bytes] = []
    async with serving(answering(ok(b"token"), ok(b"in"), seen=seen)) as url:
        answer = await client.fetch("POST", url, content=b"lead", auth=Reading())
    assert answer.body == b"in"
    assert b"X-Token: token" in seen[1]
    assert seen[1].endswith(b"lead")


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain; charset=ISO-8859-1", b"Z\xfcrich", "Zürich"),
        ("text/plain", "Zürich".encode(), "Zürich"),
        ("application/json", b"\xef\xbb\xbf{}", "{}"),
        ("text/plain; charset=nonsense", b"a", "a"),
        ("text/plain; charset=zlib", b"a", "a"),
        ("text/plain; charset=idna", b"a\xff", "a�"),
        ("text/plain; charset=undefined", b"a", "a"),
        ("text/plain; charset=utf-16", "hé".encode("utf-16"), "hé"),
        ('text/plain; charset="', b"\xff", "�"),
    ],
)
async def test_text_never_fails_whatever_charset_is_declared(
    client: OutboundClient, content_type: str, body: bytes, text: str
) -> None:
    async with serving(answering(ok(body, f"Content-Type: {content_type}"))) as url:
        assert (await client.fetch("GET", url)).text() == text


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's context with a certificate for ``name``, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - timedelta(hours=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "both.pem").write_bytes(private + public)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=public.decode())


async def test_tls_checks_the_name_and_not_the_address(tmp_path: Path) -> None:
    server, trusting = certificate(tmp_path, "localhost")
    client = OutboundClient(LOOPBACK, tls=trusting)
    async with serving(answering(ok(), ok()), tls=server) as url:
        named = url.replace("127.0.0.1", "localhost")
        assert [(await client.fetch("GET", named)).status for _ in range(2)] == [200, 200]
        assert client.connections == 1
        assert await code_of(client.fetch("GET", url)) == "tls_failed"
    await client.aclose()


async def test_a_certificate_nobody_vouches_for_is_refused(
    client: OutboundClient, tmp_path: Path
) -> None:
    server, _ = certificate(tmp_path, "localhost")
    async with serving(answering(ok()), tls=server) as url:
        assert await code_of(client.fetch("GET", url)) == "tls_failed"


async def test_a_server_without_tls_fails_where_tls_is_asked_for(client: OutboundClient) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()

    async with serving(talk) as url:
        secure = url.replace("http://", "https://")
        assert await code_of(client.fetch("GET", secure)) == "tls_failed"


async def test_a_tls_server_that_never_shakes_hands_is_cut_off(client: OutboundClient) -> None:
    async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(talk) as url:
        secure = url.replace("http://", "https://")
        assert await code_of(client.fetch("GET", secure, timeout=0.1)) == "timeout"
    gc.collect()
    assert client.connections == 0
