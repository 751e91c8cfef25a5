"""A person at the quality control bin: looks at every held lead and decides (``LS9``, ``LD9``)."""

import asyncio
from typing import Any, Final

import httpx

from leadexec.cli.demo.platform import Credential
from leadexec.cli.demo.poster import fetch_token
from leadexec.contracts.services import Clock

HELD: Final = "/data/v1/leads?status=held&code=quality_control&limit=200"
PAUSE: Final = 0.5
"""Seconds between two looks into the bin."""


class Reviewer:
    """Validates about seven of eight held leads, and invalidates the others; always the same."""

    def __init__(self, http: httpx.AsyncClient, credential: Credential, clock: Clock) -> None:
        """Work over ``http``, whose ``base_url`` is the platform."""
        self._http = http
        self._credential = credential
        self._clock = clock
        self._token = ""
        self.validated = 0
        self.invalidated = 0

    async def work(self, over: asyncio.Event) -> None:
        """Empty the bin again and again, once more after ``over`` is set, then return."""
        while not over.is_set():
            if not await self._empty():
                await self._clock.sleep(PAUSE)
        while await self._empty():
            pass

    async def _empty(self) -> int:
        """Decide about the leads in the bin now; return how many there were."""
        answer = await self._ask("GET", HELD)
        if answer.status_code != httpx.codes.OK:  # another run will find them
            return 0
        leads = answer.json()["items"]
        for lead in leads:
            await self._decide(lead)
        return len(leads)

    async def _decide(self, lead: dict[str, Any]) -> None:
        uid: str = lead["uid"]
        if uid[-1] in "01":
            message = {"message": "The phone number was answered by somebody else."}
            path = f"/data/v1/leads/{uid}/invalidate"
            if (await self._ask("POST", path, message)).is_success:
                self.invalidated += 1
        elif (await self._ask("POST", f"/data/v1/leads/{uid}/validate", {})).is_success:
            self.validated += 1

    async def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> httpx.Response:
        for _ in range(2):
            if not self._token:
                self._token = await fetch_token(self._http, self._credential)
            headers = {"Authorization": f"Bearer {self._token}"}
            answer = await self._http.request(method, path, json=body, headers=headers)
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                break
            self._token = ""
        return answer
