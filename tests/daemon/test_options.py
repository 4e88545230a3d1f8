# SPDX-License-Identifier: MIT
"""murald.conf, the manual and quickstart.conf have exactly the program's options: those that
--print-config, --list-plugins and --help print."""
import os
import re
import subprocess

import pytest

from terminal import on_terminal
from wall import BUILD, MURALCTL, MURALD, PLUGINS, SOURCE

CONF = os.path.join(BUILD, "etc/murald.conf")
QUICKSTART = os.path.join(SOURCE, "etc/quickstart.conf")


def murald(*arguments, config="/dev/null", status=0):
    run = subprocess.run(
        [MURALD, "-c", config, "-s", "server.plugin-path=" + PLUGINS, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert run.returncode == status, run.stdout + run.stderr
    return run.stdout


def read(path):
    with open(path) as f:
        return f.read()


def plugins():
    names = sorted(name[:-3] for name in os.listdir(PLUGINS) if name.endswith(".so"))
    assert {"dots", "icmp"} <= set(names)
    return names


# Mandatory options, which have no default.
NEEDED = {"p2": "users = /dev/null\n", "output left": "connector = HDMI-A-1\n"}


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """{"canvas": {"size": "auto", ...}, ..., "plugin icmp": {...}}: names and defaults.
    The section of an output exists when somebody names its connector."""
    path = tmp_path_factory.mktemp("known") / "murald.conf"
    path.write_text("".join("[plugin %s]\n%s" % (name, NEEDED.get(name, "")) for name in plugins())
                    + "[output left]\n" + NEEDED["output left"])
    sections = {}
    for line in murald("--print-config", config=str(path)).splitlines():
        section, key, value = re.fullmatch(r"(.+?)\.([a-z0-9-]+) = (.*?)  ; .*", line).groups()
        sections.setdefault(section, {})[key] = value.strip()
    for name in NEEDED:
        for key in re.findall(r"^(\S+) = ", NEEDED[name], re.M):
            sections[name if " " in name else "plugin " + name][key] = ""
    # murald() above overrides this one.
    default = subprocess.run([MURALD, "-c", "/dev/null", "--print-config"],
                             stdout=subprocess.PIPE, text=True, check=True).stdout
    sections["server"]["plugin-path"] = re.search(
        r"^server.plugin-path = (\S+) ", default, re.M).group(1)
    return sections


def test_the_list_of_plugins_names_every_option(known):
    listed, name = {}, None
    for line in murald("--list-plugins").splitlines():
        if line.startswith("  "):
            listed[name].add(line.split()[0])
            assert re.search(r"\S {1,}default \S+ +\S+ \S+", line), "no type, default, help: " + line
        else:
            name = re.match(r"(\S+) (\d\S*): \S+", line).group(1)
            listed[name] = set()
    assert listed == {name: set(known["plugin " + name]) for name in plugins()}


def test_the_list_of_plugins_on_a_terminal():
    """What an option is for has lines of its own, below what it is, that fit."""
    lines = on_terminal(MURALD, "-c", "/dev/null", "--list-plugins", "-s", "server.plugin-path=" + PLUGINS)
    whole = [" ".join(line.split()) for line in murald("--list-plugins").splitlines()]
    assert " ".join(" ".join(lines).split()) == " ".join(whole)
    assert [line for line in lines if len(line) > 80 and " default " not in line] == []
    options = [i for i, line in enumerate(lines) if re.match("  [a-z]", line)]
    assert options and all(re.fullmatch("        [^ ].*", lines[i + 1]) for i in options)


def file_options(path):
    """What a config file says, in comments or not: "#[section]" and "#key = value"."""
    sections, section = {}, None
    for line in read(path).splitlines():
        title = re.fullmatch(r"[#;]?\[(.+)\]", line)
        option = re.fullmatch(r"[#;]?([a-z0-9-]+) =\s*(.*?)(\s+;.*)?", line)
        if title:
            section = title.group(1)
            assert section not in sections, section + " is there twice"
            sections[section] = {}
        elif option:
            assert option.group(1) not in sections[section], line + " is there twice"
            sections[section][option.group(1)] = option.group(2)
    return sections


def test_the_default_config_shows_every_option_at_its_default(known):
    there = {(section, "%s = %s" % option)
             for section, options in file_options(CONF).items() for option in options.items()}
    wanted = {(section, "%s = %s" % option)
              for section, options in known.items() for option in options.items()}
    assert sorted(wanted - there) == [], "etc/murald.conf.in lacks these"
    assert sorted(there - wanted) == [], "etc/murald.conf.in has these, and the program has not"


def test_the_default_config_sets_nothing():
    active = [line for line in read(CONF).splitlines() if line.strip() and line[0] not in "#;"]
    assert [line for line in active if not re.fullmatch(r"\[\w+\]", line)] == []
    assert murald("--check-config", config=CONF).strip() == "ok"


def test_the_default_config_is_right_with_everything_switched_on(tmp_path, known):
    path = tmp_path / "murald.conf"
    path.write_text("".join(
        "[%s]\n%s%s" % (section, "".join("%s = %s\n" % option for option in options.items()),
                       NEEDED.get(section.replace("plugin ", ""), ""))
        for section, options in file_options(CONF).items()))
    assert murald("--check-config", config=str(path)).strip() == "ok"


def page(name):
    return read(os.path.join(BUILD, "doc", name))


def manual_options():
    """{section: {key: text of the entry}} of murald.conf(5); section "plugin" has the common options."""
    sections, section, entry = {}, None, None
    headings = {"CANVAS": "canvas", "DISPLAY": "display", "SERVER": "server", "RECORD": "record", "CONTROL": "control",
                "PLUGINS": "plugin", "OUTPUTS": "output left"}
    for line in page("murald.conf.5").splitlines():
        heading = re.fullmatch(r"\.S([hs]) (.+)", line)
        item = re.match(r"\.It Cm ([a-z0-9-]+) No = ?(.*)", line)
        if heading:
            section = (headings.get(heading.group(2)) if heading.group(1) == "h"
                       else "plugin " + heading.group(2))
            entry = None
        elif item and section:
            entry = item.group(1)
            assert entry not in sections.setdefault(section, {}), entry + " is there twice"
            sections[section][entry] = line + "\n"
        elif entry:
            sections[section][entry] += line.replace(r"\:", "") + "\n"    # where a line may break
    return sections


def test_the_manual_has_every_option_and_no_other(known):
    manual = manual_options()
    common = set(manual.pop("plugin"))
    for name in plugins():
        mine = set(manual.get("plugin " + name, {}))
        assert mine - set(known["plugin " + name]) == set(), "murald.conf(5) has these, and %s has not" % name
        assert set(known["plugin " + name]) - mine - common == set(), \
            "murald.conf(5) lacks these in its section \".Ss %s\"" % name
        used = {key for plugin in plugins() for key in known["plugin " + plugin]}
        assert common <= used
    core = {section: set(options) for section, options in known.items() if " " not in section}
    assert {section: set(options) for section, options in manual.items()
            if " " not in section} == core
    assert {section for section in manual if " " in section} == {
        section for section in known if " " in section}


def test_the_manual_has_the_defaults(known):
    manual = manual_options()
    common = manual.pop("plugin")
    wrong = []
    for section, options in known.items():
        for key, value in options.items():
            text = manual.get(section, {}).get(key) or common.get(key, "")
            # "Default\n.Cm value", "Default\n.Ql several words", ".Cm value , No the default", ".Cm value ,\nthe default",
            # "If empty (the default)"
            said = re.search(r"Default\n\.Cm (\S+)", text) or re.search(
                r"Default\n\.Ql (.+) \.$", text, re.M) or re.search(
                r"\.(?:Pq )?Cm (\S+) (?:, No |,\n)the default", text)
            if said is None:
                said = "" if "If empty (the default)" in text else None
            else:
                said = said.group(1)
            if said != value and not NEEDED.get(section, "").startswith(key + " ="):
                wrong.append("%s.%s: %r, the manual says %r" % (section, key, value, said))
    assert wrong == []


def test_the_index_of_the_manual_names_only_options_that_exist(known):
    index = page("murald.8").split("\n.Sh FINDING THINGS\n")[1].split("\n.Sh ")[0]
    named = re.findall(r"^\.Cm ([a-z0-9]+)\.([a-z-]+)", index, re.M)
    assert len(named) > 20
    assert [(section, key) for section, key in named
            if key not in known.get(section, known.get("plugin " + section, {}))] == []


def test_quickstart_starts_every_plugin():
    sections = file_options(QUICKSTART)
    there = {section for section in sections if section.startswith("plugin ")}
    assert {"plugin " + name for name in plugins()} - there == set(), "etc/quickstart.conf lacks these sections"
    assert there - {"plugin " + name for name in plugins()} == set(), "there are no such plugins"
    assert murald("--check-config", config=QUICKSTART).strip() == "ok"


def test_help_and_manual_have_the_same_command_line():
    text = murald("--help")
    assert text.count("\n") < 25, "--help is more than a screen"
    said = set(re.findall(r"--[a-z-]+", text)) | set(re.findall(r"(?<![\w-])-[a-z]\b", text, re.I))
    documented = set()
    for line in page("murald.8").splitlines():
        item = re.match(r"\.It (Fl .*)", line)
        if item:
            documented |= {"--" + word for word in re.findall(r"Fl Fl ([a-z-]+)", item.group(1))}
            documented |= {"-" + word for word in re.findall(r"Fl (\w)\b", item.group(1))}
    assert said == documented


def test_help_fits_a_terminal():
    verbs = re.findall(r"^  ([a-z]+)", subprocess.run([MURALCTL, "wall", "--help"], stdout=subprocess.PIPE, text=True,
                                                      check=True).stdout, re.M)
    assert len(verbs) > 20
    for command in [[MURALD], [MURALCTL], [MURALCTL, "wall"], [os.path.join(SOURCE, "quickstart")],
                    *([MURALCTL, "wall", verb] for verb in verbs)]:
        text = subprocess.run([*command, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
        assert text and [line for line in text.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_what_only_prints_needs_no_config(option):
    assert murald(option, config="/nonexistent")
