"""Who may post: tokens, passwords and addresses, checked before anything is decided."""

from collections.abc import Sequence
from hmac import compare_digest
from typing import Protocol

from leadexec.catalog.catalog import Catalog
from leadexec.catalog.compiled import CompiledCampaign
from leadexec.contracts.post import Post, PostedLead, RefusedPostError
from leadexec.errors import DeniedError
from leadexec.model.access import Scope
from leadexec.security.callers import Caller, UnauthenticatedError


class TokenCheck(Protocol):
    """Verifies access tokens; see ``leadexec.security.tokens.TokenVerifier``."""

    def verify(self, token: str, scope: Scope) -> Caller:
        """Return whose token it is; raises ``DeniedError``."""
        ...


class Gate:
    """Lets posts in, or says why not."""

    def __init__(self, catalog: Catalog, tokens: TokenCheck) -> None:
        """Judge by the campaigns of ``catalog``."""
        self._catalog = catalog
        self._tokens = tokens

    def admit(self, post: Post, leads: Sequence[PostedLead]) -> Caller | None:
        """Return who posts, as far as a token says so (``LS2``, ``LS4``).

        Raises:
            RefusedPostError: ``unknown_campaign``, ``token_invalid`` …, ``wrong_password``,
                ``token_required``, ``ip_denied``, ``ip_not_allowed``.
        """
        caller = self._caller(post) if post.token else None
        for campaign_id in {lead.campaign_id for lead in leads}:
            campaign = self._catalog.campaigns.get(campaign_id)
            if campaign is None:
                raise RefusedPostError(
                    422, "unknown_campaign", f"There is no campaign {campaign_id}."
                )
            if not post.vouched:
                _demand_address(post, campaign)
                _demand_proof(post, campaign, caller)
        return caller

    def _caller(self, post: Post) -> Caller:
        try:
            return self._tokens.verify(post.token, Scope.LEAD_RECEIVER)
        except DeniedError as error:
            status = 401 if isinstance(error, UnauthenticatedError) else 403
            raise RefusedPostError(status, error.code, str(error)) from None


def _demand_address(post: Post, campaign: CompiledCampaign) -> None:
    if campaign.access is None:
        return
    why = campaign.access.admits(post.remote_ip)
    if why is not None:
        raise RefusedPostError(403, why.code, why.message)


def _demand_proof(post: Post, campaign: CompiledCampaign, caller: Caller | None) -> None:
    """Demand a token or the password where the campaign wants one (``LS4``)."""
    entity = campaign.entity
    if caller is not None:
        return
    if entity.password is not None:
        expected = entity.password.reveal().encode()
        if post.password and compare_digest(post.password.encode(), expected):
            return
        if post.password:
            text = f"That is not the password of campaign {entity.id}."
            raise RefusedPostError(401, "wrong_password", text)
        text = f"Campaign {entity.id} takes leads only with its password or a Lead Receiver token."
        raise RefusedPostError(401, "token_required", text)
    if entity.require_authentication:
        text = (
            f"Campaign {entity.id} takes leads only with a Lead Receiver token; "
            "get one from /oauth2/token."
        )
        raise RefusedPostError(401, "token_required", text)
