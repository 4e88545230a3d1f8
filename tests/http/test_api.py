# SPDX-License-Identifier: MIT
"""/openapi.json: it is sound, it has each route of the code, and the wall answers as it says, whatever it is asked.
And the page /api/, whose examples work."""
import glob
import json
import os
import random
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

from browser import Browser
from control import control
from wall import SOURCE, Wall, wait_for

METHODS = {"get", "put", "post", "delete", "options"}

# What any route may answer, as the document's description says.
ANYWHERE = {413}

# Not asked: it would close the way that the questions come by, or change what other cases ask for.
LEFT_ALONE = {"POST /admin/api/plugin", "POST /admin/api/reload", "POST /admin/api/ban", "POST /admin/api/freeze",
              "POST /disableBoard", "POST /changePixelRate"}


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    core = "[record]\nfile = %s/record\ninterval = 100ms\n" % folder + control(folder)
    with Wall(folder, "[plugin http]\nlisten = 127.0.0.1:0\ndatabase = %s/board.db\nadmin-token = adm\n"
              "pixel-rate = 0\npainters-per-source = 0\n" % folder, size="64x48", core=core) as started:
        yield started


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args, **kwargs):
        return None


def ask(wall, method, path, body=None, fields=None):
    """Status, content type and body."""
    request = urllib.request.Request("http://127.0.0.1:%d%s" % (wall.port("http"), path), body, fields or {},
                                     method=method)
    try:
        with urllib.request.build_opener(NoRedirects).open(request, timeout=30) as answer:
            return answer.status, answer.headers.get("Content-Type", ""), answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers.get("Content-Type", ""), answer.read()


@pytest.fixture(scope="module")
def document(wall):
    return json.loads(ask(wall, "GET", "/openapi.json")[2])


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


# ---- the document by itself

def parts(value):
    yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(part)


def test_the_document_is_sound(document):
    assert document["openapi"].startswith("3.0.") and document["info"]["title"] and document["info"]["version"]
    tags = {tag["name"] for tag in document["tags"]}
    names = []
    for method, path, operation in operations(document):
        where = "%s %s" % (method, path)
        assert method.lower() in METHODS and path.startswith("/"), where
        assert set(operation) <= {"tags", "operationId", "summary", "description", "parameters", "requestBody",
                                  "responses", "security"}, where
        assert operation["summary"] and set(operation["tags"]) <= tags, where
        names.append(operation["operationId"])
        parameters = operation.get("parameters", [])
        assert [p["name"] for p in parameters if p["in"] == "path"] == re.findall(r"{(\w+)}", path), where
        for parameter in parameters:
            assert parameter["in"] in ("path", "query") and "schema" in parameter, where
            assert parameter["in"] != "path" or parameter["required"] is True, where
            assert "example" in parameter, where
        assert operation["responses"], where
        for status, response in operation["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d", status) and response["description"], where
            for media in response.get("content", {}).values():
                assert "schema" in media, where
        for media in operation.get("requestBody", {"content": {}})["content"].values():
            assert "example" in media, where
            if isinstance(media["example"], dict):
                assert set(media["schema"].get("required", [])) <= set(media["example"]), where
    assert len(names) == len(set(names))
    for part in parts(document):
        if isinstance(part, dict) and isinstance(part.get("$ref"), str):
            assert part["$ref"].rpartition("/")[2] in document["components"]["schemas"]
        if isinstance(part, dict) and part.get("type") == "array":
            assert "items" in part
        if isinstance(part, dict) and isinstance(part.get("required"), list):
            assert part["required"] and set(part["required"]) <= set(part["properties"])


def routes_of_the_code():
    """METHOD and path of each line of a route table; one that ends with * is a prefix."""
    found = set()
    for name in glob.glob(os.path.join(SOURCE, "plugins", "http", "**", "*.c"), recursive=True):
        with open(name) as file:
            text = file.read()
        macros = dict(re.findall(r'#define (\w+) "([^"]*)"', text))
        for table in re.findall(r"const struct route \w+\[\] = {(.*?)\n};", text, re.S):
            for method, path, prefix in re.findall(
                    r'(?:MHD_HTTP_METHOD_)?"?(GET|PUT|POST|DELETE|OPTIONS)"?,\s*(?:\.path = )?("[^"]*"|\w+),\s*'
                    r"(?:\.prefix = )?(true|false)?", table):
                path = path.strip('"') if path.startswith('"') else macros[path]
                found.add("%s %s%s" % (method, path, "*" if prefix == "true" else ""))
    return found


