"""By which route a patient came onto the pathway (cwt-rules 1.5, tested in the order given there)."""

from functools import reduce
from operator import and_

from pyspark.sql import Column
from pyspark.sql import functions as F

from libs.pathways.in_force import in_force
from libs.rules import Condition, RouteTest, Rules

OTHER = "OTHER"


def route(rules: Rules) -> Column:
    """USC, BSYM, SCREEN, UPGRADE or OTHER, from a row's priority, suspected type, source and upgrade date."""
    return in_force(rules.routes, F.col("referral_received_on"), _first_that_holds)


def _first_that_holds(tests: tuple[RouteTest, ...]) -> Column:
    chosen = F.lit(OTHER)
    for test in reversed(tests):
        holds = reduce(and_, (_holds(name, condition) for name, condition in test.conditions.items()))
        chosen = F.when(holds, F.lit(test.route)).otherwise(chosen)
    return chosen


def _holds(name: str, condition: Condition) -> Column:
    if condition.is_recorded is not None:
        return F.col(name).isNotNull() if condition.is_recorded else F.col(name).isNull()
    code = F.coalesce(F.col(name), F.lit(""))
    if condition.is_in is not None:
        return code.isin(*condition.is_in)
    return ~code.isin(*(condition.not_in or ()))
