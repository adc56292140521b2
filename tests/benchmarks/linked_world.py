"""What linking makes of a synthetic world's people and shared pathways: precision and recall, by fault.

    python -m tests.benchmarks.linked_world [pathways] [seed] [blanked]

A world with all its faults is made; its history is taken in and cleansed, the linkage model is trained on it, and all
is linked; then an hour. Who is one person is held against the truth, and what stands in one linked pathway: first with
the people as the platform knows them, then with the true people, which is the rule of pathways by itself. What the
platform has not seen yet, and entries that its duplicates name, are left out of both sides. With `blanked` the NHS
number of every record is taken away between cleansing and linking; then the history alone is linked.
"""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import link_pathways, people_by_model, simulate
from jobs.changed import last_file_id
from jobs.demo import ENDS_AT
from jobs.link_pathways import IDENTIFIER, with_evidence, without_duplicates
from jobs.outcome import Run
from jobs.steps import run_steps
from jobs.world_truth import world_identity
from libs.lakehouse.session import start_session
from libs.lakehouse.tables import Lake, open_lake
from libs.pathways import linked
from libs.pathways.linked import OF_PATHWAY
from libs.rules import load_rules
from libs.settings import Settings, load_settings
from tests.benchmarks.linkage import learnt_basis

PATHWAYS, SEED = 20_000, 1
STEPS = ("ingest", "cleanse", "link")
TAKEN_IN, TRAINED = ("ingest", "cleanse"), ("train_linkage", "link")
_ROW = ["trust", "source_pathway_id"]


def main() -> None:
    """Make the world in a folder of its own, link it, and print what came of it."""
    pathways = int(sys.argv[1]) if len(sys.argv) > 1 else PATHWAYS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else SEED
    is_blanked = "blanked" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings("local", [f"paths.root={folder}"])
        spark = start_session(settings, "shared_pathways")
        world = simulate.prepare(settings, pathways=pathways, hours=1, seed=seed, ends_at=ENDS_AT)
        simulate.write_history(world)
        run_steps(spark, settings, TAKEN_IN, as_at=world.history_at)
        if is_blanked:
            _link_without_numbers(open_lake(spark, settings), settings)
        else:
            run_steps(spark, settings, TRAINED, as_at=world.history_at)
            for moment in world.moments:
                simulate.write_hour(world, moment)
                run_steps(spark, settings, STEPS, as_at=moment)
        blanked = ", NHS numbers blanked" if is_blanked else ""
        say(f"SYNTHETIC world {world_identity(settings.paths.root)}, {pathways:,} pathways, seed {seed}{blanked}")
        report(open_lake(spark, settings), settings, settings.paths.root / "truth")


def _link_without_numbers(lake: Lake, settings: Settings) -> None:
    """By a model that was learnt without them: training itself would not make it champion, having no true pairs."""
    nothing = {name: F.lit(None).cast("string") for name in ("nhs_number", "nhs_number_status")}
    lake.swap("silver.patient", lake.read("silver.patient").withColumns(nothing))
    span = {"after": 0, "upto": last_file_id(lake)}
    people_by_model.relink(lake, learnt_basis(lake), settings, Run("blanked", ENDS_AT, ENDS_AT), **span)
    link_pathways.relink(lake, settings, **span)


def report(lake: Lake, settings: Settings, truth: Path) -> None:
    """Print precision and recall with the people of the platform, then with those of the truth."""
    own = without_duplicates(lake, lake.read("silver.pathway"))
    taken = own.select(*_ROW, "extracted_at").toPandas()
    seen = pd.read_parquet(truth / "records.parquet").merge(taken, on=_ROW)
    befallen = _befallen(pd.read_parquet(truth / "faults.parquet"), seen)
    say("people")
    _people(lake, seen, truth)
    say("pathways, with the people as the platform knows them")
    _hold_against(seen, lake.read("silver.linked_pathway"), befallen)
    of_truth = lake.spark.createDataFrame(seen[[*_ROW, "person_id"]].astype(str))
    rows = own.select("system", *_ROW, *OF_PATHWAY, *IDENTIFIER).join(of_truth, _ROW)
    rightly_linked = linked.link_pathways(
        with_evidence(lake, rows),
        referral_gap_days=settings.linkage.referral_gap_days,
        continuation_days=settings.linkage.continuation_days,
        rules=load_rules(),
    )
    say("pathways, with the true people")
    _hold_against(seen, rightly_linked, befallen)