def test_each_route_is_in_the_document_and_reverse(wall, document):
    code = routes_of_the_code()
    assert len(code) > 30
    said = {"%s %s" % (method, path) for method, path, _ in operations(document)}
    served = set()
    for route in said:
        plain = re.sub(r"{.*", "*", route)
        prefix = [known for known in code if known.endswith("*") and route.startswith(known[:-1])]
        assert plain in code or prefix, "not in the code: " + route
        served.add(plain if plain in code else prefix[0])
    assert code == served, "not in the document: %s" % (code - served)
    verbs = json.loads(ask(wall, "POST", "/admin/api/verbs", b"", {"Authorization": "Bearer adm"})[2])["is"]["verbs"]
    assert {"POST /admin/api/" + verb["verb"] for verb in verbs} == {
        route for route in said if "/admin/api/" in route}


# ---- what the wall answers

def fits(document, schema, value):
    """Whether a value is what a schema says, as far as the document uses them."""
    if "$ref" in schema:
        return fits(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], value)
    if "oneOf" in schema:
        return any(fits(document, one, value) for one in schema["oneOf"])
    if value is None:
        return schema.get("nullable", "type" not in schema)
    kind = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list,
            "object": dict}.get(schema.get("type"), object)
    if not isinstance(value, kind) or (isinstance(value, bool) and schema.get("type") in ("integer", "number")):
        return False
    if isinstance(value, list):
        return all(fits(document, schema["items"], item) for item in value)
    if isinstance(value, dict) and "properties" in schema:
        return set(schema.get("required", [])) <= set(value) <= set(schema["properties"]) and all(
            fits(document, schema["properties"][name], part) for name, part in value.items())
    return value in schema.get("enum", [value])


def check(wall, document, method, path, operation, address, body=None, fields=None):
    """Asks, and compares the answer with the document; the status."""
    status, media, content = ask(wall, method, address, body, fields)
    said = operation["responses"].get(str(status))
    where = "%s %s %r: %d %s %r" % (method, address, body and body[:200], status, media, content[:300])
    assert said is not None or status in ANYWHERE, where
    if said is None or "content" not in said:
        return status
    types = {known.partition(";")[0].lower(): known for known in said["content"]}
    known = types.get(media.partition(";")[0].lower(), types.get("*/*"))
    assert known, where
    if known == "application/json":
        assert fits(document, said["content"][known]["schema"], json.loads(content)), where
    return status


class Questions:
    """Addresses and bodies for an operation, by its parameters."""
    JUNK = ["", "0", "-1", "1e400", "nan", "99999999999999999999", "%00", "\u20ac", "x" * 300, "[]", "../..", "null"]
    WRONG = [None, True, -1, 1e300, 10 ** 18, "", "\u20ac", "x" * 300, [], [[1]], {}, {"a": {}}, "5", 2.9]

    def __init__(self, path, operation, real):
        self.path, self.operation, self.real = path, operation, real

    def address(self, **replaced):
        path, query = self.path, {}
        for parameter in self.operation.get("parameters", []):
            name = parameter["name"]
            value = str(replaced.get(name, self.real.get(parameter["example"], parameter["example"])))
            if parameter["in"] == "path":
                path = path.replace("{%s}" % name, urllib.parse.quote(value, safe=""))
            elif name in replaced or parameter["required"] or parameter["example"] in self.real:
                query[name] = value
        return path + ("?" + urllib.parse.urlencode(query) if query else "")

    def body(self):
        """The example, an object; None: there is none."""
        content = self.operation.get("requestBody", {"content": {}})["content"].get("application/json")
        return content and {name: self.real.get(value, value) if isinstance(value, str) else value
                            for name, value in content["example"].items()}

    def addresses(self):
        yield self.address()
        for parameter in self.operation.get("parameters", []):
            yield self.address(**{parameter["name"]: parameter["example"]})
            for junk in self.JUNK:
                yield self.address(**{parameter["name"]: junk})

    def bodies(self, rng):
        right = self.body()
        if right is None:
            return
        yield from (b"", b"{", b"[]", b"null", b'{"a":1,"a":2}', b"\xff", b"{}")
        names = list(self.operation["requestBody"]["content"]["application/json"]["schema"]["properties"])
        for name in names:
            yield json.dumps({key: value for key, value in right.items() if key != name}).encode()
            for wrong in rng.sample(self.WRONG, 5):
                yield json.dumps({**right, name: wrong}).encode()
        for _ in range(5):
            yield json.dumps({name: rng.choice(self.WRONG) for name in names}).encode()


