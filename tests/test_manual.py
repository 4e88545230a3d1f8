# SPDX-License-Identifier: MIT
"""mural-plugin(7) has every function of the public headers, with the arguments that it takes."""
import glob
import os
import re

from wall import BUILD, SOURCE

FUNCTION = re.compile(r"\b(mural_\w+)\(([^()]*(?:\([^()]*\)[^()]*)*)\)(?:\s*__attribute__\(.*?\)\))?\s*[;{]", re.S)


def declarations(text):
    """Name and parameters of the functions that a header declares or defines."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    found = {}
    for piece in re.findall(r"(?:MURAL(?:_[A-Z]+)?_EXPORT|static inline)\b.*?[;{]", text, re.S):
        match = FUNCTION.search(piece)
        if match:
            found[match.group(1)] = parameters(match.group(2))
    return found


def parameters(text):
    """Their names; of a function pointer too."""
    if text.strip() == "void":
        return []
    text = re.sub(r"\(\*(\w+)\)\([^()]*\)", r"\1", text)
    return [part.strip() if part.strip() == "..." else re.findall(r"\w+", part)[-1] for part in text.split(",")]


def mentions(manual):
    """Every .Fn of the manual: name and arguments."""
    for line in manual.splitlines():
        if not re.match(r"\.(Fn|It Fn|\w+ .*\bFn) ", line):
            continue
        for call in re.split(r"\bFn ", line)[1:]:
            words = re.sub(r" (?:[,;:)]|\.$|Ns |Pq ).*", "", call.replace("\\&", "")).split()
            yield words[0], words[1:]


def headers():
    found = {}
    for path in glob.glob(os.path.join(SOURCE, "include/mural/*.h")):
        with open(path) as f:
            found.update(declarations(f.read()))
    return found


def manual():
    with open(os.path.join(SOURCE, "doc/mural-plugin.7.in")) as f:
        return f.read()


def test_every_function_is_explained():
    shown = {}
    for name, arguments in mentions(manual()):
        shown.setdefault(name, []).append(arguments)
    declared = headers()
    assert len(declared) > 50
    assert sorted(name for name in declared if name not in shown) == []
    assert {name: (takes, shown[name]) for name, takes in declared.items() if takes not in shown[name]} == {}


def test_nothing_else_is_explained():
    declared = headers()
    assert sorted({name for name, _ in mentions(manual()) if name.startswith("mural_")} - set(declared)) == []


def test_every_member_of_the_table_is_explained():
    with open(os.path.join(SOURCE, "include/mural/plugin.h")) as f:
        table = re.search(r"struct mural_plugin \{(.*?)\n\};", f.read(), re.S).group(1)
    table = re.sub(r"/\*.*?\*/", "", table, flags=re.S)
    members = [re.search(r"\(\*(\w+)\)|(\w+)$", one.strip().split(";")[0], re.S) for one in table.split(";\n")]
    names = {match.group(1) or match.group(2) for match in members if match} - {"reserved", "reserved2"}
    assert "feed" in names and "denied_message" in names
    text = manual()
    assert sorted(name for name in names if not re.search(r"^\.(?:It )?(?:Fn|Fa|Va) .*\b%s\b" % name, text, re.M)) == []


def test_every_kind_of_option_is_explained():
    with open(os.path.join(SOURCE, "include/mural/options.h")) as f:
        kinds = re.findall(r"^#define (MURAL_\w+)\(config, field, initial|^#define (MURAL_SECRET)\(", f.read(), re.M)
    names = {first or second for first, second in kinds}
    assert "MURAL_BOOL" in names and "MURAL_SECRET" in names
    assert sorted(name for name in names if "\n%s(struct, field, " % name not in manual()) == []


def test_the_examples_are_the_files():
    """What the manual shows is what the tests run."""
    with open(os.path.join(BUILD, "doc/mural-plugin.7")) as f:
        page = f.read()
    for path in "plugins/dots.c", "doc/examples/query.c", "doc/examples/clock.c":
        with open(os.path.join(SOURCE, path)) as f:
            code = f.read().split("\n", 1)[1]
        escaped = code.replace("\\", "\\e").replace("\n.", "\n\\&.").replace("\n'", "\n\\&'")
        assert page.count(escaped) == 1, path


def test_it_reads_headers():
    assert declarations("/* mural_no(x); */ MURAL_EXPORT int mural_a(\n\tstruct b *c, void (*d)(int e, int f), ...)"
                        " __attribute__((format(printf, 3, 4)));\nstatic inline int\nmural_g(void)\n{\n}") == {
        "mural_a": ["c", "d", "..."], "mural_g": []}
    assert list(mentions(".Fn mural_a c d ...\\&\n.It Fn a b , Fn c .\n")) == [
        ("mural_a", ["c", "d", "..."]), ("a", ["b"]), ("c", [])]
