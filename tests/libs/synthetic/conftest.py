from datetime import date, datetime

import pytest

from libs.settings import conf_folder
from libs.synthetic.calendar import LONDON
from libs.synthetic.figures import Figures, load_figures
from libs.synthetic.spec import WorldSpec
from libs.synthetic.world import World, make_world

MONDAY = datetime(2025, 6, 2, 9, tzinfo=LONDON)


@pytest.fixture(scope="session")
def figures() -> Figures:
    return load_figures(conf_folder())


@pytest.fixture(scope="session")
def spec() -> WorldSpec:
    return WorldSpec(
        seed=11,
        pathways=8_000,
        starts_on=date(2023, 6, 2),
        ends_at=datetime(2025, 6, 2, 17, tzinfo=LONDON),
        systems={"RVW": "infoflex", "RTR": "scr"},
    )


@pytest.fixture(scope="session")
def world(spec: WorldSpec, figures: Figures) -> World:
    return make_world(spec, figures)
