"""Faults to plant in the real bundle: what is changed where, and what the check must then say."""
# ruff: noqa: E501 - a table is read across

from collections.abc import Mapping
from dataclasses import dataclass

MAIN, JOBS = "databricks.yml", "conf/bundle/jobs.yml"
CATALOG, MODELS = "conf/bundle/catalog.yml", "conf/bundle/models.yml"


@dataclass(frozen=True)
class Planted:
    """In `file` the first `old` becomes `new`; a fault at `place` must say `what` and how to mend it."""

    name: str
    file: str
    old: str
    new: str
    place: str
    what: str
    mend: str

    def plant(self, files: Mapping[str, str]) -> dict[str, str]:
        """The files with the fault in them."""
        assert self.old in files[self.file], f"{self.name}: the bundle no longer has {self.old!r}"
        return {**files, self.file: files[self.file].replace(self.old, self.new, 1)}


HOUR = "resources.jobs.hourly"
CALL = f"{HOUR}.tasks[0].python_wheel_task"
NOTEBOOK = """        - task_key: report
          notebook_task:
            notebook_path: ../../notebooks/no_such_report.py
        - task_key: hour
"""
TRIGGER = """      trigger:
        file_arrival:
          url: /Volumes/cancollaborate/bronze/intake/
      schedule:
"""
ENDPOINT = """resources:
  model_serving_endpoints:
    risk:
      name: risk
  registered_models:
"""
_ROWS: list[tuple[str, str, str, str, str, str, str]] = [
    # What is written wrongly.
    ("no YAML", JOBS, "resources:", "resources: [", "conf/bundle/jobs.yml:", "not YAML", "Mend indentation"),
    ("key twice", JOBS, "      queue:", "      name: again\n      queue:", f"{HOUR}.name", "stands twice", "Keep one"),
    ("resource twice", MODELS, "resources:", "resources:\n  jobs:\n    hourly:\n      name: x", HOUR, "defined in", "Rename"),
    ("unknown top-level key", MAIN, "artifacts:", "artefacts:", "artefacts", "not known", "Did you mean 'artifacts'?"),
    ("unknown key of a target", MAIN, "    mode: dev", "    modes: x\n    mode: dev", "targets.dev.modes", "not known", "'mode'"),
    ("unknown key of the bundle", MAIN, "  name: can", "  title: x\n  name: can", "bundle.title", "not known", "Known here"),
    ("unknown key of a variable", MAIN, "    default: 2", "    defualt: 2", "variables.max_workers.defualt", "not known", "'default'"),
    ("unknown kind of resource", JOBS, "  jobs:", "  job:", "resources.job", "no kind of resource", "Did you mean"),
    ("unknown field", JOBS, "      timeout_seconds", "      timeout", HOUR, "Unexpected field 'timeout'", "as databricks-bundles"),
    ("field missing", CATALOG, "      catalog_name: ${var.catalog}\n", "", "resources.schemas.bronze", "catalog_name", "Schema"),
    ("word not in the list", JOBS, "op: GREATER_THAN", "op: MORE_THAN", HOUR, "'MORE_THAN' is not a valid", "Job"),
    ("wrong type", JOBS, "max_concurrent_runs: 1", "max_concurrent_runs: one", HOUR, "invalid literal", "Job"),
    ("wrong privilege", CATALOG, "[USE_SCHEMA, SELECT]", "[USE_SCHEMA, READ]", "resources.schemas.bronze", "'READ'", "Schema"),
    # What leads nowhere.
    ("unknown variable", JOBS, "${var.node_type}", "${var.node_typ}", f"{HOUR}.job_clusters[0]", "no variable", "'node_type'?"),
    ("unknown resource", CATALOG, "schemas.bronze.name", "schemas.brunze.name", "volumes.landing", "no resource", "'bronze'?"),
    ("unknown field of a resource", CATALOG, "bronze.name}", "bronze.nam}", "volumes.landing", "no field 'nam'", "'name'?"),
    ("reference without a root", JOBS, "${bundle.target}", "${target}", f"{HOUR}.tags", "leads nowhere", "'bundle.target'?"),
    ("unknown task", JOBS, "task_key: train\n          job", "task_key: trian\n          job", "tasks[1].depends_on", "no task", "'trian'?"),
    ("unknown job cluster", JOBS, "job_cluster_key: main\n          #", "job_cluster_key: mian\n          #", f"{HOUR}.tasks[0]", "no job_cluster_key", "'main'?"),
    ("unknown environment", JOBS, "job_cluster_key: main\n          #", "environment_key: main\n          #", f"{HOUR}.tasks[0]", "no environment_key", "Declare it"),
    ("target sets an unknown variable", MAIN, "      max_workers: 8", "      max_worker: 8", "targets.prod.variables", "no variable", "'max_workers'?"),
    ("include without files", MAIN, "conf/bundle/*.yml", "conf/bundles/*.yml", "include[0]", "nothing matches", "Name the files"),
    ("wheel in another folder", JOBS, "../../dist/*.whl", "./dist/*.whl", "libraries[0].whl", "no artifact is built", "../../dist"),
    ("notebook missing", JOBS, "        - task_key: hour\n", NOTEBOOK, f"{HOUR}.tasks[0]", "no file", "Paths start"),
    # Jobs that do not do what they should.
    ("tasks in a circle", JOBS, "        - task_key: train\n", "        - task_key: train\n          depends_on:\n            - task_key: publish\n", "weekly.tasks", "wait for each other", "depends_on away"),
    ("two tasks of one name", JOBS, "- task_key: promote\n          description", "- task_key: train\n          description", "weekly.tasks[1]", "second task", "another task_key"),
    ("cron of five fields", JOBS, "0 10 * * * ?", "10 * * * *", f"{HOUR}.schedule.quartz", "6 or 7 fields", "Write for example"),
    ("cron with two days", JOBS, "0 30 3 ? * SUN", "0 30 3 * * SUN", "weekly.schedule.quartz", "exactly one of", "Write for example"),
    ("cron of hour 25", JOBS, "0 30 3 ? * SUN", "0 30 25 ? * SUN", "weekly.schedule.quartz", "'25' is no hour", "Write for example"),
    ("no time zone", JOBS, "        timezone_id: Europe/London\n", "", f"{HOUR}.schedule", "no zone is called None", "Europe/London"),
    ("unknown time zone", JOBS, "Europe/London", "Europe/Middlesbrough", f"{HOUR}.schedule.timezone", "no zone", "Europe/London"),
    ("schedule and trigger", JOBS, "      schedule:\n", TRIGGER, f"{HOUR}.trigger", "schedule and trigger", "a job of its own"),
    ("runs that overlap", JOBS, "max_concurrent_runs: 1", "max_concurrent_runs: 2", HOUR, "may overlap", "max_concurrent_runs: 1"),
    ("task without compute", JOBS, "          job_cluster_key: main\n          #", "          #", f"{HOUR}.tasks[0]", "nothing to run on", "job_cluster_key"),
    ("task without timeout", JOBS, "          timeout_seconds: 2700\n", "", f"{HOUR}.tasks[0]", "hang for ever", "Set timeout_seconds"),
    ("job without timeout", JOBS, "      timeout_seconds: 3300\n", "", HOUR, "hang for ever", "Set timeout_seconds"),
    ("failure that nobody hears of", JOBS, "        on_failure:\n          - ${var.alert_email}\n", "", HOUR, "nobody hears", "on_failure"),
    ("job without permissions", JOBS, "      permissions: *permissions\n", "", "resources.jobs.weekly", "no group may run", "CAN_MANAGE_RUN"),
    ("job that a group may only see", JOBS, "level: CAN_MANAGE_RUN", "level: CAN_VIEW", HOUR, "no group may run", "CAN_MANAGE_RUN"),
    ("cluster without Unity Catalog", JOBS, "            data_security_mode: SINGLE_USER\n", "", f"{HOUR}.job_clusters[0]", "not a dedicated one", "SINGLE_USER"),
    ("unknown entry point", JOBS, "entry_point: cancollaborate", "entry_point: hourly", CALL, "no entry point", "cancollaborate"),
    ("unknown wheel", JOBS, "package_name: cancollaborate", "package_name: jobs", CALL, "no wheel is called", "'cancollaborate'"),
    ("unknown command", JOBS, "[hourly,", "[hurly,", f"{CALL}.parameters[0]", "no command", "'hourly'?"),
    ("unknown option of the night", JOBS, "[maintain, ", "[maintain, --keep, ", "jobs.maintain.tasks[0]", "no option '--keep'", "--help"),
    ("task without command", JOBS, 'parameters: [hourly, --env, "${bundle.target}"]', "parameters: []", f"{CALL}.parameters", "no command", "--help"),
    ("unknown option", JOBS, "[hourly, ", "[hourly, --evn, dev, ", f"{CALL}.parameters[1]", "no option '--evn'", "'--env'?"),
    ("command without environment", JOBS, 'hourly, --env, "${bundle.target}"', "hourly", f"{CALL}.parameters", "its environment", "--env"),
    ("task without its wheel", JOBS, "            - whl: ../../dist/*.whl\n", "", CALL, "has no wheel", "whl:"),
    # Targets that could not be deployed, or would harm.
    ("unknown mode", MAIN, "mode: production", "mode: prod", "targets.staging.mode", "no mode 'prod'", "production"),
    ("no default target", MAIN, "    default: true\n", "", "targets", "0 targets are the default", "exactly one"),
    ("two default targets", MAIN, "  prod:\n", "  prod:\n    default: true\n", "targets", "2 targets are", "exactly one"),
    ("variable without value", MAIN, "      alert_email: cancollaborate@", "      # cancollaborate@", "targets.prod", "'alert_email' has no value", "Set it"),
    ("variable without description", MAIN, "    description: Group that operates the platform.\n", "", "variables.engineers", "not described", "Say what"),
    ("production without root_path", MAIN, "      root_path: /Workspace/cancollaborate/${bundle.target}\n", "      host: https://x\n", "targets.staging", "no workspace.root_path", "one fixed folder"),
    ("production as whoever deploys", MAIN, "    run_as:\n      service_principal_name: ${var.service_principal}\n", "", "targets.staging", "whoever deploys", "run_as"),
    ("prod as whoever deploys", MAIN, "    run_as:\n      service_principal_name: ${var.service_principal}\n    permissions: *deployer", "    permissions: *deployer", "targets.prod", "whoever deploys", "run_as"),
    ("two run_as identities", MAIN, "    run_as:\n", "    run_as:\n      user_name: me@x\n", "targets.staging.run_as", "user_name and service_principal_name", "exactly one"),
    ("permission for nobody", JOBS, "          group_name: ${var.engineers}\n", "", f"{HOUR}.permissions[0]", "0 identities", "exactly one"),
    ("unknown level", MAIN, "level: CAN_MANAGE", "level: CAN_EDIT", "targets.staging.permissions[0]", "no level", "CAN_MANAGE"),
    ("permission on two levels", MAIN, "        service_principal_name: ${var.service_principal}\n", "        group_name: ${var.engineers}\n", "targets.staging.permissions[0]", "names the same identity", "Keep one"),
    ("another catalog than conf", MAIN, "catalog: cancollaborate_dev", "catalog: dev", "targets.dev.variables.catalog", "'cancollaborate_dev'", "same in both"),
    ("catalog of another target", MAIN, "catalog: cancollaborate\n", "catalog: cancollaborate_staging\n", "targets.prod.variables.catalog", "'cancollaborate'", "same in both"),
    ("another volume than conf", CATALOG, "      name: landing", "      name: inbox", "resources.volumes", "paths.landing of conf/dev.yml lies in none", "bronze/landing"),
    ("target without settings", MAIN, "  staging:\n", "  test:\n", "targets.test", "conf/test.yml", "Use one of"),
    ("a person's name in a name", CATALOG, "      name: silver", "      name: silver_${workspace.current_user.short_name}", "schemas.silver.name", "holds a person's", "Leave"),
    ("serving endpoint", MODELS, "resources:\n  registered_models:\n", ENDPOINT, "model_serving_endpoints.risk", "first deployment", "Leave it out"),
    ("data that could be destroyed", CATALOG, "prevent_destroy: true", "prevent_destroy: false", "schemas.bronze", "could destroy", "prevent_destroy: true"),
    ("grant without privileges", CATALOG, "privileges: [READ_VOLUME, WRITE_VOLUME]", "privileges: []", "volumes.landing.grants[1]", "lacks its principal", "Name both"),
    ("writer who may not read", CATALOG, "[READ_VOLUME, WRITE_VOLUME]", "[WRITE_VOLUME]", "volumes.landing.grants[1]", "can't write", "READ_VOLUME too"),
    ("analysts who see patients", CATALOG, "${var.senders}", "${var.analysts}", "schemas.bronze.grants[1]", "identifies patients", "gold only"),
    ("analysts who see files", CATALOG, "${var.senders}\n          privileges: [READ", "${var.analysts}\n          privileges: [READ", "volumes.landing.grants[1]", "identifies patients", "gold only"),
    ("others who write to the archive", CATALOG, "[READ_VOLUME]\n      lifecycle: *kept\n    #", "[READ_VOLUME, WRITE_VOLUME]\n      lifecycle: *kept\n    #", "volumes.files.grants[0]", "may write where conf/dev.yml keeps", "a volume of its own"),
    ("senders who write answers", CATALOG, "${var.senders}\n          privileges: [READ_VOLUME]\n", "${var.senders}\n          privileges: [READ_VOLUME, WRITE_VOLUME]\n", "volumes.outbox.grants[1]", "may write where conf/dev.yml keeps paths.outbox", "a volume of its own"),
    ("answers that nobody may fetch", CATALOG, "        - principal: ${var.senders}\n          privileges: [READ_VOLUME]\n", "", "resources.volumes", "senders may not read paths.outbox", "READ_VOLUME there"),
    ("senders who read the archive", CATALOG, "          privileges: [READ_VOLUME]\n      lifecycle: *kept\n    #", "          privileges: [READ_VOLUME]\n        - principal: ${var.senders}\n          privileges: [READ_VOLUME]\n      lifecycle: *kept\n    #", "volumes.files.grants[1]", "senders may read where conf/dev.yml keeps paths.archive", "a volume of its own"),
    ("outbox in another volume than conf", CATALOG, "      name: outbox", "      name: answers", "resources.volumes", "paths.outbox of conf/dev.yml lies in none", "bronze/outbox"),
    ("others who read the keys", CATALOG, "      comment: <scope>", "      grants:\n        - principal: x\n          privileges: [READ_VOLUME]\n      comment: <scope>", "volumes.keys.grants[0]", "may read the keys", "to its owner"),
    ("schema that opens its volumes", CATALOG, "&restricted\n        - principal: ${var.engineers}\n          privileges: [USE_SCHEMA, SELECT]", "&restricted\n        - principal: ${var.engineers}\n          privileges: [USE_SCHEMA, READ_VOLUME]", "schemas.ops.grants[0]", "may read the keys", "to its owner"),
    ("model that no code knows", MODELS, "      name: breach_risk_62", "      name: breach_62", "breach_risk_62.name", "no code registers 'breach_62'", "breach_risk_62"),
    ("model that is not declared", MODELS, "      name: breach_risk_62", "      name: breach_62", "resources.registered_models", "registers 'breach_risk_62'", "Declare it"),
    ("library missing", JOBS, "            - pypi:\n                package: great-expectations==1.24.1\n", "", f"{HOUR}.tasks[0].libraries", "lacks great-expectations", "Add it"),
    ("library that the lock lacks", JOBS, "holidays==0.109", "prophet==1.2", "libraries[3].pypi.package", "not in requirements.lock", "setup.py"),
    ("library without version", JOBS, "mlflow==3.17.2", "mlflow", "libraries[5].pypi.package", "no version", "Pin it"),
    ("library other than the lock", JOBS, "scikit-learn==1.9.1", "scikit-learn==1.2.0", "libraries[7].pypi.package", "in requirements.lock", "of the lock"),
    ("password in a URL", MAIN, "      root_path:", "      host: https://me:hunter2@x\n      root_path:", "targets.staging.workspace.host", "a secret stands", "{{secrets/"),
    ("password in a call", JOBS, "[hourly,", "[hourly, --set, warehouse.password=hunter2,", f"{CALL}.parameters[2]", "a secret stands", "{{secrets/"),
    ("password as a default", MAIN, "  alert_email:\n", "  db_password:\n    description: x\n    default: hunter2\n  alert_email:\n", "variables.db_password.default", "a secret stands", "{{secrets/"),
    ("password in the environment", JOBS, '"{{secrets/${var.secret_scope}/warehouse-password}}"', "hunter2", "PGPASSWORD", "a secret stands", "{{secrets/"),
]  # fmt: skip
PLANTED = [Planted(*row) for row in _ROWS]