def _people(lake: Lake, seen: pd.DataFrame, truth: Path) -> None:
    """Pairs of records of patients: those of one person by the lake's links and by the truth."""
    links = lake.read("silver.person_link").select("trust", "source_patient_id", "person_id", "tier").toPandas()
    whose = seen[["trust", "source_patient_id", "person_id"]].drop_duplicates(["trust", "source_patient_id"])
    records = links.rename(columns={"person_id": "linked_as"}).merge(whose, on=["trust", "source_patient_id"])
    records["row"] = range(len(records))
    told, true = (_pairs_of(records, key) for key in ("linked_as", "person_id"))
    _share("all", told, true)
    faults = pd.read_parquet(truth / "faults.parquet")
    standing = faults[(faults["record_id"] < 0) & faults["until_at"].isna()]
    rows = records.set_index(["trust", "person_id"])["row"]
    for fault, of_fault in standing.groupby("fault", observed=True):
        keys = pd.MultiIndex.from_frame(of_fault[["trust", "person_id"]].drop_duplicates())
        of = set(rows[rows.index.isin(keys)])
        _share(f"  {fault}", *({pair for pair in pairs if of & set(pair)} for pairs in (told, true)))


def _pairs_of(records: pd.DataFrame, key: str) -> set[tuple[int, int]]:
    both = records[[key, "row"]].merge(records[[key, "row"]], on=key)
    both = both[both["row_x"] < both["row_y"]]
    return set(zip(both["row_x"].tolist(), both["row_y"].tolist(), strict=True))


def _share(name: str, told: set[tuple[int, int]], true: set[tuple[int, int]]) -> None:
    right = len(told & true)
    precision = f"{right / len(told):.4f}" if told else "-"
    recall = f"{right / len(true):.4f}" if true else "-"
    say(f"{name:30} true {len(true):6,}  linked {len(told):6,}  precision {precision:>6}  recall {recall:>6}")


def _befallen(faults: pd.DataFrame, seen: pd.DataFrame) -> dict[str, set[int]]:
    """By fault the records that showed it in the extract that was taken, those of their patient's identity included."""
    of_records = faults[faults["record_id"] >= 0].drop(columns=["trust", "person_id"]).merge(seen, on="record_id")
    of_people = faults[faults["record_id"] < 0].drop(columns="record_id").merge(seen, on=["trust", "person_id"])
    both = pd.concat([of_records, of_people])
    at = pd.to_datetime(both["extracted_at"])
    is_shown = (both["from_at"] <= at) & (both["until_at"].isna() | (both["until_at"] > at))
    shown = both[is_shown].groupby("fault", observed=True)["record_id"]
    return {str(fault): set(of_fault) for fault, of_fault in shown}


def _hold_against(seen: pd.DataFrame, linked: DataFrame, befallen: Mapping[str, set[int]]) -> None:
    evidence = F.array_join("evidence", " + ").alias("evidence")
    member = linked.select("pathway_key", evidence, F.explode("members").alias("member"))
    keys = member.select("pathway_key", "evidence", "member.trust", "member.source_pathway_id").toPandas()
    rows = seen[[*_ROW, "record_id", "pathway_id"]].merge(keys, on=_ROW)
    of_truth, told = _pairs(rows, "pathway_id"), _pairs(rows, "pathway_key")
    told["is_right"] = told["pathway_id_one"] == told["pathway_id_other"]
    _line("all", of_truth, told)
    for name, of_evidence in told.groupby("evidence_one"):
        right = int(of_evidence["is_right"].sum())
        say(f"  joined by {name:30} rightly {right:6,}  wrongly {len(of_evidence) - right:4,}")
    anything: set[int] = set().union(*befallen.values())
    for fault, records in sorted(befallen.items()):
        _line(f"  {fault}", _among(of_truth, records), _among(told, records))
    _line("  no fault at either", *(pairs.drop(_among(pairs, anything).index) for pairs in (of_truth, told)))


def _pairs(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """The pairs of rows of two trusts with the same key."""
    pairs = rows.merge(rows.assign(**{f"{key}_again": rows[key]}), on=key, suffixes=("_one", "_other"))
    pairs = pairs[pairs["trust_one"] < pairs["trust_other"]].reset_index(drop=True)
    return pairs.rename(columns={key: f"{key}_one", f"{key}_again": f"{key}_other"})


def _among(pairs: pd.DataFrame, records: set[int]) -> pd.DataFrame:
    return pairs[pairs["record_id_one"].isin(records) | pairs["record_id_other"].isin(records)]


def _line(name: str, of_truth: pd.DataFrame, told: pd.DataFrame) -> None:
    """A register that holds a pathway twice shares it once: a pathway and two trusts count as one."""
    if of_truth.empty:
        return
    shared, found = (_once(pairs) for pairs in (of_truth, told[told["is_right"]]))
    wrong = int((~told["is_right"]).sum())
    precision = f"{len(found) / (len(found) + wrong):.4f}" if found or wrong else "-"
    say(
        f"{name:30} shared {len(shared):6,}  joined rightly {len(found):6,}, wrongly {wrong:4,}"
        f"  precision {precision:>6}  recall {len(found & shared) / len(shared):.4f}"
    )


def _once(pairs: pd.DataFrame) -> set[tuple[int, str, str]]:
    return set(pairs[["pathway_id_one", "trust_one", "trust_other"]].itertuples(index=False, name=None))


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
