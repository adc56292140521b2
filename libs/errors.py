"""Our own faults. What is wrong with a trust's file is data (a reason code), never an exception that ends the hour."""


class CanCollaborateError(Exception):
    """Base of every fault of ours: says what happened, to which file or table, and what to do.

    `fields` name files, tables, settings and counts. They never hold a cell value, an identifier or a secret,
    because an error ends in logs and terminals.
    """

    def __init__(self, what: str, *, do: str, **fields: str | int) -> None:
        self.what = what
        self.do = do
        self.fields = fields
        super().__init__(what)

    def __str__(self) -> str:
        where = ", ".join(f"{name}={value}" for name, value in self.fields.items())
        return f"{self.what}{f' ({where})' if where else ''}. {self.do}"


class Transient(CanCollaborateError):
    """Trying again later may work: a locked table, a network, another run in progress."""


class Terminal(CanCollaborateError):
    """Trying again changes nothing until a person acts."""


class SettingsError(Terminal):
    """A setting is missing, unknown or of the wrong form."""


class MachineError(Terminal):
    """The machine lacks something that the platform stands on: Java, the Delta jars, a folder."""


class KeyRingError(Terminal):
    """A key ring or a key is missing or can't be read."""


class KeyVaultError(Transient):
    """The vault that keeps the platform's private key could not be asked: the files wait."""


class RefusedExtractError(Terminal):
    """A person seals or opens an extract that intake refuses."""


class ContractError(Terminal):
    """A feed contract in `conf/feeds` contradicts itself or the canonical pathway."""


class RulesError(Terminal):
    """A rule in `conf/rules` is missing or says what no rule can say."""


class StepOrderError(Terminal):
    """A step was asked for before the one that it builds on has run."""


class ConcurrentRunError(Transient):
    """Another run changed the same table at the same time."""


class TrainingError(Terminal):
    """There is too little to train a model on."""


class ModelStoreError(Terminal):
    """The store of models lacks what its registry names."""


class HeldBackError(Terminal):
    """The quality gate found what would mislead; the last publication stands."""


class WarehouseError(Transient):
    """The SQL database could not be reached or refused the publication; the last one stands."""
