"""Each rule of tools/lint fires on a bad snippet and is silent on its good neighbour."""
import os, subprocess, sys

import pytest

LINT = os.path.join(os.path.dirname(__file__), "..", "..", "tools", "lint")


def lint(root, rules):
    run = subprocess.run([sys.executable, LINT, "--root", str(root), "--only", rules], capture_output=True, text=True)
    *found, closing = run.stdout.strip().split("\n")
    assert closing.startswith("lint: "), run.stdout + run.stderr
    assert run.returncode == (1 if found else 0)
    return found, closing


def write(root, files):
    for path, text in files.items():
        full = root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text)


def function(body, signature="int f(int a)"):
    return signature + "\n{\n" + body + "}\n"


H = "#pragma once\n"
DEEP_BRACELESS = "    for (;;)\n        if (a)\n            while (a)\n                do\n                    switch (a) {\n" \
                 "                    case 1: return 1;\n                    }\n                while (a);\n    return 0;\n"
DEEP_FOUR = "    for (;;) {\n        if (a) {\n            while (a)\n                if (a)\n                    return 1;\n" \
            "        }\n    }\n"
ELSE_CHAIN = "    " + " else ".join(f"if (a == {i})\n        g({i});\n   " for i in range(9)) + "\n    return 0;\n"

