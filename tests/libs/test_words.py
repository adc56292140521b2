"""Trusts' own words: what a data officer writes is taken as written, and a slip is told by its line, never guessed."""

from pathlib import Path

import pytest

from libs.errors import ContractError
from libs.feeds import load_contracts
from libs.settings import conf_folder
from libs.words import COLUMNS, TrustWords, load_words

CONTRACTS = load_contracts(conf_folder())


def written(folder: Path, *lines: str) -> Path:
    (folder / "words.csv").write_text("\n".join([",".join(COLUMNS), *lines]), encoding="utf-8")
    return folder


def test_the_words_that_ship_are_sound() -> None:
    load_words(conf_folder() / "vocabulary", CONTRACTS)


def test_without_a_file_no_trust_has_words_of_its_own(tmp_path: Path) -> None:
    assert load_words(tmp_path, CONTRACTS) == {}


def test_words_stand_by_register_and_list_each_under_its_trust(tmp_path: Path) -> None:
    conf = written(tmp_path, "RVW,infoflex,site, back passage ,lower_gi", "RTR,infoflex,site,Back Passage,", "")
    assert load_words(conf, CONTRACTS) == {
        ("infoflex", "site"): TrustWords({"RVW|BACK PASSAGE": "lower_gi"}, ("RTR|BACK PASSAGE",))
    }


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (",infoflex,site,Elbow,other", "the trust or the word is empty"),
        ("RVW,lotus,site,Elbow,other", "no feed contract has the name"),
        ("RVW,infoflex,limb,Elbow,other", "no list of the name"),
        ("RVW,infoflex,site,Elbow,elbow", "has a code that its list can't have: give it one of brain, breast"),
        ("RVW,infoflex,pause,Elbow,77", "has a code that its list can't have"),
        ("RVW,infoflex,site,Elbow", "a line has 4 cells where 5 are meant"),
        ("RVW,infoflex,site,Elbow,,other", "a line has 6 cells where 5 are meant"),
        ('RVW,infoflex,site,"Elb\now",other', "or a cell runs over its end"),
        ("RVW,infoflex,site,Elbow,?", "has no code yet: give it one of brain, breast"),
        ("trust,system,map,word,code", "the header stands here again"),
    ],
)
def test_a_line_that_says_what_there_is_not_is_told_by_its_number(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(ContractError, match=what) as fault:
        load_words(written(tmp_path, "RVW,infoflex,site,Gut,lower_gi", line), CONTRACTS)
    assert "line=3" in str(fault.value)
    assert "Elbow" not in str(fault.value)


def test_a_word_that_stands_twice_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="twice"):
        load_words(written(tmp_path, "RVW,infoflex,site,Gut,lower_gi", "RVW,infoflex,site,gut ,upper_gi"), CONTRACTS)


def test_a_file_that_is_not_csv_in_utf_8_is_a_fault(tmp_path: Path) -> None:
    path = written(tmp_path, 'RVW,infoflex,site,"Elbow,other') / "words.csv"
    with pytest.raises(ContractError, match="a line is not CSV"):
        load_words(tmp_path, CONTRACTS)
    path.write_bytes("trust,system,map,word,code\nRVW,infoflex,site,Café,other".encode("latin-1"))
    with pytest.raises(ContractError, match="the file is not UTF-8"):
        load_words(tmp_path, CONTRACTS)


def test_other_columns_are_a_fault(tmp_path: Path) -> None:
    (tmp_path / "words.csv").write_text("trust;system;map;word;code\n")
    with pytest.raises(ContractError, match="columns"):
        load_words(tmp_path, CONTRACTS)
