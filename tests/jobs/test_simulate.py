import stat
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from jobs import simulate
from jobs.simulate_command import with_trusts
from jobs.world_files import Fates
from libs.errors import SettingsError
from libs.intake.envelope import OpenedExtract, Opener, open_sealed
from libs.intake.keys import KeyRing
from libs.settings import Settings, load_settings
from libs.synthetic.calendar import LONDON
from libs.synthetic.registers.extracts import extract

MORNING = datetime(2025, 6, 2, 9, tzinfo=LONDON)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings("local", [f"paths.root={tmp_path}"])


def ring(settings: Settings, name: str) -> KeyRing:
    reference = getattr(settings.keys, name)
    return KeyRing.from_json((settings.paths.secrets / reference.scope / reference.key).read_text())


def opened(settings: Settings, path: Path) -> OpenedExtract:
    opener = Opener(
        platform_name=settings.platform,
        platform_keys=ring(settings, "platform"),
        trust_keys=ring(settings, "trusts"),
        systems={trust: each.system for trust, each in settings.trusts.items()},
        max_sealed_bytes=2**26,
        max_extract_bytes=2**28,
    )
    result = open_sealed(path.read_bytes(), file_name=path.name, opener=opener)
    assert isinstance(result, OpenedExtract), result
    return result


def test_what_is_written_opens_with_the_platforms_keys_and_says_what_it_holds(settings: Settings) -> None:
    written = simulate.run(settings, pathways=400, hours=2, seed=5, ends_at=MORNING)
    assert sorted(settings.paths.landing.rglob("*.jwe")) == sorted(written.files)
    claims = [opened(settings, path).claims for path in written.files]
    assert sum(each.rows for each in claims) == written.rows
    assert [each.kind for each in claims] == ["history", "history", "full", "full", "full", "full"]
    for path, each in zip(written.files, claims, strict=True):
        assert path.parent.name == each.iss
        assert each.sys == settings.trusts[each.iss].system


def test_sequences_rise_and_the_last_hour_is_the_one_asked_for(settings: Settings) -> None:
    written = simulate.run(settings, pathways=300, hours=3, seed=5, ends_at=MORNING)
    for trust in settings.trusts:
        claims = [opened(settings, path).claims for path in written.files if path.parent.name == trust]
        assert [each.seq for each in claims] == sorted({each.seq for each in claims})
        assert [each.iat for each in claims] == sorted({each.iat for each in claims})
        assert claims[-1].iat == int(MORNING.timestamp())
        assert claims[-1].iat - claims[-2].iat == 3600


def test_hours_can_be_delivered_one_at_a_time(settings: Settings) -> None:
    simulation = simulate.prepare(settings, pathways=300, hours=2, seed=5, ends_at=MORNING)
    assert not settings.paths.landing.exists()
    simulate.write_history(simulation, rows_per_file=60)
    before = set(settings.paths.landing.rglob("*.jwe"))
    (path, rows), _ = simulate.write_hour(simulation, simulation.moments[0])
    assert path not in before
    made = opened(settings, path)
    assert made.extract == extract(simulation.world, made.claims.iss, simulation.moments[0]).content
    assert made.claims.rows == rows
    assert len(before) > 2


def test_keys_are_kept_private_and_a_second_world_is_sealed_with_the_same_ones(settings: Settings) -> None:
    simulation = simulate.prepare(settings, pathways=50, hours=1, seed=1, ends_at=MORNING)
    root = settings.paths.root
    secrets = [
        *(root / "trust_keys").iterdir(),
        *(path for path in settings.paths.secrets.rglob("*") if path.is_file()),
    ]
    before = {path: path.read_bytes() for path in secrets}
    assert len(before) == 4
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in secrets)
    again = simulate.prepare(settings, pathways=50, hours=1, seed=2, ends_at=MORNING)
    assert {path: path.read_bytes() for path in secrets} == before
    assert again.signing_keys == simulation.signing_keys
    assert "'d'" not in repr(simulation)
    assert "d" not in simulation.platform_key


def test_the_truth_lies_beside_the_landing_folder(settings: Settings) -> None:
    written = simulate.run(settings, pathways=120, hours=1, seed=3, ends_at=MORNING)
    assert len(pd.read_parquet(written.truth / "pathways.parquet")) == 120
    assert {path.stem for path in written.truth.iterdir()} == {
        "people", "identities", "pathways", "treatments", "transfers", "records", "treatment_records", "hazards",
        "faults", "files", "world",
    }  # fmt: skip


def test_a_file_carries_the_time_of_its_world(settings: Settings) -> None:
    written = simulate.run(settings, pathways=60, hours=1, seed=3, ends_at=MORNING)
    late = written.files[-1].stat().st_mtime - MORNING.timestamp()
    assert 0 < late < 3600


def test_a_moment_without_a_zone_is_londons(settings: Settings) -> None:
    naive = datetime(2025, 6, 2, 9)
    assert simulate.prepare(settings, pathways=20, hours=1, seed=1, ends_at=naive).moments == (MORNING,)


