"""What can be wrong with the settings of a request; everything is said at once."""

from collections.abc import Sequence
from typing import Final

from leadexec import Fault
from leadexec_delivery_webhook.body import body_faults
from leadexec_delivery_webhook.settings import ContentType, Header, HttpMethod, RequestSettings
from leadexec_delivery_webhook.settings_auth import ClientCredentials, PasswordGrant
from leadexec_delivery_webhook.url import url_faults

_RESERVED: Final = frozenset(
    (
        *("host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "expect"),
        "idempotency-key",
    )
)


def request_faults(settings: RequestSettings, *, production: bool, authorised: bool) -> list[Fault]:
    """Return everything that is wrong with what ``settings`` say of the request."""
    faults = url_faults(settings.url, "url")
    if settings.testing_url:
        faults += url_faults(settings.testing_url, "testing_url")
    elif not production:
        message = "The environment is Testing: give the URL that leads are sent to meanwhile."
        faults.append(Fault(code="testing_url_missing", path="testing_url", message=message))
    bodiless = settings.method in (HttpMethod.GET, HttpMethod.DELETE)
    if bodiless and settings.content_type is not ContentType.QUERY:
        message = f"{settings.method} carries no body: choose the content type query."
        faults.append(Fault(code="no_body", path="content_type", message=message))
    faults += _header_faults(settings.headers, authorised=authorised)
    faults += _secret_faults(settings)
    if isinstance(settings.auth, ClientCredentials | PasswordGrant):
        faults += url_faults(settings.auth.token_url, "auth.token_url", tags=False)
        testing = settings.auth.testing_token_url
        faults += url_faults(testing, "auth.testing_token_url", tags=False) if testing else []
    return faults + body_faults(settings)


def _header_faults(headers: Sequence[Header], *, authorised: bool) -> list[Fault]:
    faults = []
    for index, header in enumerate(headers):
        name, path = header.name.lower(), f"headers[{index}]"
        if name in _RESERVED:
            message = f"{header.name} is set by the system."
            faults.append(Fault(code="reserved_header", path=f"{path}.name", message=message))
        if name == "authorization" and authorised:
            message = "The authentication sets this header."
            faults.append(Fault(code="reserved_header", path=f"{path}.name", message=message))
        if header.value and header.secret is not None:
            message = "A header has a value or a secret value, not both."
            faults.append(Fault(code="two_values", path=path, message=message))
    return faults


def _secret_faults(settings: RequestSettings) -> list[Fault]:
    names = [secret.name for secret in settings.secrets]
    return [
        Fault(
            code="name_taken",
            path=f"secrets[{index}].name",
            message=f"There are two secrets called {name}.",
        )
        for index, name in enumerate(names)
        if name in names[:index]
    ]
