"""What people are called and where they live: the form of `conf/synthetic/names.yml`."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _listed(text: object) -> object:
    return tuple(text.split(", ")) if isinstance(text, str) else text


def _worded(text: object) -> object:
    return tuple(text.split()) if isinstance(text, str) else text


def _numbers(text: object) -> object:
    """`1-3 5` as 1, 2, 3, 5."""
    spans = [part.partition("-") for part in str(text).split()]
    return tuple(number for first, _, last in spans for number in range(int(first), int(last or first) + 1))


Listed = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Worded = Annotated[tuple[str, ...], BeforeValidator(_worded)]
Numbers = Annotated[tuple[int, ...], BeforeValidator(_numbers)]


class _Naming(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Frequency(_Naming):
    """The weight of the n-th name of a list: 1 / (n + start) ^ fall."""

    start: float
    fall: float


class Form(_Naming):
    """Surnames made of a first and a last part."""

    first: Worded
    last: Worded
    weight: float


class Culture(_Naming):
    """Names that go together. female, male: given names by the year of birth from which they hold, most frequent first.

    middle: share with a middle name, by year of birth. keeps_name: share of married women with their own name. listed:
    share with a surname of the list, which may be `man's/woman's`; others have one of the forms.
    """

    weight: float
    ethnic: dict[str, float]
    middle: dict[int, float]
    keeps_name: float
    listed: float
    female: dict[int, Listed]
    male: dict[int, Listed]
    female_any: Listed = ()
    male_any: Listed = ()
    middle_female: str = ""
    middle_male: str = ""
    surnames: Listed
    surnames_female: Listed = ()
    female_share: float = 0.0
    forms: tuple[Form, ...] = ()


class Families(_Naming):
    """Shares of people who belong together, and of those together with like names."""

    twin: float
    parent: float
    same_given_name: float
    like_given_name: float
    twin_like_name: float
    twin_same_sex: float


class Naming(_Naming):
    """Everything that names, titles, families, addresses and telephone numbers are drawn from."""

    label: str
    surname_frequency: Frequency
    given_frequency: Frequency
    formed_frequency: Frequency
    any_period: float
    second_middle: float
    double_barrelled: dict[int, float]
    married: float
    titles: dict[str, dict[int, dict[str, float]]]
    families: Families
    moves: dict[int, float]
    others: dict[str, float]
    deprivation: dict[str, float]
    districts: dict[str, Numbers]
    mobile: dict[int, float]
    mobile_range: str
    landlines: dict[str, str]
    nicknames: dict[str, dict[str, Worded]]
    cultures: dict[str, Culture] = Field(min_length=1)