@pytest.fixture(scope="module")
def real(wall):
    """What stands in examples for something that the wall gives out, and what it is here."""
    answer = ask(wall, "PUT", "/register-pg", json.dumps({"name": "n", "author": "a", "secret": "s"}).encode())
    assert answer[0] == 200
    wait_for("a record", lambda: json.loads(ask(wall, "GET", "/history")[2])["moments"] > 0 or
             ask(wall, "PUT", "/update-pixel", json.dumps(
                 {"row": 1, "col": 1, "color": 2, "id": json.loads(answer[2])["id"]}).encode()) is None)
    last = json.loads(ask(wall, "GET", "/history")[2])["last"]
    return {"ID": json.loads(answer[2])["id"], "TOKEN": "adm", "MOMENT": "%d" % round(last * 1000)}


def is_socket(operation):
    return "426" in operation["responses"]


def test_each_example_gets_what_the_document_says(wall, document, real):
    for method, path, operation in operations(document):
        if "%s %s" % (method, path) in LEFT_ALONE:
            continue
        # another generator for each: what removes them comes along
        answer = ask(wall, "PUT", "/register-pg", json.dumps({"name": path, "author": "a", "secret": "s"}).encode())
        questions = Questions(path, operation, {**real, "ID": json.loads(answer[2])["id"]})
        body = questions.body()
        status = check(wall, document, method, path, operation, questions.address(),
                       body and json.dumps(body).encode(),
                       {"Content-Type": "application/json",
                        **({"Authorization": "Bearer adm"} if "security" in operation else {})})
        if "/admin/api/" not in path and not path.startswith("/socket.io/"):
            assert status < 400 or (is_socket(operation) and status == 426), (method, path, status)


def test_whatever_is_asked_the_answer_is_in_the_document(wall, document, real):
    rng = random.Random(22)
    seen = {}
    for method, path, operation in operations(document):
        name = "%s %s" % (method, path)
        if name in LEFT_ALONE:
            continue
        questions = Questions(path, operation, {**real, "SID": "none"})
        fields = {"Content-Type": "application/json"}
        if "security" in operation:
            fields["Authorization"] = "Bearer adm"
        for address in questions.addresses():
            seen.setdefault(name, set()).add(check(wall, document, method, path, operation, address,
                                                   None, {} if method == "GET" else fields))
        for body in questions.bodies(rng):
            if path == "/removeGenerators" and b'"token": "adm"' in body:
                continue  # the others' ids
            seen[name].add(check(wall, document, method, path, operation, questions.address(), body, fields))
    # the questions are not all of one kind
    assert {200, 400, 401} <= seen["PUT /update-pixel"]
    assert {200, 400} <= seen["GET /history"] and {200, 404} <= seen["GET /getPixelAuthor/{col}/{row}"]
    assert seen["GET /tiles/{z}/{x}/{y}/{id}.png"] == {200, 404}
    assert ask(wall, "GET", "/healthz")[0] == 200


def test_without_the_token(wall, document):
    secured = [some for some in operations(document) if "security" in some[2]]
    assert len(secured) > 5
    for method, path, operation in secured:
        assert check(wall, document, method, path, operation, path, b"{}") in (401, 429)


# ---- the page

def test_the_page_has_examples_that_work(wall, document, tmp_path):
    here = "http://127.0.0.1:%d/" % wall.port("http")
    with Browser(tmp_path) as browser:
        browser.goto(here + "api/")
        wait_for("the routes", lambda: browser.eval("document.querySelectorAll('article').length") ==
                 sum(1 for _ in operations(document)))
        assert browser.ask("axe") == []

        def shown(language):
            browser.eval("(s => { s.value = %s; s.dispatchEvent(new Event('change')); })"
                         "(document.getElementById('language'))" % json.dumps(language))
            return browser.eval("Object.fromEntries([...document.querySelectorAll('article')]"
                                ".map(a => [a.id, a.querySelector('code').textContent]))")
        curl, python, script = shown("curl"), shown("python"), shown("javascript")
        for code in curl.values():
            assert subprocess.run(["bash", "-n", "-c", code]).returncode == 0, code
        for code in python.values():
            compile(code, "example", "exec")
        browser.eval("%s.forEach(code => new (async () => {}).constructor(code))" % json.dumps([*script.values()]))
        # and what they say
        said = subprocess.run(["bash", "-c", curl["register"] + " -sS"], check=True, capture_output=True, text=True)
        number = json.loads(said.stdout)["id"]
        assert re.fullmatch("[0-9a-f]{24}", number)
        said = subprocess.run(["/usr/bin/python3", "-c", python["paint"].replace("ID", number)], check=True,
                              capture_output=True, text=True)
        assert '"success":true' in said.stdout
        browser.eval("new (async () => {}).constructor(%s)()" % json.dumps(
            script["author"].replace("console.log", "window.said = ")))
        assert browser.eval("window.said") == {"author": "snake (me)", "color": 4}
        assert not browser.errors
