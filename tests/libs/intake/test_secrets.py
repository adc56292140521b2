import os
from pathlib import Path

import pytest

from libs.errors import KeyRingError
from libs.intake.secrets import read_secret
from libs.settings import SecretRef

REF = SecretRef(scope="cancollaborate", key="platform-private.jwks")


def put(folder: Path, content: bytes) -> Path:
    path = folder / REF.scope / REF.key
    path.parent.mkdir()
    path.write_bytes(content)
    return path


def test_a_secret_is_the_text_of_the_file_named_after_its_reference(tmp_path: Path) -> None:
    put(tmp_path, b'{"keys": []}')
    assert read_secret(REF, tmp_path) == '{"keys": []}'


def test_a_missing_secret_is_named_by_its_reference_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeyRingError, match=r"a secret is missing.*cancollaborate/platform-private\.jwks.*simulate"):
        read_secret(REF, tmp_path)


def test_a_secret_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / REF.scope / REF.key).mkdir(parents=True)
    with pytest.raises(KeyRingError, match=r"can't be read \(IsADirectoryError\).*platform-private"):
        read_secret(REF, tmp_path)


def test_a_secret_that_is_no_text_is_named_and_not_shown(tmp_path: Path) -> None:
    put(tmp_path, b"hunter2\xff")
    with pytest.raises(KeyRingError, match=r"can't be read \(UnicodeDecodeError\).*platform-private") as fault:
        read_secret(REF, tmp_path)
    assert "hunter2" not in str(fault.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_secret_without_permission_is_named(tmp_path: Path) -> None:
    put(tmp_path, b"x").chmod(0)
    with pytest.raises(KeyRingError, match="Mend the file or its permissions"):
        read_secret(REF, tmp_path)
