from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from libs.errors import SettingsError
from libs.settings import Settings, conf_folder, load_settings, moment_of

ENVIRONMENTS = sorted(path.stem for path in conf_folder().glob("*.yml") if path.stem != "base")


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """A folder with the real base and one environment that changes two things in it."""
    (tmp_path / "base.yml").write_text((conf_folder() / "base.yml").read_text())
    (tmp_path / "rehearsal.yml").write_text("platform: rehearsal\nspark: {driver_memory: 1g}\n")
    return tmp_path


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_environment_that_ships_loads(env: str) -> None:
    settings = load_settings(env)
    assert settings.env == env
    assert settings.trusts
    assert all("{root}" not in str(value) for value in [*settings.paths.model_dump().values(), settings.warehouse.url])


def test_no_environment_that_holds_patients_calls_them_synthetic() -> None:
    assert {env for env in ENVIRONMENTS if load_settings(env).is_synthetic} == {"local", "northern", "england"}


def test_no_two_environments_share_a_platform_name_or_a_folder() -> None:
    settings = [load_settings(env) for env in ENVIRONMENTS]
    assert len({each.platform for each in settings}) == len({each.paths.root for each in settings}) == len(settings)


def test_the_environment_overrides_the_base_and_set_overrides_both(conf: Path) -> None:
    settings = load_settings("rehearsal", ["spark.driver_memory=2g", "freshness.days=3"], conf)
    assert (settings.platform, settings.spark.driver_memory, settings.freshness.days) == ("rehearsal", "2g", 3)
    base = yaml.safe_load((conf / "base.yml").read_text())
    assert settings.spark.shuffle_partitions == base["spark"]["shuffle_partitions"]
    assert settings.alliance == base["alliance"]


def test_of_two_overrides_of_a_key_the_later_counts(conf: Path) -> None:
    assert load_settings("rehearsal", ["freshness.days=3", "freshness.days=4"], conf).freshness.days == 4


def test_a_value_may_hold_an_equals_sign(conf: Path) -> None:
    url = "mssql+pyodbc://host/db?driver=ODBC+Driver+18"
    assert load_settings("rehearsal", [f"warehouse.url={url}"], conf).warehouse.url == url


def test_root_stands_for_the_root_in_every_path_and_in_the_warehouse(conf: Path) -> None:
    settings = load_settings("rehearsal", ["paths.root=/data/one"], conf)
    assert settings.paths.landing == Path("/data/one/landing")
    assert settings.paths.lake == Path("/data/one/lake")
    assert settings.warehouse.url == "sqlite:////data/one/reporting.sqlite"
    moved = load_settings("rehearsal", ["paths.root=/data/one", "paths.archive=/cold/archive"], conf)
    assert moved.paths.archive == Path("/cold/archive")


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("platfrom", "platform"),
        ("paths.landin", "paths.landing"),
        ("keys.platform.skope", "keys.platform.scope"),
        ("trusts.RVW.cadence", "trusts.RVW.cadence_minutes"),
        ("zzz", None),
        ("5", None),
    ],
)
def test_an_unknown_setting_is_named_with_the_nearest_known_one(key: str, nearest: str | None, conf: Path) -> None:
    with pytest.raises(SettingsError, match=f"unknown setting '{key}'") as fault:
        load_settings("rehearsal", [f"{key}=1"], conf)
    assert f"Did you mean '{nearest or ''}" in str(fault.value)


def test_an_unknown_setting_in_a_file_is_refused_too(conf: Path) -> None:
    (conf / "rehearsal.yml").write_text("paths: {lakes: /data}\n")
    with pytest.raises(SettingsError, match=r"unknown setting 'paths.lakes' .*rehearsal\.yml"):
        load_settings("rehearsal", (), conf)


@pytest.mark.parametrize("env", ["nowhere", "base", ""])
def test_an_environment_that_does_not_exist_is_told_with_those_that_do(env: str, conf: Path) -> None:
    with pytest.raises(SettingsError, match=r"no environment .*Use one of: rehearsal\."):
        load_settings(env, (), conf)


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("intake.max_sealed_mib=many", "intake.max_sealed_mib"),
        ("intake.max_sealed_mib=0", "intake.max_sealed_mib"),
        ("trusts.RVW.cadence_minutes=-1", "trusts.RVW.cadence_minutes"),
        ("is_synthetic=perhaps", "is_synthetic"),
        ("paths.root=null", "paths.root"),
        ("keys.platform=one", "keys.platform"),
        ("paths=5", "paths"),
        ("paths=", "paths"),
        ("trusts=5", "trusts"),
        ("timezone=Nowhere", "timezone"),
        ("timezone=../secrets", "timezone"),
        ("retention.vacuum_hours=167", "retention.vacuum_hours"),
        ("retention.archive_days=30", "retention"),  # an extract that comes late_days late would miss what follows it
        ("retention.quarantine_days=366", "retention"),  # of what is refused so long ago nothing that follows is left
    ],
)
def test_a_value_of_the_wrong_form_is_refused_by_its_key(override: str, key: str, conf: Path) -> None:
    with pytest.raises(SettingsError, match=f"setting '{key}' is not usable") as fault:
        load_settings("rehearsal", [override], conf)
    assert "rehearsal.yml" in str(fault.value)


