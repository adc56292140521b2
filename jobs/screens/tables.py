"""The published columns that the screens read."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, Integer, MetaData, Numeric, String, Table

from libs.warehouse.dialects import SCHEMA


def _published(name: str, **columns: Any) -> Table:
    return Table(name, MetaData(), *(Column(column, kind) for column, kind in columns.items()), schema=SCHEMA)


PTL = _published(
    "ptl_current",
    pathway_key=String,
    tracked_by=String,
    is_shared=Boolean,
    route=String,
    tumour_site=String,
    current_stage=String,
    next_action=String,
    next_action_due_on=Date,
    planned_treatment_on=Date,
    days_28=Integer,
    last_compliant_28_on=Date,
    outcome_28=String,
    days_31=Integer,
    last_compliant_31_on=Date,
    outcome_31=String,
    days_62=Integer,
    last_compliant_62_on=Date,
    outcome_62=String,
    next_breach_standard=String,
)
WAITLIST = _published(
    "waitlist_summary",
    org=String,
    tumour_site=String,
    on_list=Integer,
    past_28=Integer,
    past_62=Integer,
    past_104=Integer,
)
PERFORMANCE = _published(
    "performance_month",
    month=String,
    org=String,
    standard=String,
    denominator_share=Numeric(12, 2),
    within_share=Numeric(12, 2),
)
FRESHNESS = _published(
    "feed_freshness",
    trust=String,
    system=String,
    expected_at=DateTime,
    status=String,
    minutes_late=Integer,
    row_count=BigInteger,
    last_good_extract_at=DateTime,
)
EXTRACT_FILE = _published(
    "extract_file",
    file_id=BigInteger,
    file_name=String,
    trust=String,
    system=String,
    kind=String,
    sequence=BigInteger,
    extracted_at=DateTime,
    arrived_at=DateTime,
    status=String,
    reason=String,
    row_count=BigInteger,
    rows_changed=BigInteger,
    sha256=String,
    detail=String,
    extra_columns=String,
    missing_columns=String,
)
RUN = _published(
    "run",
    run_id=String,
    step=String,
    as_at=DateTime,
    started_at=DateTime,
    finished_at=DateTime,
    status=String,
    seconds=Double,
    rows_read=BigInteger,
    rows_changed=BigInteger,
    commits=Integer,
    error=String,
)
RISK = _published(
    "risk_score",
    pathway_key=String,
    standard=String,
    scored_on=Date,
    model_name=String,
    model_version=Integer,
    p_breach=Double,
    baseline_p=Double,
    risk_band=String,
    is_calibrated=Boolean,
)
FORECAST = _published(
    "demand_forecast",
    org=String,
    tumour_site=String,
    stage=String,
    period=Date,
    origin=Date,
    week_ahead=Integer,
    mean=Double,
    lo80=Double,
    hi80=Double,
    method=String,
)
DQ = _published(
    "dq_result",
    run_id=String,
    source=String,
    table_name=String,
    rule_code=String,
    severity=String,
    checked=BigInteger,
    failed=BigInteger,
    quarantined=BigInteger,
    status=String,
    sentence=String,
    as_at=DateTime,
)
LINK_QUALITY = _published(
    "link_quality",
    linked_on=Date,
    left_source=String,
    dimension=String,
    record_count=BigInteger,
    linked_record_count=BigInteger,
    tier_1_pairs=BigInteger,
    tier_2_pairs=BigInteger,
    tier_3_pairs=BigInteger,
    decided_pairs=BigInteger,
    review_pairs=BigInteger,
    estimated_precision=Double,
)
