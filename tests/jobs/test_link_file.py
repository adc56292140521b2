"""`link-files`: CSV in, the people that are in it out; what it refuses, it says in one line without a value."""

import csv
import random
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest

from jobs.link_file import LINKS, REVIEW, LinkedFiles, link_files, open_files
from jobs.row_file import RowFileError
from ml.linkage.scoring import Thresholds
from tests.jobs.commands import Run, fail_command, run_command  # noqa: F401 - fixtures

FEBRL = Path(__file__).parents[3] / "shared" / "data" / "linkage" / "febrl3.csv"
COLUMNS = ("record_id", "nhs_number", "family_name", "given_name", "middle_name", "birth_date", "sex", "postcode")
# Pairs of the same letter are one person; of the same letter with another number another one.
PEOPLE = """
a1,,Armstrong,William,,1951-03-09,M,TS1 4AB
a1,,ARMSTRONG,Bill,,1951-03-09,Male,TS1 4AB
b1,,Okonkwo,Chidi,,1948-11-02,1,TS3 6QT
b1,,Okonkwo,Chidi,,1948-02-11,1,TS3 6QT
c1,,Nguyen,Thi Lan,,1960-07-21,F,TS5 5HH
c1,,Thi Lan,Nguyen,,1960-07-21,F,TS5 5HH
d1,,O'Brien,Siobhán,,1939-01-30,F,TS20 2ZZ
d1,,OBrien,Siobhan,,1939-01-30,2,TS20 2ZZ
e1,,Fairweather,Margaret,,1955-05-14,F,TS10 1AA
e1,,Fairwether,Margaret,,1955-05-14,F,TS12 3BB
f1,,Kowalczyk,Agnieszka,,1971-09-09,F,TS8 9PL
f1,,Smith,Agnieszka,,1971-09-09,F,TS8 9PL
g1,,Patel,Jayesh,Kumar,1962-12-25,M,TS4 3QQ
g1,,Patel,Kumar,,1962-12-25,M,TS4 3QQ
h1,9434765919,Whitfield,Ronald,,1944-08-08,M,TS6 0AA
h1,9434765919,Whitfeild,Ron,,,,
i1,,Thornton,Amy,,1990-02-02,F,TS17 5BB
i2,,Thornton,Lucy,,1990-02-02,F,TS17 5BB
j1,,Hardcastle,George,,1931-06-01,M,TS9 6DD
j2,,Hardcastle,George,,1959-10-23,M,TS9 6DD
k1,9990000018,Ahmed,Mohammed,,1966-04-04,M,TS7 7CC
k2,9990000026,Ahmed,Mohammed,,1966-04-04,M,TS7 7CC
l1,,Pritchard,Francis,,1985-01-15,M,TS11 8EE
l2,,Pritchard,Frances,,1985-01-15,F,TS11 8EE
""".strip().splitlines()


def records(first: int = 0) -> list[dict[str, str]]:
    return [
        dict(zip(COLUMNS, [f"{line.split(',')[0]}-{first + place}", *line.split(",")[1:]], strict=True))
        for place, line in enumerate(PEOPLE)
    ]


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def linked(folder: Path, *sources: Path) -> tuple[LinkedFiles, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    out = folder / "out"
    found = link_files(
        open_files(list(sources)),
        Thresholds(accept=0.95, review=0.5),
        output=out / "links.csv",
        clusters=out / "clusters.csv",
        review=out / "review.csv",
    )
    links, clusters, review = (
        pd.read_csv(out / f"{name}.csv", dtype=str, keep_default_na=False) for name in ("links", "clusters", "review")
    )
    assert tuple(links.columns) == LINKS
    assert tuple(review.columns) == REVIEW
    assert found.link_count == len(links)
    assert found.review_count == len(review)
    return found, links, clusters, review


def pairs_of(frame: pd.DataFrame) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in zip(frame["left_id"], frame["right_id"], strict=True)}


def true_pairs(rows: list[dict[str, str]]) -> set[frozenset[str]]:
    person = {row["record_id"]: row["record_id"].partition("-")[0] for row in rows}
    return {frozenset(pair) for pair in combinations(person, 2) if person[pair[0]] == person[pair[1]]}