# The same in conf/prod.yml: what the code reads there must fit what is deployed.
_CONF_ROWS: list[tuple[str, str, str, str, str]] = [
    ("publication in a file", "postgresql+psycopg://cancollaborate.example.nhs.uk/reporting", "sqlite:///{root}/reporting.sqlite", "targets.prod", "is a SQLite file"),
    ("password of the publication", "psycopg://cancollaborate", "psycopg://me:hunter2@cancollaborate", "targets.prod", "holds a password"),
    ("another catalog", "catalog: cancollaborate\n", "catalog: elsewhere\n", "targets.prod.variables.catalog", "in conf/prod.yml 'elsewhere'"),
    ("archive within the senders' reach", "  landing:", "  archive: /Volumes/cancollaborate/bronze/landing/archive\n  landing:", "volumes.landing.grants[1]", "may write where conf/prod.yml keeps paths.archive"),
    ("keys in a volume that others read", "ops/keys", "ops/files/keys", "volumes.files.grants[0]", "may read the keys of conf/prod.yml"),
    ("outbox among the platform's own files", "bronze/outbox", "ops/files/outbox", "resources.volumes", "senders may not read paths.outbox of conf/prod.yml"),
    ("outbox within the senders' reach", "bronze/outbox", "bronze/landing/outbox", "volumes.landing.grants[1]", "may write where conf/prod.yml keeps paths.outbox"),
    ("keys outside of the volumes", "ops/keys", "ops/rings", "resources.volumes", "paths.secrets of conf/prod.yml lies in none"),
]  # fmt: skip
CONF_PLANTED = {name: (old, new, place, what) for name, old, new, place, what in _CONF_ROWS}
