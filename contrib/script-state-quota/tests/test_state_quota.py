from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_script_state_quota.plugin import (
    ScriptStateQuotaPlugin,
    StateQuota,
    StateQuotaSettings,
)

from leadexec import Candidate, ConfigurationError, NoSettings, ScriptSetup, Stop
from leadexec.testing import (
    ComponentContract,
    a_candidate,
    a_field_info,
    a_lead,
    a_lead_type_info,
    fake_services,
)

LEAD_TYPE = a_lead_type_info()
CROWD = [a_candidate(1), a_candidate(2), a_candidate(3)]


def a_script(*quotas: tuple[str, int, int], **settings: Any) -> StateQuota:
    named = [{"state": s, "client": client, "share": share} for s, client, share in quotas]
    return a_script_of({"quotas": named, **settings})


def a_script_of(settings: Mapping[str, Any]) -> StateQuota:
    setup = ScriptSetup(campaign_id=1, lead_type=LEAD_TYPE, services=fake_services())
    try:
        decoded = msgspec.convert(dict(settings), StateQuotaSettings)
    except msgspec.ValidationError as error:
        raise ConfigurationError.single("invalid_settings", "", str(error)) from error
    return StateQuota(decoded, setup)


class TestStateQuotaConformance(ComponentContract):
    component = StateQuota
    examples = (
        {"quotas": [{"state": "CA", "client": 1, "share": 60}]},
        {"quotas": [{"state": "NV", "client": 2, "share": 0}], "others": "never"},
    )
    bad_settings = (
        {},
        {"quotas": []},
        {"quotas": [{"state": "CA", "client": 1, "share": -1}]},
        {"quotas": [{"state": "CA", "client": 1, "share": 1}], "field": "Nowhere"},
    )

    def make(self, settings: Mapping[str, Any]) -> StateQuota:
        return a_script_of(settings)


def order_of(
    script: StateQuota, number: int, state: Any = "CA", crowd: Sequence[Candidate] = CROWD
) -> list[int]:
    lead = a_lead(uid=f"0193f2a0-0000-7000-8000-{number:012x}", fields={"State": state})
    selection = script.after_sort(lead, crowd)
    assert not isinstance(selection, Stop)
    return [candidate.account_id for candidate in selection]


def firsts(script: StateQuota, leads: int, crowd: Sequence[Candidate] = CROWD) -> Counter[int]:
    return Counter(order_of(script, number, crowd=crowd)[0] for number in range(leads))


def test_each_client_comes_first_as_often_as_its_share_says() -> None:
    counts = firsts(a_script(("CA", 1, 50), ("CA", 2, 30), ("CA", 3, 20)), 5_000)
    assert [round(counts[client] / 5_000, 1) for client in (1, 2, 3)] == [0.5, 0.3, 0.2]


def test_the_share_of_a_client_that_does_not_qualify_goes_to_the_others_by_theirs() -> None:
    script = a_script(("CA", 1, 50), ("CA", 2, 30), ("CA", 3, 20))
    counts = firsts(script, 5_000, CROWD[1:])
    assert [round(counts[client] / 5_000, 1) for client in (2, 3)] == [0.6, 0.4]


@given(st.integers(0, 2**40), st.permutations(CROWD))
def test_a_lead_keeps_its_order_whoever_is_left_and_whichever_worker_asks(
    number: int, crowd: list[Candidate]
) -> None:
    quotas = (("CA", 1, 5), ("CA", 2, 3), ("CA", 3, 2))
    ordered = order_of(a_script(*quotas), number)
    assert order_of(a_script(*quotas), number, crowd=crowd) == ordered
    left = [candidate for candidate in crowd if candidate.account_id != ordered[0]]
    assert order_of(a_script(*quotas), number, crowd=left) == ordered[1:]


def test_states_are_drawn_apart() -> None:
    script = a_script(("CA", 1, 1), ("CA", 2, 0), ("NV", 1, 0), ("NV", 2, 1))
    assert order_of(script, 1, "CA")[0] == 1
    assert order_of(script, 1, " nv")[0] == 2


@pytest.mark.parametrize("state", ["TX", "", None, 7, ["CA"]])
def test_a_lead_of_a_state_without_quotas_is_left_to_the_automation(state: Any) -> None:
    assert order_of(a_script(("CA", 3, 1)), 1, state) == [1, 2, 3]


def test_clients_without_a_quota_come_after_all_others() -> None:
    assert order_of(a_script(("CA", 3, 1)), 1) == [3, 1, 2]


def test_clients_without_a_quota_are_left_out_where_the_operator_says_so() -> None:
    assert order_of(a_script(("CA", 3, 1), others="never"), 1) == [3]


def test_a_client_with_a_share_of_0_gets_no_lead_of_that_state() -> None:
    assert order_of(a_script(("CA", 3, 1), ("CA", 2, 0)), 1) == [3, 1]


def test_the_accounts_of_one_client_stay_in_the_order_of_the_automation() -> None:
    crowd = [a_candidate(9, client_id=1), a_candidate(2), a_candidate(4, client_id=1)]
    for number in range(20):
        ordered = order_of(a_script(("CA", 1, 1), ("CA", 2, 1)), number, crowd=crowd)
        assert ordered in ([9, 4, 2], [2, 9, 4])


def test_another_field_can_hold_the_state() -> None:
    script = a_script(("CA", 2, 1), field="LastName")
    selection = script.after_sort(a_lead(fields={"LastName": "CA", "State": "NV"}), CROWD)
    assert not isinstance(selection, Stop)
    assert selection[0].client_id == 2


def test_a_lead_type_without_a_state_needs_the_field_named() -> None:
    bare = a_lead_type_info(a_field_info("Email"))
    setup = ScriptSetup(campaign_id=1, lead_type=bare, services=fake_services())
    with pytest.raises(ConfigurationError) as caught:
        StateQuota(a_script(("CA", 1, 1)).settings, setup)
    assert [fault.code for fault in caught.value.faults] == ["no_state_field"]


def test_all_faults_are_listed_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        a_script(("CA", 1, 1), ("ca ", 1, 2), field="Nowhere")
    assert [(fault.code, fault.path) for fault in caught.value.faults] == [
        ("unknown_field", "field"),
        ("repeated_quota", "quotas[1]"),
    ]


def test_the_plugin_contributes_the_script() -> None:
    plugin = ScriptStateQuotaPlugin(NoSettings(), fake_services())
    assert list(plugin.register_distribution_scripts()) == [StateQuota]
