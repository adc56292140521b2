"""Configuration is data: no text of it makes an object, and what is wrong with it says where."""

from datetime import date

import pytest
import yaml

from libs.yaml_text import read_yaml


def test_plain_values_come_as_they_are_meant() -> None:
    assert read_yaml("a: 1\nb: [x, 'no']\nc: 2025-06-02") == {"a": 1, "b": ["x", "no"], "c": date(2025, 6, 2)}


def test_a_text_that_would_make_an_object_is_refused() -> None:
    with pytest.raises(yaml.YAMLError):
        read_yaml("!!python/object/apply:os.getcwd []")


def test_a_fault_says_in_which_line_it_is() -> None:
    with pytest.raises(yaml.MarkedYAMLError) as raised:
        read_yaml("a: 1\nb: [")
    assert raised.value.problem_mark is not None
    assert raised.value.problem_mark.line >= 1


def test_a_date_that_no_calendar_has_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="day"):
        read_yaml("a: 2025-02-30")
