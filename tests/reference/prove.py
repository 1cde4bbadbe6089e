"""What must never and what must always be possible, decided by trying everything: sets of atoms (access.py), cell by cell, person by person.

    policy = invariants.random_policy(world, seed)
    reference = prove.Reference(policy, world, {site: objects})
    reference.decide(invariant, always)            # (broken cells or people, names of people)
"""
import fnmatch
import itertools

from tests.reference import access, worlds
from tests.reference.access import EVERYBODY, RBAC
from tests.reference.detours import closure


class Site:
    def __init__(self, reference, name, objects):
        self.name, self.space = name, access.Space(reference.world.discovery, objects)
        self.held = access.Holdings(self.space, objects)
        self.objects = objects
        self.namespaces = reference.world.sites[name]["namespaces"]
        names = self.space.names
        self.all = {(v, *pair, n) for v in self.space.verbs for pair in self.space.pairs for n in names[pair]}
        self.all |= {(v, "url", path) for v in self.space.verbs for path in self.space.paths}

    def inside(self, atoms):
        return self.space.inside(atoms)

    def atoms(self, text, always=False):
        """Of "verbs targets [names a,b]"."""
        verbs, targets, *names = text.split()
        found = set()
        wanted = names[1].split(",") if names else None
        chosen = set(verbs.split(","))
        if verbs == "*":
            chosen = set(access.STANDARD_VERBS) if always else self.space.verbs
        chosen = {v if v in self.space.verbs else access.OTHER for v in chosen}
        for target in targets.split(","):
            group, _, resource = target.partition("/")
            if resource == "*" or group == "*" or resource.startswith("*/"):
                pairs = {(g, x) for g, x in self.space.pairs if group in ("*", g) and (
                    resource == "*" or x == resource or (resource.startswith("*/") and x.endswith(resource[1:])))}
                if resource.startswith("*/") and not any(x == access.OTHER + resource[1:] for _, x in self.space.pairs):
                    pairs |= {(g, x) for g, x in self.space.pairs if x == access.OTHER and group in ("*", g)}
            else:
                pairs = {(group, resource)}
                if (group, resource) not in self.space.pairs:
                    pairs = {(group if group in self.space.groups else access.OTHER, access.OTHER)}
            for pair in pairs:
                known = self.space.names[pair]
                these = known if wanted is None else {n if n in known else access.OTHER for n in wanted}
                found |= {(v, *pair, n) for v in chosen for n in these}
        return found


