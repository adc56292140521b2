"""The published tables of NHS England under the keys of this project."""

from pathlib import Path

import pandas as pd

LICENCE = "Contains public sector information licensed under the Open Government Licence v3.0."
SOURCE = f"# NHS England, Cancer Waiting Times. {LICENCE}"
YEAR = ("2024-04-01", "2025-03-01")  # first and last month of the year that figures are of
NORTHERN = ("R0B", "RNN", "RR7", "RTD", "RTF", "RTR", "RVW", "RXP")
# A provider is kept if a figure of the year reaches this: patients first seen, told, or treated.
LEAST_PATIENTS = 100

SUSPECTED = {
    "Suspected acute leukaemia": "acute_leukaemia",
    "Suspected brain/central nervous system tumours": "brain",
    "Suspected breast cancer": "breast",
    "Suspected cancer - non-specific symptoms": "non_specific",
    "Suspected children's cancer": "children",
    "Suspected gynaecological cancer": "gynaecology",
    "Suspected haematological malignancies (excluding acute leukaemia)": "haematology",
    "Suspected head & neck cancer": "head_neck",
    "Suspected lower gastrointestinal cancer": "lower_gi",
    "Suspected lung cancer": "lung",
    "Suspected other cancer": "other",
    "Suspected sarcoma": "sarcoma",
    "Suspected skin cancer": "skin",
    "Suspected testicular cancer": "testicular",
    "Suspected upper gastrointestinal cancer": "upper_gi",
    "Suspected urological malignancies (excluding testicular)": "urology",
    "Exhibited (non-cancer) breast symptoms - cancer not initially suspected": "breast",
    "Missing or Invalid": "missing",
}
GROUPS = {
    "Breast": "breast",
    "Gynaecological": "gynaecology",
    "Haematological - Lymphoma": "lymphoma",
    "Haematological - Other (a)": "haematology_other",
    "Head & Neck": "head_neck",
    "Lower Gastrointestinal": "lower_gi",
    "Lung": "lung",
    "Other (a)": "other",
    "Skin": "skin",
    "Upper Gastrointestinal - Hepatobiliary": "hepatobiliary",
    "Upper Gastrointestinal - Oesophagus & Stomach": "oesophagus_stomach",
    "Urological - Other (a)": "urology_other",
    "Urological - Prostate": "prostate",
}
MODALITIES = {
    "Anti-cancer drug regimen": "drugs",
    "Surgery": "surgery",
    "Radiotherapy": "radiotherapy",
    "Other": "other",
}
ROUTES = {
    "URGENT SUSPECTED CANCER": "USC",
    "BREAST SYMPTOMATIC, CANCER NOT SUSPECTED": "BSYM",
    "NATIONAL SCREENING PROGRAMME": "SCREEN",
    "Urgent Suspected Cancer": "USC",
    "Breast Symptomatic": "BSYM",
    "Screening": "SCREEN",
    "Consultant Upgrade": "UPGRADE",
    "ALL ROUTES": "ALL",
    "ALL STAGES": "ALL",
    "First Treatment": "first",
    "Subsequent Treatment": "subsequent",
    "ALL": "ALL",
}
BANDS = {
    "fds": ("within 14 days", "in 15 to 28 days", "in 29 to 42 days", "in 43 to 62 days", "after 62 days"),
    "d31": ("within 31 days", "in 32 to 38 days", "in 39 to 48 days", "in 49 to 62 days", "after 62 days"),
    "d62": (
        "within 31 days", "in 32 to 38 days", "in 39 to 48 days", "in 49 to 62 days",
        "in 63 to 76 days", "in 77 to 90 days", "in 91 to 104 days", "after 104 days",
    ),
}  # fmt: skip
# standard and kind of breakdown of each sheet
SHEETS = {
    "28-DAY FDS (ALL ROUTES)": ("fds", "all"),
    "28-DAY FDS (BY ROUTE)": ("fds", "suspected"),
    "31-DAY (ALL CANCER)": ("d31", "all"),
    "31-DAY (BY CANCER)": ("d31", "group"),
    "31-DAY (BY TREATMENT MODALITY)": ("d31", "modality"),
    "62-DAY (ALL CANCER)": ("d62", "all"),
    "62-DAY (BY CANCER)": ("d62", "group"),
    "USC referral to FOA": ("usc", "suspected"),
    "UBS referral to FHA": ("ubs", "suspected"),
}
_KEYS = {"all": dict.fromkeys(("ALL", "ALL CANCERS"), "all"), "suspected": SUSPECTED, "group": GROUPS}


def read_tables(data: Path) -> pd.DataFrame:
    """Every published cell: period, provider, standard, kind, route (or stage), breakdown, total, within and bands."""
    raw = pd.read_parquet(data / "published" / "cwt_provider_monthly_2023-10_to_2025-03.parquet")
    raw = raw[raw["sheet"].isin(list(SHEETS))]
    keys = {**_KEYS, "modality": MODALITIES}
    kind = raw["sheet"].map(lambda sheet: SHEETS[sheet][1])
    key = {(each, label): short for each, labels in keys.items() for label, short in labels.items()}
    read = raw.assign(
        provider=raw["org_code"],
        standard=raw["sheet"].map(lambda sheet: SHEETS[sheet][0]),
        kind=kind,
        route=raw["route_or_stage"].map(ROUTES),
        breakdown=[key[pair] for pair in zip(kind, raw["breakdown"], strict=True)],
    )
    return read.rename(columns=lambda name: name.removeprefix("band: "))


def of_the_year(tables: pd.DataFrame) -> pd.DataFrame:
    """The cells of the year 2024-25, summed over its months."""
    year = tables[tables["period"].between(*YEAR)]
    cell = ["standard", "kind", "provider", "route", "breakdown"]
    bands = sorted({band for each in BANDS.values() for band in each})
    return year.groupby(cell, sort=True)[["total", "within", *bands]].sum().reset_index()


def providers_kept(year: pd.DataFrame) -> list[str]:
    """Providers of which a figure of the year reaches the line, England itself apart."""
    top = year[year["breakdown"].eq("all") & year["route"].eq("ALL") | year["standard"].isin(["usc", "ubs"])]
    most = top.groupby(["provider", "standard"])["total"].sum().groupby("provider").max()
    return sorted(code for code in most.index[most >= LEAST_PATIENTS] if code != "ENG")


def number(value: float) -> str:
    """A count as short as it can be written: whole, or with the half of a shared patient."""
    return f"{value:.10g}"
