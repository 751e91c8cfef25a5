"""The generated routes as OpenAPI operations."""

from typing import Any, Final

TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105  a path
BEARER: Final = "token"
_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_FAULTS: Final = {
    400: "The request is malformed",
    401: "No valid token",
    403: "The scope or a permission is missing",
    404: "There is no such thing",
    409: "Somebody else was first, or it is still used",
    413: "The body is too large",
    415: "The body is of another type",
    422: "Something is wrong with it: 'errors' lists everything",
    429: "Too many requests",
}
Operation = dict[str, Any]


def entity_operations(
    base: str,
    name: str,
    title: str,
    key: str,
    *,
    write: str,
    change: str,
    single: bool = False,
    replace: bool = True,
    filters: bool = True,
) -> dict[str, dict[str, Operation]]:
    """Return path → method → operation for one entity.

    Args:
        base: Path of the list, or of the single entity.
        name: Name of the schema that is read.
        title: What it is called.
        key: Name of the id in the path.
        write: Name of the schema that is sent to create and replace.
        change: Name of the schema of a merge patch.
        single: There is exactly one.
        replace: Whether it can be replaced as a whole.
        filters: Whether the list can be filtered and sorted.
    """
    member: dict[str, Operation] = {
        "get": _operation(f"read{name}", f"Read: {title}", title, 200, name),
        "patch": _operation(
            f"update{name}",
            f"Change: {title}",
            title,
            200,
            name,
            body=_body(change, "application/merge-patch+json", "application/json"),
        ),
    }
    if replace:
        member["put"] = _operation(
            f"replace{name}", f"Replace: {title}", title, 200, name, body=_body(write)
        )
    for method in ("put", "patch"):
        if method in member:
            member[method]["parameters"] = [_IF_MATCH]
    if single:
        return {base: member}
    member["delete"] = _operation(f"delete{name}", f"Delete: {title}", title, 204)
    member["delete"]["parameters"] = [_IF_MATCH]
    many = {
        "get": _operation(f"list{name}", f"List: {title}", title, 200, f"{name}Page"),
        "post": _operation(
            f"create{name}", f"Create: {title}", title, 201, name, body=_body(write)
        ),
    }
    many["get"]["parameters"] = _LISTING if filters else _LISTING[:2]
    if filters:
        many["post"]["parameters"] = [_IDEMPOTENCY]
    for operation in member.values():
        operation.setdefault("parameters", []).append(_id(key))
    return {base: many, f"{base}/{{{key}}}": member}


def history_operation(name: str, title: str, *, single: bool) -> Operation:
    """Return the operation that lists the changes of an entity."""
    operation = _operation(f"history{name}", f"History: {title}", title, 200, "AuditEntryPage")
    operation["parameters"] = [
        _query("before", {"type": "integer", "minimum": 0}, "'next' of the page before"),
        _LISTING[1],
        *([] if single else [_id("entity_id")]),
    ]
    return operation


def page_schema(name: str, cursor: str = "string") -> dict[str, Any]:
    """Return the schema of a page of things."""
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}},
            "next": {"type": [cursor, "null"], "description": "Where the next page begins"},
        },
        "required": ["items", "next"],
    }


def tell_faults(operation: Operation) -> None:
    """Say of an operation that was described elsewhere how it refuses."""
    responses = operation.setdefault("responses", {})
    for code, meaning in _FAULTS.items():
        responses[str(code)] = {"description": meaning, "content": _PROBLEM}


def token_operation() -> Operation:
    """Return the operation that issues access tokens (RFC 6749)."""
    form = {
        "type": "object",
        "properties": {
            "grant_type": {"const": "client_credentials"},
            "client_id": {"type": "string"},
            "client_secret": {"type": "string"},
            "scope": {"type": "string", "description": "Space-separated; all when left out"},
        },
        "required": ["grant_type"],
    }
    error = {
        "type": "object",
        "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
        "required": ["error"],
    }
    refusal = {"content": {"application/json": {"schema": error}}}
    operation = _operation("getToken", "Get an access token", "Access", 200, "IssuedToken")
    operation["security"] = []
    operation["requestBody"] = {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {"schema": form},
            "application/json": {"schema": form},
        },
    }
    for status, meaning in ((400, "Bad request"), (401, "Wrong secret"), (429, "Slow down")):
        operation["responses"][str(status)] = {"description": meaning, **refusal}
    return operation


def _operation(
    identity: str,
    summary: str,
    tag: str,
    status: int,
    answer: str = "",
    *,
    body: dict[str, Any] | None = None,
) -> Operation:
    done: dict[str, Any] = {"description": "Done"}
    if answer:
        schema = {"$ref": f"#/components/schemas/{answer}"}
        done["content"] = {"application/json": {"schema": schema}}
    responses = {str(status): done} | {
        str(code): {"description": meaning, "content": _PROBLEM}
        for code, meaning in _FAULTS.items()
    }
    operation = {
        "operationId": identity,
        "summary": summary,
        "tags": [tag],
        "responses": responses,
    }
    return {**operation, "requestBody": body} if body else operation


def _body(schema: str, *types: str) -> dict[str, Any]:
    reference = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {
        "required": True,
        "content": dict.fromkeys(types or ("application/json",), reference),
    }


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _id(key: str) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    return {"name": key, "in": "path", "required": True, "schema": schema}


_LISTING: Final = [
    _query("after", {"type": "string"}, "'next' of the page before"),
    _query("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "Items on a page"),
    _query("sort", {"type": "string"}, "A field; with - before it, from large to small"),
    _query("search", {"type": "string"}, "Text that some field contains"),
]
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string", "pattern": r'^(\*|(W/)?"?[0-9]{1,18}"?)$'},
    "description": "The ETag that was read; a stale one gets 409",
}
_IDEMPOTENCY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "The same key and body give the same answer and make nothing twice",
}
