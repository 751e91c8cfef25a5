import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadexec.http.formats.errors import CODES, FormatError
from leadexec.http.formats.multipart import read_multipart

TYPE = "multipart/form-data; boundary=X"


def part(name: str, value: bytes = b"x", extra: str = "", headers: str = "") -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"{extra}'
    return f"--X\r\n{disposition}\r\n{headers}\r\n".encode() + value + b"\r\n"


def body_of(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--X--\r\n"


def refused_with(body: bytes, content_type: str = TYPE) -> tuple[str, str]:
    with pytest.raises(FormatError) as refused:
        read_multipart(body, content_type)
    return refused.value.code, refused.value.path


def code_of(body: bytes, content_type: str = TYPE) -> str:
    """Return the code that ``body`` is refused with; empty when it is read."""
    try:
        read_multipart(body, content_type)
    except FormatError as error:
        return error.code
    return ""


values = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
# Clients do not agree on how to write a backslash in a name; httpx doubles it, browsers do not.
names = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\\"),
    min_size=1,
    max_size=12,
)


@given(st.lists(st.tuples(names, values), min_size=1, max_size=6))
def test_what_a_client_writes_is_read_back(written: list[tuple[str, str]]) -> None:
    # httpx writes text as a part without a file name when it is given as (None, text).
    request = httpx.Request(
        "POST", "http://x", files=[(name, (None, value.encode())) for name, value in written]
    )

    assert read_multipart(request.read(), request.headers["content-type"]) == written


@given(st.binary(max_size=200), st.sampled_from([TYPE, TYPE + "; charset=latin1"]))
def test_any_bytes_are_read_or_refused_with_a_code(noise: bytes, content_type: str) -> None:
    good = body_of(part("a"), part("b", "é".encode()))
    cut = len(noise) % len(good)
    bodies = (noise, good[:cut] + noise + good[cut:], part("a") + b"--X\r\n" + noise + good)

    assert {code_of(body, content_type) for body in bodies} <= {"", *CODES}


@given(st.text(max_size=60) | st.text('boundary=;"X\\ \0-', max_size=60))
def test_any_content_type_is_read_or_refused_with_a_code(parameters: str) -> None:
    content_type = f"multipart/form-data; {parameters}"

    assert code_of(body_of(part("a")), content_type) in {"", *CODES}


def test_parts_keep_their_order_and_names_may_come_again() -> None:
    body = body_of(part("b", b"1"), part("a", b""), part("b", b"line\r\n--Y\r\n"))

    assert read_multipart(body, TYPE) == [("b", "1"), ("a", ""), ("b", "line\r\n--Y\r\n")]


def test_a_body_of_no_parts_holds_no_pairs() -> None:
    assert read_multipart(b"--X--", TYPE) == []


def test_each_part_may_name_its_charset_and_the_request_one_for_the_others() -> None:
    body = body_of(
        part("a", "José".encode(), headers="Content-Type: text/plain; charset=UTF-8\r\n"),
        part("b", "José".encode("cp1252")),
    )

    read = read_multipart(body, "multipart/form-data; charset=windows-1252; boundary=X")

    assert read == [("a", "José"), ("b", "José")]


def test_a_file_is_refused_unless_nobody_chose_one() -> None:
    none = part("cv", b"", '; filename=""', "Content-Type: application/octet-stream\r\n")
    file = part("cv", b"%PDF", '; filename="cv.pdf"')
    nested = part("cv", b"--Y", headers="Content-Type: multipart/mixed; boundary=Y\r\n")

    assert read_multipart(body_of(part("a"), none), TYPE) == [("a", "x")]
    assert refused_with(body_of(part("a"), file)) == ("file_not_taken", "cv")
    assert refused_with(body_of(part("a"), nested)) == ("file_not_taken", "cv")


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (b"", "malformed_multipart", ""),
        (b"a=1&b=2", "malformed_multipart", ""),
        (part("a"), "malformed_multipart", "a"),
        (part("a") + b"--X", "malformed_multipart", "a"),
        (part("a") + b"--Xtra\r\n", "malformed_multipart", "a"),
        (b'--X\r\nContent-Disposition: form-data; name="a"', "malformed_multipart", ""),
        (b"--X\r\nContent-Disposition: form-data\r\n\r\nx\r\n--X--", "malformed_multipart", ""),
        (b"--X\r\nContent-Type: text/plain\r\n\r\nx\r\n--X--", "malformed_multipart", ""),
        (b"--X\r\nno header\r\n\r\nx\r\n--X--", "malformed_multipart", ""),
        (body_of(part("", b"x")), "malformed_multipart", ""),
        (body_of(part("a" * 1_000)), "malformed_multipart", ""),
        (body_of(part("a", headers="X-A: 1\r\n" * 9)), "malformed_multipart", ""),
        (body_of(part("a", headers="Content-Length: 7\r\n")), "malformed_multipart", "a"),
        (body_of(part("a", b"x\0y")), "nul_in_text", "a"),
        (body_of(part("a\0b")), "nul_in_text", ""),
        (body_of(part("a", b"Jos\xe9")), "invalid_utf8", "a"),
        (
            body_of(part("a", headers="Content-Type: text/plain; charset=utf-7\r\n")),
            "unsupported_charset",
            "a",
        ),
        (
            body_of(part("a", b"eA==", headers="Content-Transfer-Encoding: base64\r\n")),
            "unsupported_transfer_encoding",
            "a",
        ),
    ],
)
def test_what_is_no_such_body_is_refused_with_its_place(body: bytes, code: str, path: str) -> None:
    assert refused_with(body) == (code, path)


@pytest.mark.parametrize(
    "parameters",
    ["", "boundary=", 'boundary=""', "boundary=Y", 'boundary=" "', f"boundary={'X' * 300}"],
)
def test_without_its_boundary_nothing_is_read(parameters: str) -> None:
    body = body_of(part("a"))

    assert refused_with(body, f"multipart/form-data; {parameters}")[0] == "malformed_multipart"


def test_a_charset_that_is_not_taken_is_refused_for_the_whole_body() -> None:
    assert refused_with(body_of(part("a")), f"{TYPE}; charset=utf-16")[0] == "unsupported_charset"


def test_a_thousand_parts_are_read_and_one_more_is_refused() -> None:
    parts = [part(f"f{number}") for number in range(1_001)]

    assert len(read_multipart(body_of(*parts[1:]), TYPE)) == 1_000
    assert refused_with(body_of(*parts))[0] == "too_many_fields"


def test_a_flood_is_refused_before_its_end_is_reached() -> None:
    assert refused_with(part("a") * 10_000 + b"broken")[0] == "too_many_fields"


def test_a_mebibyte_is_read() -> None:
    size = 1 << 20

    assert read_multipart(body_of(part("a", b"\r\n" * (size // 2))), TYPE)[0][1] == "\r\n" * (
        size // 2
    )