def test_people_are_found_however_they_are_written_and_relatives_are_left_to_people(tmp_path: Path) -> None:
    rows = records()
    _, links, clusters, review = linked(tmp_path, write(tmp_path / "a.csv", rows))
    assert pairs_of(links) == true_pairs(rows)
    assert list(clusters["record_id"]) == sorted(row["record_id"] for row in rows)
    assert clusters.groupby("person_id").size().max() == 2
    letters = {frozenset(each.partition("-")[0] for each in pair) for pair in pairs_of(review)}
    assert letters == {frozenset(pair) for pair in (("i1", "i2"), ("j1", "j2"), ("l1", "l2"))}


def test_two_files_are_linked_with_the_first_files_record_at_the_left(tmp_path: Path) -> None:
    rows = records()
    first, second = rows[::2], rows[1::2]
    found, links, clusters, _ = linked(tmp_path, write(tmp_path / "a.csv", first), write(tmp_path / "b.csv", second))
    assert pairs_of(links) == true_pairs(rows)
    assert set(links["left_id"]) <= {row["record_id"] for row in first}
    assert list(clusters.columns) == ["record_id", "person_id", "file"]
    assert found.people_count == len(links)


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    rows = records()
    linked(tmp_path, write(tmp_path / "a.csv", rows))
    names = ("links", "clusters", "review")
    before = [(tmp_path / "out" / f"{name}.csv").read_bytes() for name in names]
    random.Random(1).shuffle(rows)  # noqa: S311 - an order, not a secret
    linked(tmp_path, write(tmp_path / "a.csv", rows))
    assert [(tmp_path / "out" / f"{name}.csv").read_bytes() for name in names] == before


def test_a_probability_is_never_empty_and_a_rule_is_named(tmp_path: Path) -> None:
    _, links, _, _ = linked(tmp_path, write(tmp_path / "a.csv", records()))
    assert pd.to_numeric(links["probability"]).between(0.95, 1).all()
    assert set(links["rule"]) == {"nhs_number", "same_details", "model"}


def test_a_file_with_few_columns_is_linked_by_these_and_others_are_named(tmp_path: Path) -> None:
    rows = [
        {"record_id": f"{place}", "nhs_number": number, "ward": "3"}
        for place, number in enumerate(["9434765919", "943 476 5919", "9990000018", "123"])
    ]
    found, links, _, _ = linked(tmp_path, write(tmp_path / "a.csv", rows))
    assert pairs_of(links) == {frozenset("01")}
    assert found.taken == ("nhs_number",)
    assert found.passed_over == ("ward",)
    assert found.unreadable == {"nhs_number": 1}


