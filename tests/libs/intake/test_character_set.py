"""A text in another character set than the contract's is refused and named; one that only looks odd is taken."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.feeds import Dialect
from libs.intake.character_set import as_utf8
from libs.intake.reasons import Refusal

COMMA = Dialect(delimiter=",", quote='"', encoding="utf-8")
PIPE = Dialect(delimiter="|", quote='"', encoding="windows-1252")

WESTERN = (
    "ZOË", "O'BRIÁN", "Müller", "MATÚŠ", "Šimunek", "Nuñez", "François", "Åse", "Žižka", "BJÖRK", "Gonçalves", "Þór",
    "Weiß", "Novotný", "ÁŽ", "Âge", "Aimée", "Béla",
)  # fmt: skip
ANY = (*WESTERN, "Łukasz", "Dvořák", "Şahin", "Nguyễn", "Иванов", "Παπαδόπουλος", "张伟", "محمد", "ਸਿੰਘ", "Ștefan")


def extract(names: list[str], dialect: Dialect) -> str:
    return "\r\n".join(dialect.delimiter.join(line) for line in [("ID", "NAME"), *(("1", name) for name in names)])


@pytest.mark.parametrize(
    ("text", "dialect", "detail"),
    [
        (
            "ID,NAME\n1,Zoë\n".encode("cp1252"),
            COMMA,
            "line 2 holds a byte that is not utf-8; it looks like windows-1252",
        ),
        ("Zoë".encode("cp1252"), COMMA, "line 1 holds a byte that is not utf-8; it looks like windows-1252"),
        (b"ID|NAME\r\n1|x\r\n1|a\x81\r\n", PIPE, "line 3 holds a byte that is not windows-1252"),
        (b"ID|NAME\r1|a\x81", PIPE, "line 2 holds a byte that is not windows-1252"),
        ("ID|NAME\n1|Ádám\n".encode(), PIPE, "line 2 holds a byte that is not windows-1252; it looks like UTF-8"),
        ("\ufeffID|NAME\n1|a\n".encode(), PIPE, "it looks like UTF-8, the contract says windows-1252"),
        ("ID,NAME\n1,a\n".encode("utf-16"), COMMA, "it looks like UTF-16, the contract says utf-8"),
        ("ID|NAME\n1|a\n".encode("utf-16"), PIPE, "it looks like UTF-16, the contract says windows-1252"),
        ("ID,NAME\n1,a\n".encode("utf-16-le"), COMMA, "it looks like UTF-16, the contract says utf-8"),
        ("ID,NAME\n1,a\n".encode("utf-16-be"), COMMA, "it looks like UTF-16, the contract says utf-8"),
        ("ID|NAME\n1|ZOË\n2|ÅSE\n".encode(), PIPE, "it looks like UTF-8, the contract says windows-1252"),
    ],
)
def test_another_character_set_is_named_without_a_word_of_the_text(text: bytes, dialect: Dialect, detail: str) -> None:
    assert as_utf8(text, dialect) == Refusal("CHARACTER_SET_WRONG", detail)


@given(st.lists(st.sampled_from(WESTERN), max_size=8), st.lists(st.text(st.characters(codec="cp1252"), max_size=9)))
@settings(deadline=None)
def test_what_a_windows_register_writes_is_taken_as_it_is(names: list[str], notes: list[str]) -> None:
    # Letters at random may well be UTF-8, but then no honest name stands beside them
    text = extract([*names, *notes, "Müller"] if notes else names, PIPE)
    assert as_utf8(text.encode("cp1252"), PIPE) == text.encode()


@given(st.lists(st.sampled_from(ANY), min_size=2, max_size=8, unique=True))
@settings(deadline=None)
def test_two_names_in_utf8_are_enough_to_see_that_an_extract_is_not_windows(names: list[str]) -> None:
    found = as_utf8(extract(names, PIPE).encode(), PIPE)
    assert isinstance(found, Refusal)
    assert found.reason == "CHARACTER_SET_WRONG"
    assert "UTF-8" in str(found.detail)


@given(st.lists(st.sampled_from(ANY), max_size=8), st.sampled_from([b"", b"\xef\xbb\xbf"]))
@settings(deadline=None)
def test_an_extract_in_utf8_stays_as_it_is_but_for_its_mark(names: list[str], mark: bytes) -> None:
    text = extract(names, COMMA).encode()
    assert as_utf8(mark + text, COMMA) == text


@pytest.mark.parametrize("times", [1, 50])
def test_one_name_that_was_garbled_long_ago_condemns_no_extract(times: int) -> None:
    """ZoÃ« in windows-1252 is Zoë in UTF-8: one name proves nothing, however many rows its patient has."""
    text = extract(["SMITH", *["ZoÃ«"] * times, '"ZoÃ«"'], PIPE)
    assert as_utf8(text.encode("cp1252"), PIPE) == text.encode()


def test_garbled_names_beside_honest_ones_condemn_no_extract() -> None:
    text = extract(["ZoÃ«", "FranÃ§ois", "Müller"], PIPE)
    assert as_utf8(text.encode("cp1252"), PIPE) == text.encode()


@pytest.mark.parametrize("share", [1, 2, 100, 5000])
def test_text_is_the_same_whether_few_or_many_characters_are_beyond_ascii(share: int) -> None:
    text = "".join("€é\u2019ž"[place % 4] if place % share == 0 else "x" for place in range(20_000))
    assert as_utf8(text.encode("cp1252"), PIPE) == text.encode()
