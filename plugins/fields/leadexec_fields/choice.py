"""Choices: yes or no, and one or several of a list."""

from collections.abc import Iterable, Sequence
from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from leadexec import (
    ConfigurationError,
    Fault,
    FieldKind,
    FieldSetup,
    FieldType,
    InvalidValueError,
    RawValue,
    Value,
)
from leadexec_fields.text import clean, scalar_text, too_long, words

_YES: Final = ("yes", "y", "true", "t", "1", "on")
_NO: Final = ("no", "n", "false", "f", "0", "off")
_LONGEST_WORD: Final = 60
_LONGEST: Final = 10_000


class YesNoSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Words for yes and no besides the usual ones."""

    also_yes: Annotated[
        tuple[Annotated[str, Meta(max_length=_LONGEST_WORD)], ...],
        Meta(
            title="Other words for yes",
            description="Besides yes, y, true, t, 1, on; in any case.",
            max_length=50,
            examples=[["sí", "checked"]],
        ),
    ] = ()
    also_no: Annotated[
        tuple[Annotated[str, Meta(max_length=_LONGEST_WORD)], ...],
        Meta(
            title="Other words for no",
            description="Besides no, n, false, f, 0, off; in any case.",
            max_length=50,
            examples=[["none", "unchecked"]],
        ),
    ] = ()


class YesNoType(FieldType[YesNoSettings]):
    """True or false, shown as Yes or No (``LT4`` Yes/No)."""

    key: ClassVar[str] = "yes_no"
    title: ClassVar[str] = "Yes / No"
    kind: ClassVar[FieldKind] = FieldKind.BOOLEAN

    def __init__(self, settings: YesNoSettings, setup: FieldSetup) -> None:
        """Refuse blank words (``blank_word``) and words that mean both (``ambiguous_word``)."""
        super().__init__(settings, setup)
        self._meaning = dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False)
        faults: list[Fault] = []
        for path, given, meaning in (
            ("also_yes", settings.also_yes, True),
            ("also_no", settings.also_no, False),
        ):
            for index, word in enumerate(given):
                where, known = f"{path}[{index}]", words(word)
                if not known:
                    faults.append(Fault(code="blank_word", path=where, message="A word is blank."))
                elif self._meaning.setdefault(known, meaning) is not meaning:
                    message = f"'{word}' would mean both yes and no."
                    faults.append(Fault(code="ambiguous_word", path=where, message=message))
        if faults:
            raise ConfigurationError(faults)

    def parse(self, raw: RawValue) -> Value:
        """Return True or False."""
        if raw is True or raw is False:
            return raw
        if type(raw) is str:
            meaning = self._meaning.get(raw.lower()) if len(raw) <= _LONGEST_WORD else None
            if meaning is None:
                meaning = self._meaning.get(words(clean(self, raw, _LONGEST_WORD)))
            if meaning is not None:
                return meaning
        elif isinstance(raw, int | float) and raw in (0, 1):
            return bool(raw)
        raise self.refuse("not_yes_or_no", "must be yes or no.")

    def format(self, value: Value) -> str:
        """Return Yes or No."""
        return ("Yes" if value else "No") if isinstance(value, bool) else str(value)

    def sample(self) -> str:
        """Return Yes."""
        return "Yes"

    def choices(self) -> Sequence[tuple[str, str]]:
        """Return Yes and No."""
        return (("Yes", "Yes"), ("No", "No"))


class Option(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One choice of a list."""

    value: Annotated[
        str, Meta(title="Value", description="What is stored and compared.", max_length=200)
    ]
    caption: Annotated[
        str,
        Meta(title="Caption", description="What is shown; the value if empty.", max_length=200),
    ] = ""


class DropdownSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The choices, and what happens to anything else."""

    options: Annotated[
        tuple[Option, ...],
        Meta(title="Choices", description="In the order in which they are shown.", max_length=5000),
    ]
    others: Annotated[
        bool,
        Meta(
            title="Keep other texts",
            description="Take a text that is no choice as it is; otherwise it is refused.",
        ),
    ] = False
    several: Annotated[
        bool,
        Meta(
            title="Several choices",
            description="Take a list, or choices separated by ; or the campaign's delimiter.",
        ),
    ] = False
    show_caption: Annotated[
        bool,
        Meta(title="Show captions", description="Show the caption instead of the value."),
    ] = True


class DropdownType(FieldType[DropdownSettings]):
    """One of a list of values, or several joined by ``;`` (``LT4`` Dropdown)."""

    key: ClassVar[str] = "dropdown"
    title: ClassVar[str] = "Dropdown"
    kind: ClassVar[FieldKind] = FieldKind.TEXT
    joint: ClassVar[str] = ";"
    longest: ClassVar[int] = 200
    """The most characters of one choice."""
    most: ClassVar[int] = 500
    """The most choices of one value."""

    def __init__(self, settings: DropdownSettings, setup: FieldSetup) -> None:
        """Refuse what could not be told apart.

        Raises:
            ConfigurationError: ``no_options``, ``blank_option``, ``bad_option`` (spaces around it,
                control characters, or the separator within), ``duplicate_option``.
        """
        super().__init__(settings, setup)
        self._values: dict[str, str] = {}
        self._captions: dict[str, str] = {}
        self._joints = tuple(dict.fromkeys((self.joint, setup.delimiter or self.joint)))
        faults: list[Fault] = []
        if not settings.options:
            faults.append(
                Fault(code="no_options", path="options", message="A dropdown needs choices.")
            )
        for index, option in enumerate(settings.options):
            faults.extend(self._added(option, f"options[{index}]"))
        if faults:
            raise ConfigurationError(faults)

    def parse(self, raw: RawValue) -> Value:
        """Return the value of the choice that ``raw`` is the value or the caption of."""
        if type(raw) is str and raw in self._captions:
            return raw
        if not self.settings.several:
            return self._one(raw[0] if isinstance(raw, list) and len(raw) == 1 else raw)
        chosen = dict.fromkeys(self._one(part) for part in self._parts(raw))
        if not chosen:
            raise self.refuse("blank", "holds no choice.")
        return self.joint.join(chosen)

    def format(self, value: Value) -> str:
        """Return the caption, or the value if the settings say so."""
        text = str(value)
        if not self.settings.show_caption:
            return text
        if not self.settings.several:
            return self._captions.get(text, text)
        return self.joint.join(self._captions.get(part, part) for part in text.split(self.joint))

    def sample(self) -> str:
        """Return the first choice's value."""
        return self.settings.options[0].value

    def choices(self) -> Sequence[tuple[str, str]]:
        """Return the choices in their order; none where other texts are kept, too.

        With several choices, they are what each part may be.
        """
        return () if self.settings.others else tuple(self._captions.items())

    def _added(self, option: Option, path: str) -> Iterable[Fault]:
        """Take in one choice; yield what is wrong with it."""
        texts = {"value": option.value} | ({"caption": option.caption} if option.caption else {})
        for name, text in texts.items():
            where = f"{path}.{name}"
            if not words(text):
                yield Fault(code="blank_option", path=where, message="A choice is blank.")
            elif problem := self._problem(text):
                yield Fault(code="bad_option", path=where, message=problem)
            elif self._values.setdefault(words(text), option.value) != option.value:
                message = f"'{text}' stands for two choices."
                yield Fault(code="duplicate_option", path=where, message=message)
        if option.value in self._captions:
            message = f"'{option.value}' is listed twice."
            yield Fault(code="duplicate_option", path=f"{path}.value", message=message)
        self._captions.setdefault(option.value, option.caption or option.value)

    def _problem(self, text: str) -> str:
        try:
            tidy = clean(self, text, self.longest)
        except InvalidValueError as error:
            return error.message
        if tidy != text:
            return f"'{text}' has spaces around it or characters that do not show."
        if self.settings.several and any(joint in text for joint in self._joints):
            return f"'{text}' holds the separator of several choices."
        return ""

    def _one(self, raw: RawValue) -> str:
        text = clean(self, scalar_text(self, raw), self.longest)
        if (value := self._values.get(words(text))) is not None:
            return value
        if self.settings.others:
            return text
        raise self.refuse("not_a_choice", f"has no choice '{text[:50]}'.")

    def _parts(self, raw: RawValue) -> list[RawValue]:
        parts = raw if isinstance(raw, list) else [scalar_text(self, raw)]
        if len(parts) > self.most or any(isinstance(p, str) and len(p) > _LONGEST for p in parts):
            raise too_long(self, _LONGEST)
        for joint in self._joints:
            parts = [
                piece
                for part in parts
                for piece in (part.split(joint) if isinstance(part, str) else [part])
            ]
        if len(parts) > self.most:
            raise self.refuse("too_many", f"has more than {self.most:,} choices.")
        return [part for part in parts if not isinstance(part, str) or part.strip()]
