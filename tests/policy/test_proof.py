"""prove --proof: the same input gives the same bytes, and every input stands in the proof with its hash."""
import hashlib
import json
import random
import shutil


def proof(policy, *arguments):
    run = policy.offline("prove", "--proof", "proof.json", *arguments)
    assert run.returncode == 0, run.stdout + run.stderr
    return (policy.folder / "proof.json").read_bytes()


def shuffled_list(path, r):
    document = json.loads(path.read_text())
    r.shuffle(document["items"])
    path.unlink()
    path.write_text(json.dumps(document))


def inputs(data):
    return {(x["kind"], x["name"]): x["hash"] for x in json.loads(data)["inputs"]}


def test_equal_input_gives_equal_bytes_in_any_order_of_people_files_and_objects(policy):
    first = proof(policy)
    assert proof(policy) == first and proof(policy, "--at", "2027-01-01") == first, "a proof has no date"
    r = random.Random("order")
    path = policy.folder / "directory.json"
    directory = json.loads(path.read_text())
    for list_ in [directory["people"], directory["groups"], *(p["groups"] for p in directory["people"])]:
        r.shuffle(list_)
    path.write_text(json.dumps(directory))
    lists = [p for p in sorted((policy.folder / "objects").rglob("*.json")) if isinstance(json.loads(p.read_text()).get("items"), list)
             and json.loads(p.read_text())["kind"] != "APIGroupDiscoveryList"]
    assert len(lists) > 3
    r.shuffle(lists)
    for p in lists:  # written anew in another order, so that readdir gives another one too
        shuffled_list(p, r)
    assert proof(policy) == first


def test_the_folder_it_is_made_in_does_not_show(policy, tmp_path):
    first = proof(policy)
    other = tmp_path / "quite" / "another place"
    shutil.copytree(policy.folder, other, ignore=shutil.ignore_patterns("quite"))
    policy.folder = other
    assert proof(policy) == first
    assert str(tmp_path).encode() not in first


def test_each_input_stands_there_with_its_hash(policy):
    found = inputs(proof(policy))
    hashed = "sha256:" + hashlib.sha256((policy.folder / "policy.yaml").read_bytes()).hexdigest()
    assert found.pop(("policy", "policy.yaml")) == hashed
    assert policy.offline("snapshot", "--save", "taken").returncode == 0
    names = {"objects": "rbac.json", "namespaces": "namespaces.json", "discovery": "discovery.json"}
    for site in ("fra", "muc", "ber"):
        for kind, name in names.items():  # what `snapshot` writes of the site, byte by byte
            text = (policy.folder / "taken" / site / name).read_bytes()
            assert found.pop((kind, site)) == "sha256:" + hashlib.sha256(text).hexdigest(), (site, kind)
    people = sorted((p["username"], "\n".join(sorted(p["groups"]))) for p in json.loads((policy.folder / "directory.json").read_text())["people"])
    assert found.pop(("directory", "directory")).startswith("sha256:") and len(people) == 380
    assert found == {}


def test_each_change_of_an_input_changes_its_hash_and_no_other(policy):
    first = inputs(proof(policy))

    def changed():
        now = inputs(proof(policy))
        return {k for k in first if first[k] != now[k]}

    path = policy.folder / "directory.json"
    before = path.read_text()
    directory = json.loads(before)
    directory["people"].append({"username": "new.one", "groups": []})
    path.write_text(json.dumps(directory))
    assert changed() == {("directory", "directory")}
    path.write_text(before)
    path = policy.folder / "objects/namespaces-fra.json"
    document = json.loads(path.read_text())
    document["items"][0]["metadata"].setdefault("labels", {})["colour"] = "blue"
    path.write_text(json.dumps(document))
    assert changed() == {("namespaces", "fra")}
    policy.edit("lotse: 1\n", "lotse: 1  # the same, with a word\n")
    assert changed() == {("namespaces", "fra"), ("policy", "policy.yaml")}
