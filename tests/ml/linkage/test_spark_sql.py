"""Each turn of DuckDB's SQL that linkage takes gives in Spark what it gives in DuckDB, where nulls stand too."""

from collections.abc import Iterator

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from ml.linkage.backend import DuckDBBackend
from ml.linkage.spark_backend import SparkBackend
from ml.linkage.spark_sql import spark_condition

NAMES = pa.table(
    {
        "n": pa.array(range(6), pa.int64()),
        "a": pa.array(["JOHN", "JONH", "", None, "Łó'd", "MARY"]),
        "b": pa.array(["JON", "JOHN", "X", "Y", None, "MARTHA"]),
        "mine": pa.array([["A", None], ["A", "B"], [], None, [None], ["C", "C"]], pa.list_(pa.string())),
        "theirs": pa.array([["A"], ["C"], ["A"], ["A"], [None, "A"], ["C"]], pa.list_(pa.string())),
    }
)
EXPRESSIONS = (
    "list_has_any(mine, theirs)", "list_contains(mine, 'A')", "list_contains(mine, b)",
    "len(list_intersect(mine, theirs))",
    "list_prepend(a, coalesce(mine, []))", "mine[1]", "mine[3]", "length(a)", "len(mine)",
    "list_sort(list_distinct(mine))",
    "list_filter([a, b], lambda word: word is not null)", "list_filter([a, b], lambda word: length(word) > 3)",
    "[a, b][2]",
    "list_value(a, b)", "string_split(a, 'O')", "(hash('name', a) >> 1)::bigint", "(hash(a, b, n) >> 1)::bigint",
    "hash(a, b) = hash(b, a)", "levenshtein(a, b)", "damerau_levenshtein(a, b)", "jaro_winkler_similarity(a, b)",
    "strip_accents(upper(a))", "translate(a, 'JŁ''', 'j')", "regexp_replace(a, '[^A-Z]+', '-', 'g')",
    "regexp_replace(a, '[-.\t \u2019''\\[\\]]', '', 'g')", "regexp_matches(a, '^[A-Z]{2}')",
    "regexp_extract(b, '([A-Z])$', 1)",
    "left(a, 2) || right(b, 3) || substr(a, 2, 2)", "least(a, b)", "greatest(a, b)", "concat_ws(' ', a, b)",
    "nullif(a, '')", "try_cast(a as integer)", "1 / 3 + 0.25", "n / 4", "(n + 0.1) / 3.0", "1e-7 * n", "-10.0::double",
    "left(a, 1) between 'A' and 'Z'", "a not in ('JOHN', 'X')", "cast(null as varchar)", "(a is null) <> (b is null)",
    "case when a = 'JOHN' then 0.5 when true then 1 else -1 end", "starts_with(a, 'J')", "lpad(b, 6, '0')", "ascii(b)",
)  # fmt: skip
QUERIES = (
    "select * replace (cast(null as varchar) as a, n + 1 as n), true as more from names",
    "select x.* replace (upper(x.a) as a) from names x",
    "select * exclude (mine, theirs) from names",
    "select n, a from names union all by name select a, n from names",
    "with few as (select n, a from names) select a from few union all by name select n from few",
    "select n, unnest(theirs) as each from names",
    "select n, unnest(list_filter([a, b], lambda word: word is not null)) as each from names",
    "select n, key, most from (select n, unnest(list_value(a, b)) as key, unnest([1, 2]) as most from names) each",
    "select a is null as missing, count(*) as n, count(*) filter (n > 1) as late from names group by all order by all",
    "select a, b from names where (a, b) not in (select (x.b, x.a) from names x where x.a <> '' and x.b <> '')",
    "select names.a from names where a not in (select b from names where b is not null)",
    "select n, a in (select b from names where b is not null) as is_b from names where a is not null",
    "select n, not exists (select 1 from names o where o.b = names.a) as is_new from names",
    "with names as (select 1 as n) select n from names",
    'select l.n as "left", r.n as "right" from names l join names r on l.b < r.b and l.n <> r.n',
    "select n, m from names join (select n, n * 2 as m from names) twice using (n)",
    "select row_number() over (partition by a is null order by n) - 1 as place from names",
    "select n from names where a is not null except select n from names where b is null",
    "select b, coalesce(sum(n * (n - 1) / 2), 0) as pairs, avg((a is not null)::int) as filled from names group by b",
    "select list_sort(list(distinct b)) as every from names where b is not null",
)


@pytest.fixture(scope="module")
def engines(spark: SparkSession) -> Iterator[tuple[DuckDBBackend, SparkBackend]]:
    with DuckDBBackend(threads=1) as duckdb, SparkBackend(spark) as by_spark:
        for backend in (duckdb, by_spark):
            backend.register("names", NAMES)
        yield duckdb, by_spark


def rounded(value: object) -> object:
    return round(value, 12) if isinstance(value, float) else value


def test_each_expression_gives_the_same(engines: tuple[DuckDBBackend, SparkBackend]) -> None:
    columns = ", ".join(f"{sql} as e{place}" for place, sql in enumerate(EXPRESSIONS))
    found = [backend.fetch(f"select {columns} from names order by n").to_pydict() for backend in engines]  # noqa: S608
    for place, sql in enumerate(EXPRESSIONS):
        one, other = ([rounded(value) for value in each[f"e{place}"]] for each in found)
        assert other == one, sql


@pytest.mark.parametrize("sql", QUERIES)
def test_each_query_gives_the_same(engines: tuple[DuckDBBackend, SparkBackend], sql: str) -> None:
    one, other = (
        sorted(
            str([(name, rounded(value)) for name, value in sorted(row.items())])
            for row in backend.fetch(sql).to_pylist()
        )
        for backend in engines
    )
    assert other == one
    assert one


def test_a_condition_is_told_without_quotes_since_splink_reads_it_again() -> None:
    assert spark_condition("len(list_intersect(w_l, w_r)) >= 2 and a_l[1] = a_r") == (
        "ARRAY_SIZE(ARRAY_INTERSECT(ARRAY_COMPACT(w_l), ARRAY_COMPACT(w_r))) >= 2 AND GET(a_l, 0) = a_r"
    )