def test_a_world_of_nothing_and_a_trust_without_figures_are_refused_plainly(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="at least one"):
        simulate.run(settings, pathways=0, hours=1, seed=1, ends_at=MORNING)
    trusts = {**settings.trusts, "XYZ": settings.trusts["RVW"]}
    with pytest.raises(SettingsError, match="XYZ"):
        simulate.run(settings.model_copy(update={"trusts": trusts}), pathways=9, hours=1, seed=1, ends_at=MORNING)


def fates_of(written: simulate.Simulated) -> pd.DataFrame:
    return pd.read_parquet(written.truth / "files.parquet")


def test_files_come_late_twice_or_never_as_asked_and_the_truth_knows_which(settings: Settings) -> None:
    wishes = simulate.Wishes(fates=Fates(late=2, missing=2, repeated=1))
    written = simulate.run(settings, pathways=200, hours=4, seed=2, ends_at=MORNING, wishes=wishes)
    planned = fates_of(written)
    assert planned["fate"].value_counts().to_dict() == {"on_time": 5, "late": 2, "missing": 2, "repeated": 1}
    landed = sorted(path.name for path in settings.paths.landing.rglob("*.jwe"))
    come = planned[planned["fate"] != "missing"]["file_name"]
    twice = planned[planned["fate"] == "repeated"]["file_name"]
    assert landed == sorted([*come, *twice])
    copies = list(settings.paths.landing.rglob(twice.iloc[0]))
    assert len({path.read_bytes() for path in copies}) == 1
    late = planned[planned["fate"] == "late"]
    for name, moment in zip(late["file_name"].tolist(), late["moment"].tolist(), strict=True):
        (path,) = settings.paths.landing.rglob(name)
        assert path.stat().st_mtime > moment.timestamp() + 3600


def test_a_delta_counts_from_the_last_file_that_was_sent(settings: Settings) -> None:
    wishes = simulate.Wishes(kind="delta", fates=Fates(missing=2))
    simulation = simulate.prepare(settings, pathways=400, hours=5, seed=4, ends_at=MORNING, wishes=wishes)
    for trust in settings.trusts:
        sent = simulation.history_at
        for planned in simulation.hourly:
            if planned.trust == trust:
                assert planned.since == sent
                sent = sent if planned.fate == "missing" else planned.moment
    path, rows = next(iter(simulate.write_hour(simulation, simulation.moments[0])))
    made = opened(settings, path)
    assert (made.claims.kind, made.claims.rows) == ("delta", rows)


def test_a_late_file_is_delivered_with_the_hour_in_which_it_arrives(settings: Settings) -> None:
    wishes = simulate.Wishes(fates=Fates(late=3))
    simulation = simulate.prepare(settings, pathways=100, hours=4, seed=4, ends_at=MORNING, wishes=wishes)
    delivered = [path.name for moment in simulation.moments for path, _ in simulate.write_hour(simulation, moment)]
    delivered += [path.name for path, _ in simulate.write_late(simulation)]
    assert sorted(delivered) == sorted(each.file_name for each in simulation.hourly)


def test_a_clean_world_has_no_fault_but_those_asked_for(settings: Settings) -> None:
    wishes = simulate.Wishes(rates={"date_swapped": 0.2}, is_clean=True)
    written = simulate.run(settings, pathways=300, hours=1, seed=2, ends_at=MORNING, wishes=wishes)
    assert set(pd.read_parquet(written.truth / "faults.parquet")["fault"].astype(str)) == {"date_swapped"}


def test_faults_and_fates_that_cannot_be_are_refused_plainly(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="no fault date_swopped"):
        rates = {"date_swopped": 0.1}
        simulate.run(settings, pathways=9, hours=1, seed=1, ends_at=MORNING, wishes=simulate.Wishes(rates=rates))
    with pytest.raises(SettingsError, match="only 2 hourly"):
        fates = Fates(missing=3)
        simulate.run(settings, pathways=9, hours=1, seed=1, ends_at=MORNING, wishes=simulate.Wishes(fates=fates))


def test_trusts_are_named_by_code_or_by_region(settings: Settings) -> None:
    assert with_trusts(settings, None) is settings
    assert list(with_trusts(settings, "rtd, RVW").trusts) == ["RTD", "RVW"]
    assert len(with_trusts(settings, "northern").trusts) == 8
    assert set(with_trusts(settings, "all").trusts) > set(with_trusts(settings, "northern").trusts)
    assert with_trusts(settings, "all").trusts["RVW"].system == settings.trusts["RVW"].system
    with pytest.raises(SettingsError, match="QQQ is not known"):
        with_trusts(settings, "RVW,QQQ")


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_world(settings: Settings, tmp_path: Path) -> None:
    def made(name: str, seed: int) -> list[bytes]:
        own = load_settings("local", [f"paths.root={tmp_path / name}"])
        written = simulate.run(own, pathways=150, hours=1, seed=seed, ends_at=MORNING)
        return [opened(own, path).extract for path in written.files]

    assert made("one", 7) == made("two", 7)
    assert made("three", 8) != made("one", 7)
