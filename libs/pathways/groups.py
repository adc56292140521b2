"""The groups under which waits are published: of a diagnosis, of a suspected type and of a treatment's modality."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from libs.pathways.in_force import bare_code, in_codes, in_force
from libs.rules import Rules


def diagnosis_group(on: Column, rules: Rules) -> Column:
    """The published cancer group of a diagnosis (cwt-rules 5.2); null without one."""
    code = bare_code(F.col("diagnosis_icd10"))
    other = in_force(rules.diagnoses.other_group, on)
    is_other = in_force(
        rules.diagnoses.other_group_suspected_types, on, lambda types: F.col("suspected_cancer_type").isin(*types)
    )

    def grouped(groups: dict[str, tuple[str, ...]]) -> Column:
        ranges = [(name, one) for name, codes in groups.items() for one in codes]
        # A longer code, such as C88.4, goes before the shorter one that it belongs to.
        ranges.sort(key=lambda pair: -len(pair[1].partition("-")[0]))
        chosen = F.when(code.isNull(), None).when(F.coalesce(is_other, F.lit(False)), other)
        for name, one in ranges:
            chosen = chosen.when(in_codes(code, [one]), name)
        return chosen.otherwise(other)

    return in_force(rules.diagnoses.groups, on, grouped)


def suspected_group(on: Column, rules: Rules) -> Column:
    """The published label of what was suspected, by route (cwt-rules 5.3)."""
    suspected, route = F.col("suspected_cancer_type"), F.col("route")
    missing = in_force(rules.diagnoses.missing_label, on)

    def labelled(labels: dict[str, str]) -> Column:
        chosen = F.when(suspected.isNull(), None)
        for code, label in labels.items():
            chosen = chosen.when(suspected == code, label)
        return F.coalesce(chosen, missing)

    label = in_force(rules.diagnoses.suspected_types, on, labelled)
    of_programme = in_force(
        rules.diagnoses.screening_suspected_types, on, lambda types: F.coalesce(suspected.isin(*types), F.lit(False))
    )
    return (
        F.when(route == "BSYM", in_force(rules.diagnoses.breast_symptomatic_label, on))
        .when(route == "SCREEN", F.when(of_programme, label).otherwise(missing))
        .otherwise(label)
    )


def modality_group(on: Column, rules: Rules) -> Column:
    """The published group of a treatment's modality (cwt-rules 4.11); null without one."""
    modality = F.col("treatment_modality")

    def grouped(groups: dict[str, tuple[str, ...]]) -> Column:
        chosen = F.when(modality.isNull(), None)
        for name, codes in groups.items():
            chosen = chosen.when(modality.isin(*codes), name)
        return chosen.otherwise(in_force(rules.treatments.other_modality_group, on))

    return in_force(rules.treatments.modality_groups, on, grouped)


def stage(on: Column, rules: Rules) -> Column:
    """`first` or `subsequent` treatment, by its event; null without one."""
    event = F.col("treatment_event")
    return in_force(
        rules.treatments.first_events,
        on,
        lambda codes: F.when(event.isin(*codes), "first").when(event.isNotNull(), "subsequent"),
    )
