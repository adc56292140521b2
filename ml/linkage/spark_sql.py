"""DuckDB's SQL as Spark's, meaning the same: sqlglot translates, and what it gets wrong for linkage is mended here."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import ClassVar

from sqlglot import exp, parse_one
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.parsers.duckdb import DuckDBParser

from ml.linkage.duckdb_functions import TYPES, spark_name


class ListsByLen(DuckDB):
    """DuckDB's dialect as linkage writes it: `len` counts what is in a list, `length` the characters of a text."""

    class Parser(DuckDBParser):
        FUNCTIONS: ClassVar = {**DuckDBParser.FUNCTIONS, "LEN": exp.ArraySize.from_arg_list}


def spark_query(sql: str, tables: Mapping[str, str], columns_of: Callable[[str], Sequence[str]]) -> str:
    """A query in Spark's SQL.

    `tables` tells what each table is called there, others keep their names; `columns_of` asks Spark for the columns of
    a query in its SQL, for unions by name.
    """
    query = _mended(parse_one(sql, read=ListsByLen))
    _rename(query, tables)
    for union in query.find_all(exp.Union):
        if union.args.get("by_name"):
            _line_up(union, query.args.get("with_"), columns_of)
    return _written(query, is_quoted=True)


def spark_condition(sql: str) -> str:
    """A condition in Spark's SQL."""
    return _written(_mended(parse_one(f"select {sql}", read=ListsByLen)).expressions[0], is_quoted=False)


def _written(query: exp.Expr, *, is_quoted: bool) -> str:
    return query.sql(dialect="spark", identify=is_quoted)


def _mended(query: exp.Expr) -> exp.Expr:
    """From the leaves up, so that what is mended takes its mended parts along."""
    for node in reversed(list(query.walk(bfs=True))):
        if mend := _MENDS.get(type(node)):
            made = mend(node)
            if made is not node:
                node.replace(made)
    return query


def _call(function: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=function, expressions=list(arguments))


def _without_nulls(items: exp.Expr) -> exp.Expr:
    """DuckDB passes over the nulls in a list, Spark compares with them."""
    return _call("array_compact", items)


def _by_name(node: exp.Expr) -> exp.Expr:
    name = str(node.this).lower()
    if name in TYPES:
        return _call(spark_name(name), *node.expressions)
    if name in _LISTS:
        return _call(_LISTS[name], *(_without_nulls(each) for each in node.expressions))
    return node


def _number(node: exp.Expr) -> exp.Expr:
    """Spark would reckon 0.5 as a decimal, with as few digits as it is written with."""
    is_fraction = not node.args["is_string"] and not str(node.this).isdigit()
    return exp.cast(exp.Literal.number(node.this), "double") if is_fraction else node


def _select(select: exp.Expr) -> exp.Expr:
    return _unnesting(_replacing(select))


def _unnesting(select: exp.Expr) -> exp.Expr:
    """Several lists side by side, of which Spark takes one by itself: it is given one of all."""
    unnested = [each for each in select.expressions if isinstance(each.unalias(), exp.Explode)]
    if len(unnested) < 2:
        return select
    zipped = _call("inline", _call("arrays_zip", *(each.unalias().this for each in unnested)))
    names = [exp.to_identifier(each.alias) for each in unnested]
    others = [each for each in select.expressions if each not in unnested]
    select.set("expressions", [*others, exp.Aliases(this=zipped, expressions=names)])
    return select


def _replacing(select: exp.Expr) -> exp.Expr:
    """`* replace (x as a)` as `* except (a), x as a`."""
    columns = []
    for column in select.expressions:
        star = column.this if isinstance(column, exp.Column) else column
        replaced = star.args.get("replace") if isinstance(star, exp.Star) else None
        columns.append(column)
        if replaced:
            star.set("except_", [exp.to_identifier(each.alias) for each in replaced])
            star.set("replace", None)
            columns += replaced
    select.set("expressions", columns)
    return select


def _among_pairs(node: exp.Expr) -> exp.Expr:
    """`(a, b) in (select (x, y) from t)` as `exists`: Spark would hold every row against every other. None is null."""
    query = node.args.get("query")
    if not isinstance(node.this, exp.Tuple) or query is None:
        return node
    inner = query.unnest()
    (found,) = inner.expressions
    same = [
        exp.EQ(this=theirs, expression=ours)
        for theirs, ours in zip(found.expressions, node.this.expressions, strict=True)
    ]
    inner.set("expressions", [exp.Literal.number(1)])
    return exp.Exists(this=inner.where(*same, copy=False))


_LISTS = {"list_intersect": "array_intersect"}
_MENDS: Mapping[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Anonymous: _by_name,
    exp.Upper: lambda node: _call(spark_name("upper"), node.this),
    exp.JarowinklerSimilarity: lambda node: _call(spark_name("jaro_winkler_similarity"), node.this, node.expression),
    exp.ArraySize: lambda node: _call("array_size", node.this),  # `size` makes -1 of null
    exp.ArrayDistinct: lambda node: _call("array_distinct", _without_nulls(node.this)),
    exp.ArrayContains: lambda node: _call("array_contains", _without_nulls(node.this), node.expression),
    exp.ArrayOverlaps: lambda node: _call("arrays_overlap", _without_nulls(node.this), _without_nulls(node.expression)),
    exp.Bracket: lambda node: _call("get", node.this, *node.expressions),  # null beyond the end, where [] raises
    exp.BitwiseRightShift: lambda node: _call("shiftrightunsigned", node.this, node.expression),
    exp.Literal: _number,
    exp.Select: _select,
    exp.In: _among_pairs,
}


def _rename(query: exp.Expr, tables: Mapping[str, str]) -> None:
    """Each table keeps its name as an alias, since its columns may be called by it."""
    own = {each.alias for each in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        if table.name in tables and table.name not in own and not table.db:
            if not table.alias:
                table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
            table.set("this", exp.to_identifier(tables[table.name]))


def _line_up(union: exp.Union, ctes: exp.Expr | None, columns_of: Callable[[str], Sequence[str]]) -> None:
    """Spark's unions go by place: both sides list their columns alike, null where a side lacks one."""
    sides = (union.left, union.right)
    columns = [columns_of(_written(_with(side, ctes), is_quoted=True)) for side in sides]
    every = list(dict.fromkeys([*columns[0], *columns[1]]))
    union.set("by_name", False)
    for place, side, its in zip(("this", "expression"), sides, columns, strict=True):
        if its != every:
            union.set(place, _listing(side, its, every))


def _with(side: exp.Expr, ctes: exp.Expr | None) -> exp.Expr:
    alone = side.copy()
    if ctes is not None:
        alone.set("with_", ctes.copy())
    return alone


def _listing(side: exp.Expr, its: Collection[str], every: Sequence[str]) -> exp.Expr:
    columns = [exp.column(name) if name in its else exp.alias_(exp.Null(), name) for name in every]
    return exp.Select(expressions=columns).from_(
        exp.Subquery(this=side.copy(), alias=exp.TableAlias(this=exp.to_identifier("side")))
    )
