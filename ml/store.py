"""Where an environment keeps its models; it knows nothing of MLflow, which takes seconds to load."""

from dataclasses import dataclass
from pathlib import Path

# The aliases of the version that serves, and of the one that has not earned it (yet).
CHAMPION, CHALLENGER = "champion", "challenger"
_SQLITE = "sqlite:///"


@dataclass(frozen=True)
class ModelStore:
    """Where MLflow keeps runs and versions (`uri`), and the folder or address of their artifacts."""

    uri: str
    artifacts: str

    def exists(self) -> bool:
        """Whether anything can stand there yet: asking MLflow would make an empty database."""
        return not self.uri.startswith(_SQLITE) or Path(self.uri.removeprefix(_SQLITE)).is_file()


def model_store(root: Path) -> ModelStore:
    """The store under an environment's root."""
    folder = root.absolute()
    return ModelStore(f"{_SQLITE}{folder}/mlflow.db", (folder / "mlartifacts").as_uri())
