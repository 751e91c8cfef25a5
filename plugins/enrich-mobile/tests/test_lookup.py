import pytest
from leadexec_enrich_mobile.lookup import NumberingPlan

from leadexec import NoSettings, PhoneFacts, PhoneQuestion
from leadexec.testing import LookupContract, fake_services


class TestNumberingPlanConformance(LookupContract):
    component = NumberingPlan
    questions = (
        PhoneQuestion(number="4805550123"),
        PhoneQuestion(number="+447911123456"),
        PhoneQuestion(number="1112223333"),
    )


LOOKUP = NumberingPlan(NoSettings(), fake_services())


async def facts(number: str) -> PhoneFacts | None:
    return await LOOKUP.look_up(PhoneQuestion(number=number))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("number", "country"), [("4805550123", "US"), ("6042345678", "CA"), ("7872345678", "PR")]
)
async def test_of_an_american_number_nobody_can_tell_whether_it_is_mobile(
    number: str, country: str
) -> None:
    assert await facts(number) == PhoneFacts(possible=True, mobile=None, region=country)


@pytest.mark.anyio
@pytest.mark.parametrize("number", ["8005551212", "8885551212", "9002345678"])
async def test_toll_free_and_premium_numbers_are_no_mobiles_and_of_no_country(number: str) -> None:
    assert await facts(number) == PhoneFacts(possible=True, mobile=False)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("number", "mobile", "country"),
    [
        ("+442079460958", False, "GB"),
        ("+491711234567", True, "DE"),
        ("+33612345678", True, "FR"),
        ("+33142685300", False, "FR"),
        ("+12423591234", True, "BS"),
        ("+525512345678", None, "MX"),
    ],
)
async def test_where_mobiles_have_ranges_of_their_own_it_is_known(
    number: str, mobile: bool | None, country: str
) -> None:
    assert await facts(number) == PhoneFacts(possible=True, mobile=mobile, region=country)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "number",
    ["1112223333", "2121234567", "2129114567", "4805110123", "+1212", "+999123456", "+4420"],
)
async def test_a_number_outside_its_plan_cannot_exist(number: str) -> None:
    assert await facts(number) == PhoneFacts(possible=False)


@pytest.mark.anyio
async def test_both_ways_of_writing_an_american_number_are_the_same() -> None:
    assert await facts("+14805550123") == await facts("4805550123")


@pytest.mark.anyio
async def test_a_number_of_the_whole_world_has_no_country() -> None:
    found = await facts("+80012345678")
    assert found == PhoneFacts(possible=True, mobile=False)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "number",
    [
        *("480555012", "48055501234", "(480) 555-0123", "1-800-FLOWERS", "+", "+0123456", "++1"),
        *("\u0664\u0668\u0660\u0665\u0665\u0665\u0660\u0661\u0662\u0663", "4805550123\n"),
    ],
)
async def test_what_is_not_written_as_a_number_is_not_known(number: str) -> None:
    assert await facts(number) is None
