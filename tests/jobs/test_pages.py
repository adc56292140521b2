"""The pages in docs that follow from the code say what the code says."""

import pytest

from jobs.pages import DOCS, pages
from libs.feeds import load_contracts
from libs.pathways import versions
from libs.pathways.canonical import PATIENT, TRANSFER, TREATMENT
from libs.pathways.dictionary import TABLES, meanings
from libs.pathways.link_decision import DECISION
from libs.pathways.silver import REJECT_COLUMNS
from libs.settings import conf_folder

PAGES = pages(load_contracts(conf_folder()))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_the_code_says(name: str) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == f"{PAGES[name].rstrip()}\n", f"docs/{name} is out of date: run `make pages`"


def test_the_dictionary_knows_every_column_of_silver_and_no_other() -> None:
    stamps = {"trust", "system", "file_id", "extracted_at", "row_hash"}
    assert set(meanings("pathway")) == {*versions.VERSION_COLUMNS}
    assert set(meanings("patient")) == {*PATIENT.names, *stamps, "first_extracted_at"}
    assert set(meanings("treatment")) == {*TREATMENT.names, *stamps}
    assert set(meanings("transfer")) == {*TRANSFER.names, *stamps}
    assert tuple(meanings("reject")) == REJECT_COLUMNS
    assert [*meanings("link_decision")] == DECISION.names


@pytest.mark.parametrize("table", TABLES)
def test_every_column_means_something(table: str) -> None:
    assert all(meanings(table).values())