def test_a_refused_value_is_not_repeated_in_the_message(conf: Path) -> None:
    with pytest.raises(SettingsError) as fault:
        load_settings("rehearsal", ["freshness.days=hunter2"], conf)
    assert "hunter2" not in str(fault.value)


def test_a_missing_setting_is_named(conf: Path) -> None:
    base = yaml.safe_load((conf / "base.yml").read_text())
    del base["warehouse"]
    (conf / "base.yml").write_text(yaml.safe_dump(base))
    with pytest.raises(SettingsError, match=r"setting 'warehouse' is not usable: Field required"):
        load_settings("rehearsal", (), conf)


@pytest.mark.parametrize("override", ["spark.driver_memory", "=1", " =1", ""])
def test_an_override_without_key_or_value_shows_how_to_write_one(override: str) -> None:
    with pytest.raises(SettingsError, match=r"--set takes key=value\. Write for example --set"):
        load_settings("local", [override])


def test_an_override_that_is_not_yaml_names_its_key_only() -> None:
    with pytest.raises(SettingsError, match=r"not YAML \(setting=alliance\)") as fault:
        load_settings("local", ["alliance='unclosed"])
    assert "unclosed" not in str(fault.value)


def test_a_file_that_is_not_yaml_is_named_with_its_line(conf: Path) -> None:
    (conf / "rehearsal.yml").write_text("platform: rehearsal\nalliance: 'unclosed\n")
    with pytest.raises(SettingsError, match=r"not valid YAML \(file=rehearsal.yml, line=\d+\)"):
        load_settings("rehearsal", (), conf)


def test_an_override_with_a_date_that_no_calendar_has_is_not_yaml_either() -> None:
    with pytest.raises(SettingsError, match=r"not YAML \(setting=alliance\)"):
        load_settings("local", ["alliance=2025-13-45"])


def test_a_file_that_holds_no_settings_by_name_is_refused(conf: Path) -> None:
    (conf / "rehearsal.yml").write_text("- platform\n")
    with pytest.raises(SettingsError, match=r"not settings by name \(file=rehearsal.yml\)"):
        load_settings("rehearsal", (), conf)


def test_an_empty_environment_file_changes_nothing(conf: Path) -> None:
    (conf / "rehearsal.yml").write_text("# nothing differs\n")
    assert load_settings("rehearsal", (), conf).platform == "cancollaborate-local"


def test_settings_can_not_be_changed(settings: Settings) -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings.platform = "other"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-06-02T09:00", datetime(2025, 6, 2, 8, tzinfo=UTC)),
        ("2025-12-02T09:00", datetime(2025, 12, 2, 9, tzinfo=UTC)),
        ("2025-06-02T09:00Z", datetime(2025, 6, 2, 9, tzinfo=UTC)),
        ("2025-06-02T09:00+02:00", datetime(2025, 6, 2, 7, tzinfo=UTC)),
        ("2025-06-02", datetime(2025, 6, 1, 23, tzinfo=UTC)),
    ],
)
def test_as_at_is_londons_time_unless_it_names_a_zone(text: str, expected: datetime, settings: Settings) -> None:
    assert moment_of(text, settings) == expected


def test_the_date_of_the_list_is_londons_even_if_the_zone_named_is_another(settings: Settings) -> None:
    assert moment_of("2025-06-02T23:30Z", settings).date().isoformat() == "2025-06-03"


@pytest.mark.parametrize("text", ["yesterday", "", "02/06/2025", "2025-13-01"])
def test_what_is_not_an_iso_timestamp_is_refused_with_an_example(text: str, settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"--as-at is not an ISO timestamp\. Write for example 2025"):
        moment_of(text, settings)


def test_another_option_for_a_moment_is_named_as_it_was_typed(settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"--ends-at is not an ISO timestamp"):
        moment_of("yesterday", settings, option="--ends-at")


def test_without_as_at_it_is_now_in_the_platforms_zone(settings: Settings) -> None:
    before = datetime.now(UTC)
    moment = moment_of(None, settings)
    assert before <= moment <= datetime.now(UTC)
    assert moment.tzinfo == ZoneInfo("Europe/London")
