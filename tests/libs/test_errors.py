import pytest

from libs import errors
from libs.errors import CanCollaborateError, ConcurrentRunError, MachineError, SettingsError, Terminal, Transient


def test_a_fault_says_what_happened_where_and_what_to_do() -> None:
    fault = MachineError("the disk is full", do="Make room.", path="/lake", table="gold.ptl_current")
    assert str(fault) == "the disk is full (path=/lake, table=gold.ptl_current). Make room."


def test_a_fault_without_a_place_has_no_empty_brackets() -> None:
    assert str(SettingsError("no such thing", do="Name another.")) == "no such thing. Name another."


def test_a_fault_can_not_be_raised_without_saying_what_to_do() -> None:
    with pytest.raises(TypeError):
        CanCollaborateError("it broke")  # type: ignore[call-arg]


def test_each_fault_says_whether_trying_again_may_help() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, CanCollaborateError)
        and kind not in (CanCollaborateError, Transient, Terminal)
    ]  # fmt: skip
    assert kinds
    assert all(issubclass(kind, Transient) != issubclass(kind, Terminal) for kind in kinds)
    assert issubclass(ConcurrentRunError, Transient)
    assert issubclass(SettingsError, Terminal)
