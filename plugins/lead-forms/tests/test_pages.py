"""What is shown: usable by everybody, safe, and nothing that gives the trap away."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from leadexec_lead_forms.entities import FormField

from leadexec import SystemField

House = Callable[..., Any]
BAD = "\"'><script>alert(1)</script>"


def inputs(page: Any) -> list[str]:
    names = page.xpath("//form//*[@name]/@name")
    return [n for n in dict.fromkeys(names) if "-" not in n]


def the(page: Any, name: str) -> Any:
    (found,) = page.xpath(f"//*[@name='{name}']")
    return found


def test_a_form_without_chosen_fields_asks_for_all_that_people_can_fill_in(
    a_house: House,
) -> None:
    assert inputs(a_house().page()) == ["FirstName", "Email", "Phone", "State", "UtmSource"]


def test_a_form_asks_for_its_own_fields_in_its_own_order(a_house: House) -> None:
    chosen = tuple(FormField(field=name) for name in ("State", "FirstName", "Total", "Gone"))

    assert inputs(a_house(fields=chosen).page()) == ["State", "FirstName"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("FirstName", {"type": "text", "autocomplete": "given-name"}),
        ("Email", {"type": "email", "autocomplete": "email", "inputmode": "email"}),
        ("Phone", {"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        ("State", {"autocomplete": "address-level1"}),
    ],
)
def test_an_input_has_the_type_and_the_purpose_of_its_field(
    a_house: House, name: str, expected: dict[str, str]
) -> None:
    found = the(a_house().page(), name)

    assert {key: found.get(key) for key in expected} == expected


@pytest.mark.parametrize(
    ("changes", "tag", "type_"),
    [
        ({"type": "datetime", "sample": "01/01/2000"}, "input", "date"),
        ({"type": "datetime", "sample": "01/01/2000 12:00:00 PM"}, "input", "datetime-local"),
        ({"type": "integer", "sample": "25"}, "input", "number"),
        ({"type": "decimal", "sample": "25"}, "input", "number"),
        ({"type": "money", "sample": "$25.00"}, "input", "text"),
        ({"type": "text", "system": SystemField.COMMENTS}, "textarea", None),
        ({"type": "sub_fields"}, "textarea", None),
        ({"type": "dropdown", "choices": (("a", "A"),)}, "select", None),
        ({"type": "yes_no", "system": SystemField.CONSENT}, "input", "checkbox"),
    ],
)
def test_other_types_have_the_control_that_fits_them(
    a_house: House, field: Any, changes: dict[str, Any], tag: str, type_: str | None
) -> None:
    house = a_house(campaign={"fields": (field("Thing", **changes),)})
    found = the(house.page(), "Thing")

    assert (found.tag, found.get("type")) == (tag, type_)


def test_yes_or_no_is_a_group_of_two_with_a_legend(a_house: House, field: Any) -> None:
    owner = field("Owner", description="Do you own it?", type="yes_no", required=True)
    page = a_house(campaign={"fields": (owner,)}).page()

    (group,) = page.xpath("//fieldset")
    assert group.xpath("legend")[0].text.strip() == "Do you own it?"
    assert group.xpath(".//input[@type='radio' and @required]/@value") == ["Yes", "No"]


def test_a_select_has_the_choices_with_their_captions_after_an_empty_one(a_house: House) -> None:
    options = the(a_house().page(), "State").xpath("option")

    assert [(o.get("value"), o.text) for o in options] == [
        ("", "Choose one"),
        ("AZ", "Arizona"),
        ("CA", "California"),
        ("NY", "New <York>"),
    ]


def test_what_must_be_filled_in_is_marked_and_what_has_a_default_need_not_be(
    a_house: House, field: Any
) -> None:
    needed, given = field("Needed", required=True), field("Given", required=True, default="x")
    page = a_house(campaign={"fields": (needed, given)}).page()

    assert page.xpath("//*[@required]/@name") == ["Needed"]
    assert "Fields marked with" in page.text_content()


def test_a_form_says_its_own_words(a_house: House) -> None:
    chosen = FormField(
        field="Email", label="Your mailbox", placeholder="you@home", help="We do not sell it."
    )
    page = a_house(fields=(chosen,), intro="Two minutes.", button="Go on").page()
    box = the(page, "Email")

    assert (
        page.xpath(f"//label[@for='{box.get('id')}']")[0].text_content().strip() == "Your mailbox"
    )
    assert box.get("placeholder") == "you@home"
    assert page.get_element_by_id(box.get("aria-describedby").strip()).text == "We do not sell it."
    assert (page.xpath("//h1/text()"), page.xpath("//button/text()")) == (
        ["Get a quote"],
        ["Go on"],
    )
    assert "Two minutes." in page.text_content()


def test_a_hidden_value_is_not_in_the_page(a_house: House) -> None:
    house = a_house(fields=(FormField(field="State", hidden_value="secret deal"),))

    assert inputs(house.page()) == []
    assert "secret deal" not in house.client.get("/plugins/lead-forms/get-a-quote").text


def accessible(page: Any) -> None:
    """Hold a page to what can be told from its elements (WCAG 2.2)."""
    ids = page.xpath("//@id")
    assert page.xpath("//*[@role='radio' or @type='radio'][@aria-invalid]") == []
    assert len(ids) == len(set(ids))
    assert page.get("lang") == "en"
    assert page.xpath("//title/text()")
    assert len(page.xpath("//h1")) == len(page.xpath("//main")) == 1
    controls = page.xpath("//input[not(@type='hidden')] | //select | //textarea")
    for control in controls:
        assert page.xpath(f"//label[@for='{control.get('id')}']"), control.get("name")
    for described in " ".join(page.xpath("//@aria-describedby")).split():
        assert described in ids
    for target in page.xpath("//a/@href[starts-with(., '#')]"):
        assert target[1:] in ids
    assert page.xpath("//*[@tabindex > 0]") == []


def test_the_page_can_be_used_by_everybody(a_house: House, field: Any) -> None:
    consent = field("Ok", description="I agree", type="yes_no", system=SystemField.CONSENT)
    owner = field("Owner", type="yes_no", required=True)
    note = field("aside", system=SystemField.COMMENTS, required=True)
    house = a_house(campaign={"fields": (*a_house().info().fields, consent, owner, note)})

    accessible(house.page())
    from lxml import html

    accessible(html.document_fromstring(house.send(FirstName="", Email="bad").text))


def test_the_page_runs_nothing_of_its_own_and_escapes_everything(
    a_house: House, field: Any
) -> None:
    chosen = FormField(field="Name", label=BAD, placeholder=BAD, help=BAD)
    name = field("Name", description=BAD, choices=((BAD, BAD),))
    house = a_house(
        campaign={"fields": (name,)}, fields=(chosen,), title=BAD, intro=BAD, button=BAD
    )
    path = f"/get-a-quote?embed=1&page=https://x.test/{BAD}&referrer={BAD}"
    page = house.page(path, headers={"referer": f"https://x.test/{BAD}"})

    assert page.xpath("//script/@src") == ["assets/form.js"]
    assert page.xpath("//script/text() | //style | //@style | //@onclick | //@onerror") == []
    assert page.xpath("//h1/text()") == [BAD]


def test_the_page_may_be_held_by_the_sites_that_the_form_names_and_no_other(
    a_house: House,
) -> None:
    origins = ("https://www.example.com", "https://*.example.org:8443")
    named = a_house(origins=origins).client.get("/plugins/lead-forms/get-a-quote")
    alone = a_house().client.get("/plugins/lead-forms/get-a-quote")

    policy = named.headers["content-security-policy"]
    assert policy.endswith(f"frame-ancestors 'self' {' '.join(origins)}")
    assert alone.headers["content-security-policy"].endswith("frame-ancestors 'self'")
    for part in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'"):
        assert part in policy.split("; ")
    assert "unsafe" not in policy
    assert named.headers["x-content-type-options"] == "nosniff"
    assert named.headers["referrer-policy"] == "strict-origin"
    assert named.headers["cache-control"] == "no-store"


def test_the_trap_is_out_of_the_way_of_people(a_house: House) -> None:
    trap = the(a_house().page(), "website-url")

    assert trap.get("tabindex") == "-1"
    assert trap.get("autocomplete") == "off"
    assert trap.getparent().get("aria-hidden") == "true"
    assert the(a_house().page(), "website-url").get("type") != "hidden"


def test_without_a_spam_trap_there_is_no_field_for_it(a_house: House) -> None:
    assert a_house(spam_trap=False).page().xpath("//*[@name='website-url']") == []


@pytest.mark.parametrize(
    ("form", "path"),
    [
        ({}, "/somewhere-else"),
        ({"enabled": False}, "/get-a-quote"),
        ({"audience": "agents"}, "/get-a-quote"),
        ({}, "/%00%ff'--"),
    ],
)
def test_what_is_not_there_for_visitors_is_a_page_that_says_so(
    a_house: House, form: dict[str, Any], path: str
) -> None:
    from leadexec_lead_forms.entities import Audience

    audience = {"audience": Audience(form["audience"])} if "audience" in form else {}
    answer = a_house(**{**form, **audience}).client.get(f"/plugins/lead-forms{path}")

    assert answer.status_code == 404
    assert "There is no such form" in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_campaign_that_takes_no_leads_has_a_closed_form(a_house: House) -> None:
    house = a_house(campaign={"active": False})
    answer = house.client.get("/plugins/lead-forms/get-a-quote")

    assert answer.status_code == 503
    assert "takes no requests at present" in answer.text
    assert house.page().xpath("//form") == []


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("assets/form.css", "text/css"), ("assets/form.js", "text/javascript"),
     ("get-a-quote/embed.js", "text/javascript")],
)  # fmt: skip
def test_the_page_finds_its_style_and_scripts(a_house: House, name: str, media_type: str) -> None:
    answer = a_house().client.get(f"/plugins/lead-forms/{name}")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(media_type)
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert len(answer.content) < 5_000


def test_the_embedding_script_is_small_and_listens_to_its_own_frame_only(a_house: House) -> None:
    script = a_house().client.get("/plugins/lead-forms/get-a-quote/embed.js")

    assert len(script.content) < 4_000
    assert "event.source !== frame.contentWindow || event.origin !== source.origin" in script.text
    assert not re.search(r"innerHTML|eval|document\.write", script.text)


@pytest.mark.parametrize("name", ["secrets.toml", "..%2Fplugin.py", "%2e%2e/plugin.py"])
def test_no_other_file_is_served(a_house: House, name: str) -> None:
    assert a_house().client.get(f"/plugins/lead-forms/assets/{name}").status_code == 404