# rule, path, good text, bad text, line of the finding, part of its message
CASES = [
    ("include", "base/x.c", '#include "base/x.h"\n', '#include "policy/p.h"\n', 1, "base must not include policy/p.h"),
    ("include", "policy/x.c", '#include "base/x.h"\n', '\n#include "connectors/connector.h"\n', 2, "policy must not include"),
    ("include", "connectors/x.c", '#include "base/x.h"\n', '#include "policy/p.h"\n', 1, "connectors must not"),
    ("include", "gateway/http/x.c", '#include "base/x.h"\n', '#include "gateway/oidc/oidc.h"\n', 1, "gateway/http must not"),
    ("include", "gateway/oidc/x.c", '#include "gateway/store/store.h"\n', '#include "gateway/store/sqlite.h"\n', 1, "must not"),
    ("include", "gateway/oidc/x.c", '#include "webui/pages/pages.h"\n', '#include "gateway/http/server.h"\n', 1, "must not"),
    ("include", "gateway/main.c", '#include "gateway/http/server.h"\n', '#include "login/l.h"\n', 1, "gateway must not"),
    ("include", "login/x.c", '#include "base/x.h"\n', '#include "base/net/n.h"\n', 1, "login must not include base/net"),
    ("include", "login/net/x.c", '#include "base/net/n.h"\n', '#include "policy/p.h"\n', 1, "login/net must not"),
    ("include", "base/x.c", '#include <stdio.h>\n', '#include <base/x.h>\n', 1, "is ours"),
    ("include", "base/x.c", '#include "base/page.css.h"\n', '#include "base/absent.h"\n', 1, "does not exist"),
    ("include", "elsewhere/x.c", '#include <stdio.h>\n', '#include "base/x.h"\n', 1, "no row in the table"),
    ("include", "tests/unit/x.c", '#include "policy/p.h"\n', '#include "x.h"\n', 1, "does not exist"),
    ("owner", "gateway/oidc/x.c", "/* EVP_sign */\n", "int x = EVP_sign();\n", 1, "EVP_sign of OpenSSL's EVP belongs into jose"),
    ("owner", "gateway/oidc/x.c", "int my_MHD_x;\n", "MHD_start();\n", 1, "gateway/http"),
    ("owner", "policy/x.c", "int ldap_group;\n", "ldap_bind(x);\n", 1, "connectors"),
    ("owner", "gateway/oidc/x.c", '"sqlite3_open"\n', "sqlite3_open(x);\n", 1, "gateway/store"),
    ("owner", "login/net/x.c", "p->curl_x;\n", "curl_easy_init();\n", 1, "base/net"),
    ("owner", "policy/x.c", "#include <stdio.h>\n", "#include <libfyaml.h>\n", 1, "only tests/unit includes libfyaml"),
    ("owner", "gateway/oidc/x.c", "#include <openssl/rand.h>\n", "#include <openssl/evp.h>\n", 1, "only jose"),
    ("json", "policy/x.c", "json_put_str(j);\n", "static json_t *x;\n", 1, "outside of the JSON edge"),
    ("banned", "base/x.c", "strncat_x(a); p->system(x);\n", "\n\nstrcpy(a, b);\n", 3, "strcpy is banned, take struct buf"),
    ("banned", "tests/unit/x.c", "snprintf(a);\n", "sprintf(a);\n", 1, "sprintf is banned"),
    ("banned", "base/x.c", "my_system(x);\n", "system(x);\n", 1, "posix_spawn"),
    ("banned", "base/x.c", "gmtime_r(x);\n", "localtime (x);\n", 1, "localtime is banned"),
    ("heap", "policy/x.c", "mem_free(p);\n", "free(p);\n", 1, "free outside of base/"),
    ("heap", "login/x.c", "s->free(p);\n", "x = strdup(p);\n", 1, "strdup outside of base/"),
    ("owned", "base/x.c", "auto_arena a = {0};\n#define auto_x struct x y\nauto_buf b = BUF_INIT(f(1));\n", "auto_arena a;\n", 1,
     "auto_arena a has no initialiser"),
    ("owned", "tests/x.c", "auto_free char *p = NULL;\n", "auto_x *a = f(), *b;\nauto_free char *p;\n", 2, "no initialiser"),
    ("goto", "base/x.c", "/* goto x */ int go_to;\n", "goto x;\n", 1, "goto"),
    ("else", "base/x.c", function("    if (a)\n        g();\n    else\n        h();\n"),
     function("    if (a)\n        return 1;\n    else\n        h();\n"), 5, "else after return"),
    ("else", "base/x.c", function("    if (a) {\n        if (b)\n            return 1;\n    } else {\n        h();\n    }\n"),
     function("    if (a) {\n        g();\n        return f((x){1, 2}, g(1));\n    } else {\n        h();\n    }\n"), 6, "else"),
    ("else", "base/x.c", "#if A\nint f(void) { return 1; }\n#else\nint x;\n#endif\n",
     function("    if (a) {\n        return (struct str){1, 2};\n    } else\n        h();\n"), 5, "else"),
    ("pragma", "base/x.h", H, "/* x */\n#pragma once\n", 1, "#pragma once"),
    ("pragma", "base/x.tbl.h", "X(a)\n", H + "X(a)\n", 1, "more than once"),
    ("header", "base/x.h", H + "#include <stddef.h>\nsize_t f(void);\n", H + "size_t f(void);\n", 2, "does not compile alone"),
    ("file-length", "base/x.c", "int x;\n" * 600, "int x;\n" * 601, 601, "601 lines"),
    ("line-length", "base/x.c", "\u00fc" * 100 + "\n", "x" * 101 + "\n", 1, "101 columns"),
    ("words", "docs/x.md", "todos and xxx\n", "\nsome TO" + "DO here\n", 2, "in the text"),
    ("words", "tools/x", 'mkdtemp("XXXX")\n', "# FIX" + "ME\n", 1, "in the text"),
    ("syntax", "tools/x.py", "def f(): pass\n", "x = 1\ndef f(:\n", 2, "Python"),
    ("syntax", "tools/x", "#!/bin/bash\n[[ a ]] && x=(1)\n", "#!/bin/bash\nif true; then\n", 3, "bash"),
    ("syntax", "tools/x", "#!/bin/sh\nif true; then :; fi\n", "#!/bin/sh\ncase x in\n", 3, "sh"),
    ("function", "base/x.c", function("    g();\n" * 77), function("    g();\n" * 78), 1, "f has lines 81"),
    ("function", "base/x.c", function("    if (a)\n        g();\n" * 14), function("    if (a)\n        g();\n" * 15), 1, "complexity 16"),
    ("function", "base/x.c", function(DEEP_FOUR), function(DEEP_BRACELESS), 1, "nesting 5"),
    ("function", "base/x.c", function(ELSE_CHAIN), "\n" + function(DEEP_FOUR.replace("return 1", "for (;;) g()")), 2, "nesting 5"),
    ("function", "base/x.c", function("", "int f(int (*g)(int, int, int), int b, int c, int d, int e)"),
     function("", "int f(int (*g)(int, int), int b, int c, int d, int e, int h)"), 1, "parameters 6"),
    ("format", "base/x.c", "int f(void)\n{\n    return 1;\n}\n", "int x;\nint f(void) {\n  return 1; }\n", 2, "make format"),
]
NEIGHBOURS = {
    "base/x.h": H, "base/net/n.h": H, "base/page.css": "", "policy/p.h": H, "connectors/connector.h": H, "login/l.h": H,
    "gateway/store/store.h": H, "gateway/store/sqlite.h": H, "gateway/oidc/oidc.h": H, "gateway/http/server.h": H,
    "webui/pages/pages.h": H, "jose/j.h": H,
}


