"""The rooms of the code: imports point one way, without cycles, and hazards have one door each."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(SOURCE.rglob("*.py"))
}
FLOORS = {"core": 0, "runtime": 1, "testing": 3, "cli": 3}
FACADE = 2
DOORS = {
    "msgpack": {"actors.core.codec.wire"},
    "structlog": {"actors.runtime.log"},
    "multiprocessing.queues": {"actors.runtime.mailbox.mailbox"},
    "pickle": {"actors.runtime.blueprint"},
}


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """The import statements that run when a module is imported or used, not those for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        yield from statements(child)


def imported(module: str) -> set[str]:
    """The modules that a module imports, those of the library by their own names."""
    names: set[str] = set()
    for statement in statements(ast.parse(MODULES[module].read_text())):
        if isinstance(statement, ast.Import):
            names.update(alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            for alias in statement.names:
                inner = f"{statement.module}.{alias.name}"
                names.add(inner if inner in MODULES else statement.module)
    return names


def floor(module: str) -> int:
    parts = module.split(".")
    return FLOORS.get(parts[1], FACADE) if len(parts) > 1 else FACADE


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_its_own_floor_and_those_below(module: str) -> None:
    above = {name for name in imported(module) if name in MODULES and floor(name) > floor(module)}
    if module == "actors.__main__":
        above -= {name for name in above if name.startswith("actors.cli")}
    assert not above


@pytest.mark.parametrize("module", MODULES)
def test_what_is_hazardous_has_one_door(module: str) -> None:
    for name, doors in DOORS.items():
        if module not in doors:
            roots = {one for one in imported(module) if one == name or one.startswith(f"{name}.")}
            assert not {one for one in roots if not one.endswith(".typing")}, f"only {doors} may"


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {name: {one for one in imported(name) if one in MODULES} - {name} for name in MODULES}
    while leaves := {name for name, needs in graph.items() if not needs & graph.keys()}:
        graph = {name: needs for name, needs in graph.items() if name not in leaves}
    assert not graph, "these import each other in a circle"
