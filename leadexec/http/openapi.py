"""The OpenAPI 3.1 document: Litestar's own routes and the generated ones, as one (``RC6``)."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Litestar
from litestar.routes import HTTPRoute

from leadexec.contracts.tokens import IssuedToken
from leadexec.distribution.explain import LeadExplained
from leadexec.http.account_api import entity_path
from leadexec.http.credentials_api import (
    CREDENTIALS,
    CredentialChange,
    NewCredential,
    ShownCredential,
)
from leadexec.http.data_shapes import (
    DeliveryList,
    LeadDetail,
    LeadPage,
    RequestDetail,
    RequestPage,
)
from leadexec.http.guards import PUBLIC
from leadexec.http.openapi_operations import (
    BEARER,
    TOKEN_PATH,
    entity_operations,
    history_operation,
    page_schema,
    tell_faults,
    token_operation,
)
from leadexec.http.parts import HttpParts, Readiness
from leadexec.http.problems import Problem
from leadexec.model.schema import Schema, entity_schemas, marks_of, schemas_of
from leadexec.storage.audit import AuditEntry

_OWN: Final = (
    Problem,
    IssuedToken,
    AuditEntry,
    NewCredential,
    CredentialChange,
    ShownCredential,
    Readiness,
    LeadPage,
    LeadDetail,
    DeliveryList,
    RequestPage,
    RequestDetail,
    LeadExplained,
)
"""Shapes beside the entities; Litestar describes some of them, too, but without our docstrings."""


def openapi_document(app: Litestar, parts: HttpParts) -> dict[str, Any]:
    """Return the document of everything that ``app`` serves."""
    document = app.openapi_schema.to_schema()
    paths: dict[str, Any] = dict(document.get("paths", {}))
    components: dict[str, Any] = dict(document.get("components", {}))
    schemas: dict[str, Any] = dict(components.get("schemas", {}))
    for operations in paths.values():
        for operation in operations.values():
            if isinstance(operation, dict):
                tell_faults(operation)
    paths.update(_paths(parts))
    schemas.update(_schemas(parts))
    _secure(paths, _open_operations(app))
    components["schemas"] = schemas
    components["securitySchemes"] = {BEARER: _bearer()}
    return {**document, "openapi": "3.1.0", "paths": paths, "components": components}


def _paths(parts: HttpParts) -> dict[str, Any]:
    paths: dict[str, Any] = {TOKEN_PATH: {"post": token_operation()}}
    for spec in parts.registry:
        if spec.hidden:
            continue
        base, name = entity_path(spec), spec.struct.__name__
        paths.update(
            entity_operations(
                base,
                name,
                spec.title,
                "entity_id",
                write=f"{name}Write",
                change=f"{name}Patch",
                single=spec.singleton,
            )
        )
        member = base if spec.singleton else f"{base}/{{entity_id}}"
        paths[f"{member}/history"] = {
            "get": history_operation(name, spec.title, single=spec.singleton)
        }
    paths.update(
        entity_operations(
            CREDENTIALS,
            "ShownCredential",
            "API credential",
            "credential_id",
            write="NewCredential",
            change="CredentialChange",
            replace=False,
            filters=False,
        )
    )
    return paths


def _schemas(parts: HttpParts) -> dict[str, Schema]:
    specs = [spec for spec in parts.registry if not spec.hidden]
    _, schemas = schemas_of([*(spec.struct for spec in specs), *_OWN])
    for spec in specs:
        shown = schemas[spec.struct.__name__]
        marks_of(spec, shown)
        schemas.update(entity_schemas(spec, shown))
        schemas[f"{spec.struct.__name__}Page"] = page_schema(spec.struct.__name__)
    schemas["ShownCredentialPage"] = page_schema("ShownCredential")
    schemas["AuditEntryPage"] = page_schema("AuditEntry", cursor="integer")
    return schemas


def component_settings(parts: HttpParts) -> dict[str, list[dict[str, Any]]]:
    """Return every registered component by contract, with the JSON Schema of its settings (PF5)."""
    listed: dict[str, list[dict[str, Any]]] = {}
    for contract, registry in parts.plugins.registries.items():
        listed[contract] = [
            {
                "key": key,
                "title": component.title,
                "plugin": plugin,
                "description": (getattr(component, "__doc__", "") or "").strip(),
                "settings": _settings_schema(component),
            }
            for key, component, plugin in registry.items()
        ]
    return listed


def _settings_schema(component: Any) -> Schema | None:
    settings = getattr(component, "Settings", None)
    if settings is None:
        return None
    (reference,), definitions = schemas_of([settings])
    return {**reference, "components": {"schemas": definitions}}


def _open_operations(app: Litestar) -> set[tuple[str, str]]:
    """Return (path, method) of every handler that opens itself."""
    return {
        (route.path_format, method.lower())
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if handler.opt.get(PUBLIC) is True
    }


def _secure(paths: Mapping[str, Any], opened: set[tuple[str, str]]) -> None:
    """Say of each operation whether it needs a token, unless it says so itself."""
    for path, operations in paths.items():
        for method, operation in operations.items():
            if isinstance(operation, dict):
                needed: list[dict[str, list[str]]] = (
                    [] if (path, method) in opened else [{BEARER: []}]
                )
                operation.setdefault("security", needed)


def _bearer() -> dict[str, Any]:
    return {
        "type": "oauth2",
        "flows": {
            "clientCredentials": {
                "tokenUrl": TOKEN_PATH,
                "scopes": {
                    "account_api": "Configuration",
                    "data_api": "Leads and deliveries",
                    "lead_receiver": "Posting leads",
                },
            }
        },
    }