@pytest.fixture
def root(tmp_path):
    config = os.path.join(os.path.dirname(LINT), "..", ".clang-format")
    write(tmp_path, {".clang-format": open(config).read()})
    return tmp_path


@pytest.mark.parametrize("rule, path, good, bad, line, part", CASES, ids=[f"{i}-{c[0]}" for i, c in enumerate(CASES)])
def test_rule_fires_on_the_bad_and_not_on_the_good(root, rule, path, good, bad, line, part):
    write(root, {**(NEIGHBOURS if rule == "include" else {}), path: good})
    assert lint(root, rule)[0] == []
    write(root, {path: bad})
    found, _ = lint(root, rule)
    assert len(found) == 1
    assert found[0].startswith(f"{path}:{line}: {rule}: ") and part in found[0]


def test_every_rule_has_a_case():
    rules = subprocess.run([sys.executable, LINT, "--list"], capture_output=True, text=True).stdout.split()
    assert set(rules) == {c[0] for c in CASES}


def test_the_closing_line_counts_rules_not_files(root):
    write(root, {"base/x.c": "goto a;\ngoto b;\n", "base/y.c": "goto a;\nstrcpy(a, b);\n", "base/z.c": "int z;\n"})
    found, closing = lint(root, "goto,banned,heap,pragma")  # heap is not for base/, pragma not for .c
    assert len(found) == 4 and closing == "lint: 0 passed, 2 failed"
    assert lint(root, "goto,else,words")[1] == "lint: 2 passed, 1 failed"


def test_an_exception_is_granted_by_count(root):
    write(root, {"base/x.c": "goto a;\ngoto b;\n", "tools/lint.allow": "# why\ngoto base/x.c 2 because of this\n"})
    assert lint(root, "goto") == ([], "lint: 1 passed, 0 failed")
    write(root, {"base/x.c": "goto a;\ngoto b;\ngoto c;\n"})
    assert len(lint(root, "goto")[0]) == 3


def test_an_exception_not_used_up_fails(root):
    write(root, {"base/x.c": "goto a;\n", "tools/lint.allow": "goto base/x.c 2 because of this\n"})
    found, _ = lint(root, "goto")
    assert found == ["tools/lint.allow:1: allow: base/x.c has 1 of 2 granted for goto, lower the count"]
    assert lint(root, "banned")[0] == []  # a rule that did not run grants nothing


@pytest.mark.parametrize("line", ["goto base/x.c because", "goto base/x.c 1", "gotto base/x.c 1 reason"])
def test_an_exception_without_count_or_reason_fails(root, line):
    write(root, {"base/x.c": "int x;\n", "tools/lint.allow": line + "\n"})
    assert "allow: not `rule file count reason`" in lint(root, "goto")[0][0]


def test_a_header_repaired_is_looked_at_again(root):
    write(root, {"base/x.h": H})
    assert lint(root, "header")[0] == []
    write(root, {"base/x.h": H + "size_t f(void);\n"})
    assert len(lint(root, "header")[0]) == 1
    assert len(lint(root, "header")[0]) == 1


def test_a_tree_without_anything_to_check_fails(root):
    run = subprocess.run([sys.executable, LINT, "--root", str(root), "--only", "goto"], capture_output=True, text=True)
    assert run.returncode == 1 and run.stdout == "lint: 0 passed, 0 failed\n"
