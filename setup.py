"""The single definition of the `cancollaborate` wheel: its packages, its command and what each place needs."""

from setuptools import find_packages, setup

# What a Databricks runtime brings (pyspark, delta-spark) is not required here: the extra `local` adds it.
REQUIRES = [
    "cryptography>=50,<51",  # mlflow 3 allows no later one
    "joserfc>=1.8,<2",
    "numpy>=2,<3",
    "pandas>=2.3,<3",  # pandas 3 with pyspark 4.1 turns a missing string into 'nan'
    "pyarrow>=22,<26",  # mlflow 3 allows no later one
    "pydantic>=2.12,<3",
    "pyyaml>=6,<7",
    "rich>=14,<16",
    "sqlalchemy>=2.1,<2.2",
    "typer>=0.20,<1",
]
EXTRAS = {
    "local": ["pyspark==4.1.1", "delta-spark==4.3.1", "importlib-metadata<=8.7.1"],
    "postgres": ["psycopg[binary]>=3.2,<4"],
    "mssql": ["pyodbc>=5.5,<6"],
    "ml": [
        "duckdb>=2.0,<3",
        "great-expectations>=1.24,<1.25",
        "holidays>=0.80,<1",
        "matplotlib>=3.10,<4",
        "mlflow>=3.17,<3.18",
        "pmdarima>=2.1.1,<3",
        "scikit-learn>=1.9,<1.10",
        "scipy>=1.15,<2",
        "splink>=5.0,<5.1",
        "sqlglot>=30,<31",
        "setuptools>=80,<83",  # pmdarima asks for it when it runs
        "statsmodels>=0.14,<1",
        "threadpoolctl>=3,<4",
    ],
    "dev": [
        "databricks-bundles>=1.22,<2",
        "hypothesis>=6.150",
        "import-linter>=2.16,<3",
        "jwcrypto>=1.6,<2",  # an independent JOSE implementation, for the tests
        "mypy>=2.4,<3",
        "pandas-stubs>=2.3,<3",
        "pytest>=9,<10",
        "pytest-timeout>=2.4,<3",
        "pytest-xdist>=3.8,<4",
        "ruff>=0.17,<0.18",
        "types-PyYAML>=6",
        "build>=1.3,<2",
        "setuptools>=80,<83",
    ],
}

setup(
    name="cancollaborate",
    version="0.1.0",
    description="Cancer pathways across NHS trusts: linked, timed and published. An independent open implementation.",
    license="MIT",
    python_requires=">=3.11",
    packages=[*find_packages(include=["jobs*", "libs*", "ml*", "expectations*"]), "conf"],
    package_data={"": ["py.typed"], "conf": ["*.yml", "*.properties", "*/*.yml", "*/*.csv"]},
    install_requires=REQUIRES,
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["cancollaborate = jobs.cli:main"]},
)
