"""A slow, obvious evaluator of policies, and random policies to try the fast one with. Nothing here shares a line with the compiler.

    from tests.reference import access, worlds
    world = worlds.random_world(seed)          # sites with namespaces, a discovery, people and groups
    policy = worlds.random_policy(world, seed) # a dict of the policy's sections
    worlds.write(folder, world, {"policy.yaml": policy})   # the files lotse-policy reads: policy, directory.json, objects/
    objects = access.read_compiled(folder / "compiled" / site)
    space = access.Space(world.discovery, objects)         # every permission that anything tells apart
    held = access.Holdings(space, objects)                 # held.of("Group lotse:team:t0") -> {namespace or "": set of atoms}
    groups = worlds.groups_of(policy, world, "p3", site, now)
"""