def test_one_record_or_none_is_no_pair(tmp_path: Path) -> None:
    _, links, clusters, _ = linked(tmp_path, write(tmp_path / "a.csv", records()[:1]))
    assert (len(links), len(clusters)) == (0, 1)
    (tmp_path / "a.csv").write_text("record_id,family_name\n", encoding="utf-8")
    _, links, clusters, _ = linked(tmp_path, tmp_path / "a.csv")
    assert (len(links), len(clusters)) == (0, 0)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("family_name\nA\n", "the file lacks the column record_id"),
        ("record_id,family_name\n1,A\n,B\n", "the record_id is empty (file=a.csv, line=3)"),
        ("record_id,family_name\n1,A\n2,B\n1,C\n", "stands on an earlier line too (file=a.csv, line=4)"),
        ("record_id,ward\n1,A\n", "no column can be compared"),
    ],
)
def test_what_is_refused_is_said_by_its_line_and_not_by_its_value(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    with pytest.raises(RowFileError) as refused:
        open_files([tmp_path / "a.csv"])
    assert says in str(refused.value)


def test_three_files_are_too_many(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", records())
    with pytest.raises(RowFileError, match="one file is de-duplicated, two are linked"):
        open_files([path] * 3)


def test_a_record_that_stands_there_many_times_is_one_person(tmp_path: Path) -> None:
    rows = [{**records()[0], "record_id": f"{place:04d}"} for place in range(1_200)] + records()[1:2]
    found, links, clusters, _ = linked(tmp_path, write(tmp_path / "a.csv", rows))
    assert clusters["person_id"].nunique() == 1
    assert len(links) == 1_201 * 1_200 // 2
    assert found.people_count == 1


def test_records_that_say_the_same_and_nearly_nothing_are_nobody_twice(tmp_path: Path) -> None:
    rows = [{"record_id": f"{place}", "family_name": "Smith", "sex": "F"} for place in range(50)]
    _, links, clusters, _ = linked(tmp_path, write(tmp_path / "a.csv", rows))
    assert len(links) == 0
    assert clusters["person_id"].nunique() == 50


def people_of(*lines: str, columns: str) -> list[dict[str, str]]:
    names = ["record_id", *columns.split(",")]
    return [dict(zip(names, [f"{place}", *line.split(",")], strict=True)) for place, line in enumerate(lines)]


PLAIN = "family_name,given_name,birth_date,sex,postcode"


@pytest.mark.parametrize(
    "lines",
    [
        ("Jones,Harry,1990-02-02,M,TS1 1AA", "Jones,Larry,1990-02-02,M,TS1 1AA"),
        ("Jones,Ann,2001-05-06,F,TS1 1AA", "Jones,Anna,2003-05-06,F,TS1 1AA"),
        ("王,伟,1960-01-01,M,TS1 1AA", "王,伟明,1960-01-01,M,TS1 1AA"),
    ],
)
def test_names_alike_are_two_people_where_they_may_be_two_names(tmp_path: Path, lines: tuple[str, ...]) -> None:
    _, links, _, _ = linked(tmp_path, write(tmp_path / "a.csv", people_of(*lines, columns=PLAIN)))
    assert len(links) == 0


def test_two_numbers_that_can_exist_are_never_one_person_whichever_file_tells_a_status(tmp_path: Path) -> None:
    plain = "Smith,John,1950-02-03,M,TS1 1AA"
    first = people_of(f"9434765919,01,{plain}", columns=f"nhs_number,nhs_number_status,{PLAIN}")
    second = people_of(f"9434765870,{plain}", columns=f"nhs_number,{PLAIN}")
    _, links, _, review = linked(tmp_path, write(tmp_path / "a.csv", first), write(tmp_path / "b.csv", second))
    assert (len(links), len(review)) == (0, 0)
    unverified = people_of(f"9434765870,03,{plain}", columns=f"nhs_number,nhs_number_status,{PLAIN}")
    _, links, _, review = linked(tmp_path, write(tmp_path / "a.csv", first), write(tmp_path / "b.csv", unverified))
    assert len(links) == 0
    assert list(review["reason"]) == ["NHS numbers differ, one of them not verified"]


def test_what_stands_for_many_people_is_nobodys_id(tmp_path: Path) -> None:
    lines = ("Smith,John,M,W7", "Patel,Amit,M,W7", "Wong,Li,M,W7", "Khan,Ali,M,TBC", "Ellis,Ben,M,TBC")
    rows = people_of(*lines, columns="family_name,given_name,sex,local_id")
    assert len(linked(tmp_path, write(tmp_path / "a.csv", rows))[1]) == 0


def test_a_record_that_fits_two_people_is_left_to_people(tmp_path: Path) -> None:
    john = "Smith,John,1950-02-03,M,TS1 1AA"
    rows = people_of(f"9434765919,{john}", f"9434765870,{john}", f",{john}", columns=f"nhs_number,{PLAIN}")
    _, links, _, review = linked(tmp_path, write(tmp_path / "a.csv", rows))
    assert len(links) == 0
    assert set(review["reason"]) == {"fits two people, neither clearly better"}
    assert pairs_of(review) == {frozenset("02"), frozenset("12")}


def test_a_register_of_twins_without_any_mistake_is_no_fault_and_nobody_is_merged(tmp_path: Path) -> None:
    rng = random.Random(4)  # noqa: S311 - draws of a test
    families = ["Abbott", "Barker", "Cooper", "Dawson", "Ellis", "Foster", "Gibson", "Harvey", "Irwin", "Jarvis"]
    givens = ["Amy", "Beth", "Carl", "Dean", "Eric", "Faye", "Gwen", "Hugo", "Iris", "Jude"]
    lines = []
    for place in range(150):
        born = f"{rng.randint(1930, 2005)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        postcode = f"TS{place % 20 + 1} {place % 9 + 1}{rng.choice('ABDEFGHJLN')}{rng.choice('PQRSTUWXYZ')}"
        lines += [f"{rng.choice(families)}{place},{name},{born},,{postcode}" for name in rng.sample(givens, 1)]
        family = lines[-1].split(",")[0]
        other = rng.choice([name for name in givens if name != lines[-1].split(",")[1]])
        lines.append(f"{family},{other},{born},,{postcode}")
    _, links, _, review = linked(tmp_path, write(tmp_path / "a.csv", people_of(*lines, columns=PLAIN)))
    assert len(links) == 0
    assert len(review) == 150


def test_a_cell_of_a_megabyte_is_read(tmp_path: Path) -> None:
    rows = people_of(f"{'x' * 1_000_000},Ann", "Smith,Ann", columns="family_name,given_name")
    assert linked(tmp_path, write(tmp_path / "a.csv", rows))[0].record_count == 2


def test_cells_of_any_kind_are_compared_and_the_run_goes_on(tmp_path: Path) -> None:
    odd = ["=cmd|' /C calc'!A0", "'; drop table records; --", "\u202e\u0000x", "王小明", "x" * 100_000, "%s{0}", '"']
    rows = [
        {name: text for name in COLUMNS if name != "record_id"} | {"record_id": f"{place}-{copy}"}
        for place, text in enumerate(odd)
        for copy in range(2)
    ]
    found, links, _, _ = linked(tmp_path, write(tmp_path / "a.csv", rows))
    assert found.record_count == len(rows)
    assert all(
        left.partition("-")[0] == right.partition("-")[0] for left, right in links[["left_id", "right_id"]].values
    )


def test_the_command_says_what_it_compared_and_where_things_are(tmp_path: Path, run_command: Run) -> None:  # noqa: F811
    path = write(tmp_path / "a.csv", records())
    said = run_command("link-files", "--input", path, "--output", tmp_path / "links.csv")
    assert f"{len(PEOPLE)} records, compared by nhs_number, family_name, given_name" in said
    assert "Too few records to learn from" in said
    assert "3 pairs for people to decide, not written: --review FILE" in said


def test_the_command_fails_in_one_line(tmp_path: Path, fail_command: Run) -> None:  # noqa: F811
    said = fail_command("link-files", "--input", tmp_path / "none.csv", "--output", tmp_path / "links.csv")
    assert "the file can't be read" in said


@pytest.mark.skipif(not FEBRL.exists(), reason="../shared/data/linkage/febrl3.csv is absent")
@pytest.mark.parametrize(("with_local_id", "least"), [(True, 0.995), (False, 0.99)])
def test_febrl_3_is_linked(tmp_path: Path, with_local_id: bool, least: float) -> None:
    cells = pd.read_csv(FEBRL, dtype=str, skipinitialspace=True, keep_default_na=False)
    born = cells["date_of_birth"]
    frame = pd.DataFrame(
        {
            "record_id": cells["rec_id"],
            "given_name": cells["given_name"],
            "family_name": cells["surname"],
            "birth_date": (born.str[:4] + "-" + born.str[4:6] + "-" + born.str[6:]).where(born != "", ""),
            "address": cells["street_number"] + " " + cells["address_1"] + " " + cells["address_2"] + " "
            + cells["suburb"],
            "postcode": cells["postcode"],
        }
    )  # fmt: skip
    if with_local_id:
        frame["local_id"] = cells["soc_sec_id"]
    frame.to_csv(tmp_path / "febrl.csv", index=False)
    _, links, _, _ = linked(tmp_path, tmp_path / "febrl.csv")
    person = frame["record_id"].str.extract(r"rec-(\d+)-")[0]
    sizes = person.value_counts()
    wanted = int((sizes * (sizes - 1) // 2).sum())
    right = sum(left.split("-")[1] == other.split("-")[1] for left, other in links[["left_id", "right_id"]].values)
    precision, recall = right / len(links), right / wanted
    f1 = 2 * precision * recall / (precision + recall)
    assert f1 >= least
