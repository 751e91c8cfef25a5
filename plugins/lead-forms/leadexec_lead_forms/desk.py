"""What happens to a form: it is shown, filled in, checked, handed over, answered."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import msgspec

from leadexec import (
    CampaignInfo,
    LeadAnswer,
    NotFoundError,
    Post,
    PostedLead,
    RefusedPostError,
    Services,
    UnavailableError,
)
from leadexec_lead_forms import wording
from leadexec_lead_forms.answering import Outcome, Shown, agents_notices, sent
from leadexec_lead_forms.capture import Visit
from leadexec_lead_forms.checking import check
from leadexec_lead_forms.entities import Audience, LeadForm
from leadexec_lead_forms.filling import Filling
from leadexec_lead_forms.inputs import filled, inputs_of
from leadexec_lead_forms.pages import Around, FormView, form_page, message_page
from leadexec_lead_forms.posted import (
    CONTROLS,
    TICKET,
    ExpiredError,
    FormError,
    TrappedError,
    demand_person,
    read_posted,
    values_of,
    visit_of,
)
from leadexec_lead_forms.tickets import Tickets


class FormDesk:
    """Shows forms and takes what is filled in."""

    def __init__(self, services: Services, tickets: Tickets) -> None:
        """Hand over to the intake of ``services``."""
        self._services = services
        self._tickets = tickets

    async def show(self, form: LeadForm, visit: Visit, around: Around) -> Shown:
        """Return the empty form, or why there is none."""
        info = self._open_campaign(form)
        if info is None:
            return _closed(form, around)
        view = FormView(
            title=form.title,
            intro=form.intro,
            button=form.button,
            inputs=inputs_of(form, info),
            ticket=await self._tickets.issue(form.id),
            visit=visit if form.audience is Audience.VISITORS else None,
            traps=_traps(form),
        )
        return Shown(status=200, html=form_page(view, around))

    async def take(self, form: LeadForm, post: Post, around: Around) -> Outcome:
        """Return the answer to a filled-in form; the post is kept, whatever it is.

        Raises:
            UnavailableError: It could not be kept, and there is nothing to show again.
        """
        info = self._open_campaign(form)
        if info is None:
            await self._services.intake.refuse(post, 503, "form_closed", wording.CLOSED)
            return _closed(form, around)
        try:
            posted = read_posted(post.content_type, post.body)
        except FormError as error:
            await self._services.intake.refuse(post, error.status, error.code, error.message)
            html = message_page(form.title, wording.NOT_A_FORM, around)
            return Shown(status=error.status, html=html)
        inputs = inputs_of(form, info)
        filling = Filling(
            form=form,
            info=info,
            post=post,
            around=around,
            inputs=inputs,
            posted=posted,
            values=values_of(inputs, posted),
            visit=visit_of(posted, post.remote_ip),
            ticket=await self._tickets.read(form.id, posted.get(TICKET, "")),
        )
        try:
            return await self._person(filling)
        except UnavailableError as error:
            lost = error.code != "outcome_unknown"
            text = wording.TRY_AGAIN if lost else wording.PERHAPS_SENT
            return self._again(filling, 503, notices=(text,))

    def _open_campaign(self, form: LeadForm) -> CampaignInfo | None:
        """Return the form's campaign if it takes leads now."""
        try:
            info = self._services.campaigns.info(form.campaign)
        except NotFoundError:  # it is not in the catalog yet
            return None
        return info if info.active else None

    async def _person(self, filling: Filling) -> Outcome:
        """Answer a person; what a trap has caught is answered as if it were one."""
        intake, form, post = self._services.intake, filling.form, filling.post
        now = self._services.clock.now()
        try:
            demand_person(form, filling.posted, filling.ticket, now)
        except TrappedError as trapped:
            await intake.refuse(post, 403, trapped.code, trapped.message)
            return sent(form, filling.around, None)
        except ExpiredError as expired:
            await intake.refuse(post, 422, expired.code, expired.message)
            ticket = await self._tickets.issue(form.id)
            return self._again(filling, 422, notices=(wording.EXPIRED,), ticket=ticket)
        return await self._checked(filling)

    async def _checked(self, filling: Filling) -> Outcome:
        found = check(filling, self._services.campaigns.draft)
        if found.errors:
            detail = "; ".join(found.errors.values())[:2000]
            await self._services.intake.refuse(filling.post, 422, "form_incomplete", detail)
            return self._again(filling, 422, errors=found.errors)
        known = CONTROLS.union(made.name for made in filling.inputs)
        lead = PostedLead(
            campaign_id=filling.form.campaign,
            fields=found.fields,
            ignored=tuple(sorted(filling.posted.keys() - known)),
        )
        return await self._handed_over(filling, lead)

    async def _handed_over(self, filling: Filling, lead: PostedLead) -> Outcome:
        form = filling.form
        post = msgspec.structs.replace(filling.post, idempotency_key=_key(filling))
        try:
            receipt = await self._services.intake.receive(post, [lead])
        except RefusedPostError as refused:
            for_agents = form.audience is Audience.AGENTS
            told = (refused.message,) if for_agents else ()
            return self._again(filling, refused.status, notices=(wording.NOT_SENT, *told))
        (answer,) = receipt.answers
        if answer.status != "rejected":
            return sent(form, filling.around, answer)
        return self._rejected(filling, answer)

    def _rejected(self, filling: Filling, answer: LeadAnswer) -> Shown:
        """Return the page with the reasons that somebody can mend; to agents, with all of them."""
        names = {made.name for made in filling.inputs}
        errors = {
            reason.field: reason.message for reason in answer.reasons if reason.field in names
        }
        notices: Sequence[str] = () if errors else (wording.NOT_TAKEN,)
        if filling.form.audience is Audience.AGENTS:
            notices = agents_notices(answer, names)
        return self._again(filling, 422, errors=errors, notices=notices)

    def _again(
        self,
        filling: Filling,
        status: int,
        *,
        errors: Mapping[str, str] | None = None,
        notices: Sequence[str] = (),
        ticket: str | None = None,
    ) -> Shown:
        """Return the page once more, with what was typed; with its own ticket unless given one.

        With the same ticket, what is sent again without a change is the same post.
        """
        form = filling.form
        view = FormView(
            title=form.title,
            intro=form.intro,
            button=form.button,
            inputs=list(filled(filling.inputs, filling.values, errors or {})),
            ticket=filling.posted.get(TICKET, "") if ticket is None else ticket,
            visit=filling.visit if form.audience is Audience.VISITORS else None,
            notices=notices,
            traps=_traps(form),
        )
        return Shown(status=status, html=form_page(view, filling.around))


def _traps(form: LeadForm) -> bool:
    return form.spam_trap and form.audience is Audience.VISITORS


def _closed(form: LeadForm, around: Around) -> Shown:
    return Shown(status=503, html=message_page(form.title, wording.CLOSED, around))


def _key(filling: Filling) -> str:
    """Return the idempotency key: the same page sent again without a change is one lead."""
    if filling.ticket is None:
        return ""
    digest = blake2b(filling.post.body, digest_size=16).hexdigest()
    return f"form:{filling.form.id}:{filling.ticket.nonce}:{digest}"