class Reference:
    """anonymous: without a directory; whoever is not named may be in any team that takes people from it."""

    def __init__(self, policy, world, objects, anonymous=False):
        self.policy, self.world, self.anonymous = policy, world, anonymous
        self.sites = {name: Site(self, name, x) for name, x in objects.items()}

    # --- people and teams

    def teams_of(self, person, any_date):
        found = set()
        for name, t in self.policy["teams"].items():
            if self.anonymous:
                add = t.get("add", {}).get(person)
                joins = (any_date and t.get("from")) or (add is not None and (any_date or "until" not in add))
                found |= {name} if joins and person not in t.get("drop", []) else set()
                continue
            by_group = any(g in {f"{x},{worlds.BASE}" for x in t["from"]} for g in self.world.people.get(person, []))
            add = t.get("add", {}).get(person)
            if (by_group or (add is not None and (any_date or "until" not in add))) and person not in t.get("drop", []):
                found.add(name)
        return found

    def carriers(self, site):
        """group -> [(kind, team or ci entry)]"""
        out = {}
        p = self.policy

        def minted(entry, kind, team):
            role = p["roles"][entry["role"]]
            names = [f"lotse:jit:{entry['role']}"] if role.get("cluster") else [
                f"lotse:jit:{s}:{entry['role']}" for s in entry["in"] if site in worlds.sites_of(p, p["spaces"][s].get("at"))]
            for n in names if site in worlds.sites_of(p, entry.get("at")) else []:
                out.setdefault(f"Group {n}", []).append((kind, team))

        for t in p["teams"]:
            out.setdefault(f"Group lotse:team:{t}", []).append(("held", t))
        for g in p["grants"]:
            if "until" in g:
                minted(g, "time", g["team"])
        for q in p["requests"].values():
            minted(q, "request", q["who"])
        for b in p["breakglass"].values():
            out.setdefault(f"Group lotse:bg:{b['role']}", []).append(("breakglass", b["who"]))
        for name, c in p["ci"].items():
            out.setdefault(f"ServiceAccount {c['sa']}" if "sa" in c else f"Group lotse:ci:{name}", []).append(("ci", name))
        return out

    def team_subjects(self, site, team):
        found = {s for s, who in self.carriers(site).items() if any(k != "ci" and t == team for k, t in who)}
        users = {s for s in self.sites[site].held.subjects if s.startswith("User lotse:")}
        return found | {u for u in users if team in self.teams_of(u[len("User lotse:"):], True)} | {EVERYBODY}

    def person_subjects(self, site, person, any_date):
        found = {f"User lotse:{person}", EVERYBODY}
        for team in self.teams_of(person, any_date):
            if any_date:
                found |= {s for s, who in self.carriers(site).items() if any(k != "ci" and t == team for k, t in who)}
            found.add(f"Group lotse:team:{team}")
        return found

    # --- where

    def space_on(self, name, site):
        """The namespaces of a space; None when it is not on the site."""
        s = self.policy["spaces"][name]
        if site not in worlds.sites_of(self.policy, s.get("at")):
            return None
        found = set()
        for n, labels in self.world.sites[site]["namespaces"].items():
            if "names" in s and not any(fnmatch.fnmatchcase(n, x) for x in s["names"]):
                continue
            if any(labels.get(k) != v for k, v in s.get("label", {}).items()) or any(fnmatch.fnmatchcase(n, x) for x in s.get("not", [])):
                continue
            found.add(n)
        return found

    def place(self, words, site, team=None):
        """None: nowhere; "all": everywhere; else the set of namespaces."""
        chosen, spaces, pairs, own = set(), [], [], False
        for w in words:
            if w == "own":
                own = True
            elif ":" in w:
                pairs.append(w.split(":"))
            elif "=" in w or w in self.policy["sites"]:
                chosen |= worlds.sites_of(self.policy, [w])
            else:
                spaces.append(w)
        here = not chosen or site in chosen
        if not spaces and not pairs and not own:
            return "all" if here else None
        found, anywhere = set(), False
        if own:
            for g in self.policy["grants"]:
                if g["team"] == team and "until" not in g and site in worlds.sites_of(self.policy, g.get("at")):
                    spaces = spaces + g.get("in", [])
        for s in spaces if here else []:
            on = self.space_on(s, site)
            if on is not None:
                anywhere, found = True, found | on
        for pair_site, namespace in pairs:
            if pair_site == site:
                anywhere = True
                found.add(namespace)
        return found if anywhere else None

    def place_of_duty(self, words, site, team, space):
        place = self.place(words, site, team)
        if space is None or place is None:
            return place
        inner = self.space_on(space, site)
        chosen = {s for w in words if "=" in w or w in self.policy["sites"] for s in worlds.sites_of(self.policy, [w])}
        if inner is None or (chosen and site not in chosen):
            return None
        return inner if place == "all" or inner is None else (inner & place or None)

    # --- whom `any except` leaves out

    def control_plane(self, site, subject):
        own = other = False
        for o in self.sites[site].objects:
            for s in o.get("subjects") or []:
                if access.subject_name(s, o["metadata"].get("namespace", "")) == subject:
                    mine = (o["metadata"].get("labels", {}).get("kubernetes.io/bootstrapping") == "rbac-defaults" and
                            subject.startswith("Group system:") and subject != EVERYBODY)
                    own, other = own or mine, other or not mine
        return own and not other

    def excepted(self, site, who, subject):
        if self.control_plane(site, subject):
            return True
        names = who[len("any except "):].split(", ") if who.startswith("any except ") else []
        carriers = self.carriers(site).get(subject, [])
        return bool(carriers) and all(("ci" in names or t in names) if k == "ci" else (t in names and t in self.policy["teams"])
                                      for k, t in carriers)

    def holds_role(self, site, who, subject, namespaces):
        names = who[len("any except "):].split(", ") if who.startswith("any except ") else []
        roles = {f"lotse:{n}" for n in names if n in self.policy["roles"]}
        for o in self.sites[site].objects:
            if "Binding" in o["kind"] and o["roleRef"]["kind"] == "ClusterRole" and o["roleRef"]["name"] in roles:
                here = o["metadata"].get("namespace", "")
                if namespaces is None or here in namespaces:
                    if subject in {access.subject_name(s, here) for s in o["subjects"]}:
                        return True
        return False

    # --- can

    def broken_cells(self, site, place, subjects, mask, exempt=lambda subject, namespace: False):
        s, n = self.sites[site], 0
        for subject in subjects:
            for namespace, atoms in s.held.subjects.get(subject, {}).items():
                if namespace == "":
                    hit = atoms & mask if place == "all" else s.inside(atoms) & mask
                else:
                    hit = atoms & mask if place == "all" or namespace in place else set()
                n += bool(hit) and not exempt(subject, namespace)
        return n

    def teams_asked(self, who):
        return sorted(self.policy["teams"]) if who == "each team" else [who[5:]] if who.startswith("team ") else [None]

    def mask(self, site, duties, x, always):
        s = self.sites[site]
        mask = set()
        for d in duties:
            mask |= s.all if d == "*" else s.atoms(d, always)
        for e in x.get("except", []):
            mask -= s.atoms(e)
        return mask

    def can(self, x, always):
        who, words, n = x["who"], x.get("in", []), 0
        by_space = {}
        for d in [x["can"]] if isinstance(x["can"], str) else x["can"]:
            what, _, space = d.partition(" in ")
            by_space.setdefault(space or None, []).append(what)
        for site, s in self.sites.items():
            for space, duties in by_space.items():
                mask = self.mask(site, duties, x, always)
                for team in self.teams_asked(who):
                    place = self.place_of_duty(words, site, team, space)
                    if place is None:
                        continue
                    if always:
                        n += self.missing(site, place, self.sure(site, who, team), mask)
                    elif who.startswith("any"):
                        subjects = [y for y in s.held.subjects if not self.excepted(site, who, y)]
                        n += self.broken_cells(site, place, subjects, mask,
                                               lambda y, ns: self.holds_role(site, who, y, {"", ns}))
                    else:
                        subjects = self.team_subjects(site, team) if team else self.person_subjects(site, who, True)
                        n += self.broken_cells(site, place, subjects, mask)
        return n

    def sure(self, site, who, team):
        return {f"Group lotse:team:{team}", EVERYBODY} if team else self.person_subjects(site, who, False)

    def missing(self, site, place, subjects, mask):
        s = self.sites[site]
        held = s.held.of(*subjects)
        if place == "all":
            return int(not mask <= held.get("", set()))
        return sum(not s.inside(mask) <= held.get("", set()) | held.get(n, set()) for n in place)

    # --- one person

    def people(self):
        names = set() if self.anonymous else set(self.world.people)
        if self.anonymous:
            names |= {s["name"].removeprefix("lotse:") for site in self.sites.values() for o in site.objects for s in o.get("subjects") or []
                      if s["kind"] == "User" and s["name"].startswith("lotse:")}
        for t in self.policy["teams"].values():
            names |= set(t.get("add", {})) | set(t.get("drop", [])) | ({t["lead"]} if "lead" in t else set())
        return sorted(names)

    def has_duty(self, person, duty):
        if duty.startswith("approve q"):
            q = self.policy["requests"][duty.split()[1]]
            by = [b for stage in q["approve"].values() for b in stage]
            if "lead" in by and self.policy["teams"][q["who"]].get("lead") == person:
                return True
            return bool(self.teams_of(person, True) & set(by))
        what, _, space = duty.partition(" in ")
        for site in self.sites:
            place = self.place_of_duty([], site, None, space or None)
            if place is not None and self.broken_cells(site, place, self.person_subjects(site, person, True), self.sites[site].atoms(what)):
                return True
        return False

    def one_person(self, x):
        found = [p for p in self.people() if all(self.has_duty(p, d) for d in x["can"])]
        nobody = "somebody nobody knows"  # asked only when nobody with a name has all of it
        return found or ([None] if self.anonymous and all(self.has_duty(nobody, d) for d in x["can"]) else [])

    def fewest_teams(self, x):
        """How many teams it takes, with which somebody unknown has all of it."""
        teams, had = sorted(self.policy["teams"]), self.teams_of
        for n in range(len(teams) + 1):
            for some in itertools.combinations(teams, n):
                self.teams_of = lambda person, any_date, some=some: set(some) if all(self.policy["teams"][t].get("from") for t in some) else set()
                if all(self.has_duty("somebody nobody knows", d) for d in x["can"]):
                    self.teams_of = had
                    return n
        self.teams_of = had
        return None

    # --- reach

    def reach(self, x):
        who, words, n = x["who"], x.get("in", []), 0
        for site, s in self.sites.items():
            for team in self.teams_asked(who):
                place = self.place(words, site, team)
                chosen = {z for w in words if "=" in w or w in self.policy["sites"] for z in worlds.sites_of(self.policy, [w])}
                if place is None or (chosen and site not in chosen):
                    continue
                if who.startswith("any"):
                    subjects = [y for y in s.held.subjects if not self.excepted(site, who, y) and not self.holds_role(site, who, y, None)]
                else:
                    subjects = self.team_subjects(site, team) if team else self.person_subjects(site, who, True)
                n += bool(subjects) and self.reaches(s, subjects, x["reach"], place)
        return n

    def reaches(self, s, subjects, role, place):
        have = closure(s, subjects)
        rules = next(o for o in s.objects if o["kind"] == "ClusterRole" and o["metadata"]["name"] == f"lotse:{role}").get("rules") or []
        wanted = set().union(set(), *(s.space.of_rule(r) for r in rules))
        wide = have.get("", set())
        if self.policy["roles"][role].get("cluster") and place == "all":
            return bool(wanted) and wanted <= wide
        wanted = s.inside(wanted)
        places = have.keys() if place == "all" else set(place) & have.keys()
        return bool(wanted) and any(wanted <= wide | have.get(n, set()) for n in {*places, ""})

    def decide(self, x, always):
        if x["who"] == "one person":
            people = self.one_person(x)
            return len(people), people
        return (self.reach(x) if "reach" in x else self.can(x, always)), None
