"""Every key of the bundle: those of resources by the classes of databricks-bundles, the others by name."""

import difflib
from collections.abc import Iterator
from typing import Any

from databricks.bundles.core._resource_type import _ResourceType

from tests.bundle.documents import Bundle, Fault, KeyPath

# From the JSON schema of CLI 1.3; of a resource, the classes know.
_BOTH = "artifacts bundle permissions presets resources run_as sync variables workspace"
_TOP = f"{_BOTH} experimental git include python scripts targets"
_TARGET = f"{_BOTH} cluster_id compute_id default git mode"
_SECTIONS = {
    "bundle": "cluster_id compute_id databricks_cli_version deployment engine git name uuid",
    "experimental": "pydabs python python_wheel_wrapper record_deployment_history scripts skip_artifact_cleanup "
    "skip_name_prefix_for_schema use_legacy_run_as",
    "presets": "artifacts_dynamic_version jobs_max_concurrent_runs name_prefix pipelines_development "
    "source_linked_deployment tags trigger_pause_status",
    "run_as": "group_name service_principal_name user_name",
    "sync": "exclude include paths",
    "workspace": "account_id artifact_path auth_type azure_client_id azure_environment azure_login_app_id "
    "azure_tenant_id azure_workspace_resource_id client_id experimental_is_unified_host file_path "
    "google_service_account host profile resource_path root_path state_path workspace_id",
}
_VARIABLE = "default description lookup type"
_ARTIFACT = "build dynamic_version executable files path type"
TYPES = {each.plural_name: each.resource_type for each in _ResourceType.all()}


def key_faults(bundle: Bundle) -> Iterator[Fault]:
    """Keys outside of resources that no version of the CLI knows."""
    yield from _unknown(bundle, (), bundle.tree, _TOP)
    yield from _sections(bundle, ())
    for name, variable in bundle.section("variables").items():
        yield from _unknown(bundle, ("variables", name), variable, _VARIABLE)
    for name, artifact in bundle.section("artifacts").items():
        yield from _unknown(bundle, ("artifacts", name), artifact, _ARTIFACT)
    for name, target in bundle.section("targets").items():
        yield from _unknown(bundle, ("targets", name), target, _TARGET)
        yield from _sections(bundle, ("targets", name))


def resource_faults(bundle: Bundle) -> Iterator[Fault]:
    """Resources of an unknown kind, with unknown, missing or mistyped fields; also as each target overrides them."""
    yield from _typed(bundle, ("resources",), bundle.section("resources"))
    for target in bundle.section("targets"):
        over = bundle.section("targets", target, "resources")
        merged = {
            kind: {name: _overlaid(bundle.section("resources", kind, name), each) for name, each in named.items()}
            for kind, named in over.items()
            if isinstance(named, dict)
        }
        yield from _typed(bundle, ("targets", target, "resources"), merged)


def nearest(word: str, known: list[str], otherwise: str) -> str:
    """A hint at what was meant."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else otherwise


def _typed(bundle: Bundle, path: KeyPath, resources: dict[str, Any]) -> Iterator[Fault]:
    for kind, named in resources.items():
        if kind not in TYPES:
            hint = nearest(kind, list(TYPES), "Look at the kinds of resources of a bundle.")
            yield Fault(bundle.place(*path, kind), f"there is no kind of resource {kind!r}", hint)
            continue
        for name, resource in (named or {}).items():
            try:
                TYPES[kind].from_dict(resource)  # type: ignore[attr-defined]
            except (ValueError, TypeError, AttributeError) as fault:
                mend = f"Write it as databricks-bundles has it for {TYPES[kind].__name__}."
                yield Fault(bundle.place(*path, kind, name), str(fault).rstrip("."), mend)


def _sections(bundle: Bundle, path: KeyPath) -> Iterator[Fault]:
    for section, known in _SECTIONS.items():
        yield from _unknown(bundle, (*path, section), bundle.section(*path, section), known)


def _unknown(bundle: Bundle, path: KeyPath, value: Any, known: str) -> Iterator[Fault]:
    for key in value if isinstance(value, dict) else ():
        if key not in known.split():
            hint = nearest(key, known.split(), f"Known here: {', '.join(known.split())}.")
            yield Fault(bundle.place(*path, key), f"the key {key!r} is not known", hint)


def _overlaid(base: Any, over: Any) -> Any:
    if isinstance(base, dict) and isinstance(over, dict):
        return base | {key: _overlaid(base.get(key), value) for key, value in over.items()}
    return over
