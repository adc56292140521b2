"""Models: what is likely to breach, how much is to come, and which records are one person."""

import os

# Here, since it must come before any import of MLflow: it tells its makers of every use unless it is told not to.
# Hospitals' machines tell nobody.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # a bar for a file of a few kB is noise
