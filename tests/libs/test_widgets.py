import pytest

from libs.errors import SettingsError
from libs.widgets import parameters

DEFAULTS = {"env": "local", "charts": ""}


class Widgets:
    """What Databricks' `dbutils.widgets` does: a widget keeps the value that a person has put there."""

    def __init__(self, **filled_in: str) -> None:
        self.values = filled_in

    def text(self, name: str, default: str) -> None:
        self.values.setdefault(name, default)

    def get(self, name: str) -> str:
        return self.values[name]


class Databricks:
    def __init__(self, widgets: Widgets) -> None:
        self.widgets = widgets


def test_on_databricks_each_parameter_is_a_widget_that_works_untouched() -> None:
    assert parameters(DEFAULTS, dbutils=Databricks(Widgets())) == DEFAULTS
    assert parameters(DEFAULTS, dbutils=Databricks(Widgets(env="prod"))) == {"env": "prod", "charts": ""}


def test_elsewhere_an_argument_takes_the_place_of_its_default() -> None:
    assert parameters(DEFAULTS) == DEFAULTS
    assert parameters(DEFAULTS, arguments=["charts=a/b=c"]) == {"env": "local", "charts": "a/b=c"}


def test_what_a_notebook_server_passes_is_not_ours() -> None:
    assert parameters(DEFAULTS, arguments=["-f", "/run/kernel.json"]) == DEFAULTS


@pytest.mark.parametrize("argument", ["chart=here", "here"])
def test_an_argument_that_is_no_parameter_is_named_with_what_there_is(argument: str) -> None:
    with pytest.raises(SettingsError, match=r"no parameter '(chart|here)'.*Give any of env=…, charts=…\."):
        parameters(DEFAULTS, arguments=[argument])
