"""Environments of their own, for annotators whose packages do not fit beside the rest."""

from collections.abc import Iterator

from flows.doctor.finding import Finding, ok, warning
from flows.doctor.scope import Scope

_WHAT = "environments"


def environments(scope: Scope) -> Iterator[Finding]:
    """Each is built, and speaks with Ray and the lake as we do; nothing is started."""
    from flows.environments.catalogue import stored_environments
    from flows.environments.recipes import recipes

    stored = stored_environments()
    for name in (wanted.name for wanted in recipes()):
        used, *others = [each for each in stored if each.name == name]
        if used.state != "built":
            told = f"{name} is {used.state}: what its annotators fill stays empty"
            yield warning(_WHAT, told, f"run `emo2 env build {name}`")
        else:
            yield from _versions(name)
        if any(each.state == "outdated" for each in others):
            told = f"{len(others)} of {name} outdated: `emo2 env remove {name} --outdated` makes room"
            yield ok(_WHAT, told)


def _versions(name: str) -> Iterator[Finding]:
    from flows.environments.build import differing
    from flows.environments.places import find_environment, read_ready

    place = find_environment(name)
    ready = place and read_ready(place.folder)
    if not place or not ready:  # it went this moment
        return
    for package, (there, here) in differing(ready.packages).items():
        told = f"{name} has {package} {there}, and {here} is installed here: tasks in it will not start"
        yield warning(_WHAT, told, f"run `emo2 env remove {name}` and `emo2 env build {name}`")
        return
    yield ok(_WHAT, f"{name}, {ready.size_bytes / 1e9:.1f} GB, in {place.folder}")
