import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from libs.errors import MachineError
from libs.intake.landing import LandedFile, landed_files, local_path, put_away


def write(path: Path, content: bytes = b"sealed") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def named(files: list[LandedFile], landing: Path) -> dict[str, str | None]:
    return {str(file.path.relative_to(landing)): file.folder for file in files}


def test_a_missing_landing_folder_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"does not exist \(path=.*/nowhere\)\. Set paths\.landing"):
        landed_files(tmp_path / "nowhere")


def test_a_file_belongs_to_the_folder_directly_below_landing_at_any_depth(tmp_path: Path) -> None:
    for path in ("RVW/a.jwe", "RVW/2025/06/b.jwe", "RTR/c.jwe", "loose.jwe"):
        write(tmp_path / path)
    assert named(landed_files(tmp_path), tmp_path) == {
        "RVW/a.jwe": "RVW", "RVW/2025/06/b.jwe": "RVW", "RTR/c.jwe": "RTR", "loose.jwe": None,
    }  # fmt: skip


def test_files_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for path in ("RVW/b.jwe", "RTR/z.jwe", "RVW/a.jwe"):
        write(tmp_path / path)
    assert list(named(landed_files(tmp_path), tmp_path)) == ["RTR/z.jwe", "RVW/a.jwe", "RVW/b.jwe"]


def test_a_file_that_is_still_being_written_behind_a_dot_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "RVW" / ".a.jwe.part")
    write(tmp_path / "RVW" / "a.jwe")
    assert list(named(landed_files(tmp_path), tmp_path)) == ["RVW/a.jwe"]


def test_a_link_is_not_followed_out_of_the_landing_folder(tmp_path: Path) -> None:
    elsewhere = write(tmp_path / "elsewhere" / "private.jwe")
    landing = tmp_path / "landing"
    (landing / "RVW").mkdir(parents=True)
    (landing / "RVW" / "link.jwe").symlink_to(elsewhere)
    (landing / "RTR").symlink_to(elsewhere.parent, target_is_directory=True)
    assert landed_files(landing) == []


def test_a_file_is_known_by_its_size_its_hash_and_the_second_of_its_arrival(tmp_path: Path) -> None:
    path = write(tmp_path / "RVW" / "a.jwe", b"x" * 70_000)
    os.utime(path, (1_748_851_200.75, 1_748_851_200.75))
    (file,) = landed_files(tmp_path)
    assert file.size == 70_000
    assert file.sha256() == hashlib.sha256(b"x" * 70_000).hexdigest()
    assert file.arrived_at == datetime.fromtimestamp(1_748_851_200, UTC)


def test_paths_are_absolute_even_when_the_setting_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "landing" / "RVW" / "a.jwe")
    monkeypatch.chdir(tmp_path)
    assert landed_files(Path("landing"))[0].path == tmp_path / "landing" / "RVW" / "a.jwe"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("file:/a/b.jwe", "/a/b.jwe"),
        ("file:///a/b.jwe", "/a/b.jwe"),
        ("dbfs:/Volumes/a/b.jwe", "/Volumes/a/b.jwe"),
        ("/a/b.jwe", "/a/b.jwe"),
        ("/a/file:/b.jwe", "/a/file:/b.jwe"),
    ],
)
def test_what_spark_calls_a_file_lies_at_its_path(path: str, expected: str) -> None:
    assert local_path(path) == Path(expected)


def test_a_file_put_away_lies_at_its_destination_and_nowhere_else(tmp_path: Path) -> None:
    path = write(tmp_path / "landing" / "a.jwe", b"one")
    destination = tmp_path / "archive" / "RVW" / "00000001_a.jwe"
    put_away(path, destination)
    assert destination.read_bytes() == b"one"
    assert not path.exists()


def test_putting_away_again_after_a_crash_does_no_harm(tmp_path: Path) -> None:
    path, destination = write(tmp_path / "a.jwe", b"one"), tmp_path / "archive" / "a.jwe"
    put_away(path, destination)
    put_away(path, destination)
    assert destination.read_bytes() == b"one"


OTHER_VOLUME = Path("/dev/shm")  # noqa: S108 - a file system of its own, in memory


def test_a_file_is_put_away_into_another_volume_too(tmp_path: Path) -> None:
    if not OTHER_VOLUME.is_dir() or OTHER_VOLUME.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    with TemporaryDirectory(dir=OTHER_VOLUME) as folder:
        path, destination = write(tmp_path / "a.jwe", b"one"), Path(folder) / "RVW" / "00000001_a.jwe"
        put_away(path, destination)
        assert destination.read_bytes() == b"one"
        assert list(destination.parent.iterdir()) == [destination]
        assert not path.exists()


def test_a_file_that_can_not_be_put_away_stays_in_landing(tmp_path: Path) -> None:
    path, destination = write(tmp_path / "a.jwe", b"one"), tmp_path / "archive" / "a.jwe"
    write(destination / "in the way")
    with pytest.raises(OSError, match="directory"):
        put_away(path, destination)
    assert path.read_bytes() == b"one"
