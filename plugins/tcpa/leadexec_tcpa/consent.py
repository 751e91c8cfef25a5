"""Judging whether a lead brings the consent its campaign asks for. Pure."""

from collections.abc import Iterator, Sequence, Set
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from leadexec import Lead, LeadTypeInfo, SystemField
from leadexec_tcpa.settings import ConsentForm, Counts, TcpaSettings, text_of
from leadexec_tcpa.texts import fold, listed, named
from leadexec_tcpa.tokens import Token, token_of

NO_CONSENT: Final = "no_consent"
TEXT_DIFFERS: Final = "consent_text_differs"
NO_TOKEN: Final = "no_consent_token"  # noqa: S105  a code, not a secret
LONGEST: Final = 4_000
"""Characters kept of what a lead says."""
_YES: Final = frozenset({"yes", "true", "1", "on"})
_NO: Final = frozenset({"no", "false", "0", "off"})


class Missing(Struct, kw_only=True, frozen=True):
    """Something that is asked for and not there."""

    code: str
    message: str


class Judged(Struct, kw_only=True, frozen=True):
    """What a lead says about consent."""

    given: bool
    value: str
    """The consent field as text."""
    sellers: tuple[str, ...]
    """To whom one-to-one consent was given."""
    accounts: tuple[int, ...] | None
    """The delivery accounts of those sellers; None: any may get the lead."""
    text: str
    """What the campaign asks people to agree to."""
    shown: str
    """What was posted as the text that was shown; empty: nothing was."""
    text_matches: bool | None
    """Whether the two agree; None: nothing was posted."""
    token: Token | None
    missing: tuple[Missing, ...]


class ConsentJudge:
    """Knows what one campaign asks for."""

    def __init__(self, settings: TcpaSettings, lead_type: LeadTypeInfo) -> None:
        """Find the fields; the settings have no faults."""
        self._settings = settings
        self._lead_type = lead_type
        self._field = settings.consent_field or lead_type.named(SystemField.CONSENT) or ""
        self._token_field = lead_type.named(SystemField.CONSENT_TOKEN) or ""
        self._template = text_of(settings)
        self._sellers = {fold(seller.name): seller for seller in settings.sellers}
        names = [seller.name for seller in settings.sellers]
        self._text = named(self._template, names)
        self._folded = fold(self._text)
        self._bound = any(seller.delivery_accounts for seller in settings.sellers)

    @property
    def reads(self) -> frozenset[str]:
        """The names of the lead fields that are looked at."""
        settings = self._settings
        named_here = {self._field, self._token_field, settings.consent_text_field}
        return frozenset(named_here | {settings.sellers_field}) - {""}

    def judge(self, lead: Lead) -> Judged:
        """Return what ``lead`` says."""
        said = _texts(lead.fields.get(self._field))
        sellers = self._named_sellers(lead)
        texts = {self._folded, fold(named(self._template, sellers or ()))} - {""}
        given = self._counts(said, texts) and (sellers is None or bool(sellers))
        shown, matches = self._shown(lead, said, texts)
        token = token_of(" ".join(_texts(lead.fields.get(self._token_field))))
        return Judged(
            given=given,
            value=", ".join(said)[:LONGEST],
            sellers=sellers or (),
            accounts=self._accounts(sellers or ()),
            text=self._text,
            shown=shown[:LONGEST],
            text_matches=matches,
            token=token,
            missing=tuple(self._missing(said, sellers, given, matches, token)),
        )

    def _counts(self, said: Sequence[str], texts: Set[str]) -> bool:
        """Tell whether something counts and nothing says no; an empty field is no consent."""
        if any(fold(text) in _NO for text in said):
            return False
        return any(self._one_counts(text, texts) for text in said)

    def _one_counts(self, text: str, texts: Set[str]) -> bool:
        counting = self._settings.counts_as_consent
        folded = fold(text)
        if Counts.YES in counting and folded in _YES:
            return True
        if Counts.TEXT in counting and folded in texts:
            return True
        return Counts.URL in counting and _is_address(text)

    def _named_sellers(self, lead: Lead) -> tuple[str, ...] | None:
        """Return the sellers consent is given to; None in general consent."""
        settings = self._settings
        if settings.consent_form is ConsentForm.GENERAL:
            return None
        if not settings.sellers_field:
            return tuple(seller.name for seller in settings.sellers)
        posted = ",".join(_texts(lead.fields.get(settings.sellers_field))).replace(";", ",")
        # A name may hold a comma of its own, so what was posted is searched, not only split.
        parts = {fold(part) for part in posted.split(",")}
        whole = f" {fold(posted)} "
        return tuple(
            seller.name
            for key, seller in self._sellers.items()
            if key in parts or ("," in seller.name and f" {key} " in whole)
        )

    def _accounts(self, sellers: Sequence[str]) -> tuple[int, ...] | None:
        if not self._bound:
            return None
        chosen = [self._sellers[fold(name)] for name in sellers]
        return tuple(sorted({account for s in chosen for account in s.delivery_accounts}))

    def _shown(self, lead: Lead, said: Sequence[str], texts: Set[str]) -> tuple[str, bool | None]:
        """Return the text that was posted as shown, and whether it is one of ``texts``."""
        shown = " ".join(_texts(lead.fields.get(self._settings.consent_text_field)))
        if not shown.strip() and Counts.TEXT in self._settings.counts_as_consent:
            known = _YES | _NO
            shown = " ".join(t for t in said if fold(t) not in known and not _is_address(t))
        if not shown.strip():
            return "", None
        return shown, fold(shown) in texts

    def _missing(
        self,
        said: Sequence[str],
        sellers: tuple[str, ...] | None,
        given: bool,
        matches: bool | None,
        token: Token | None,
    ) -> Iterator[Missing]:
        if not given:
            yield Missing(code=NO_CONSENT, message=self._why_not(said, sellers))
        if self._settings.text_must_match and matches is not True:
            found = "differs from the campaign's" if matches is False else "was not posted"
            message = f"The consent text that was shown {found}."
            yield Missing(code=TEXT_DIFFERS, message=message)
        if self._settings.token_required and (token is None or token.kind == "unknown"):
            title = self._title(self._token_field)
            state = "is empty" if token is None else "holds neither a Lead-ID nor a certificate"
            yield Missing(code=NO_TOKEN, message=f"A consent token is required: {title} {state}.")

    def _why_not(self, said: Sequence[str], sellers: tuple[str, ...] | None) -> str:
        title = self._title(self._field)
        if not said:
            return f"There is no consent to be contacted: {title} is empty."
        if sellers == ():
            known = listed([seller.name for seller in self._settings.sellers])
            return f"Consent was given to none of the sellers ({known})."
        if any(fold(text) in _NO for text in said):
            return f"There is no consent to be contacted: {title} says no."
        return f"There is no consent to be contacted: what {title} holds does not count as it."

    def _title(self, name: str) -> str:
        found = self._lead_type.fields.get(name)
        return (found.description or name) if found else name


def _texts(value: Any) -> list[str]:
    """Return the texts of a field's value, without blank ones; a yes/no field says yes or no."""
    match value:
        case bool():
            return ["yes" if value else "no"]
        case int() | Decimal():
            return ["1" if value == 1 else str(value)]
        case str():
            return [value.strip()] if value.strip() else []
        case list():
            return [text for item in value for text in _texts(item)]
        case _:
            return []


def _is_address(text: str) -> bool:
    try:
        address = urlsplit(text.strip())
    except ValueError:
        return False
    is_web = address.scheme.lower() in ("http", "https")
    return is_web and bool(address.hostname) and " " not in text.strip()
