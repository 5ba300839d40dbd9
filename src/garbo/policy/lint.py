from garbo.policy.build import Files, Rules
from garbo.policy.problems import Finding
from garbo.policy.rules import BUILTINS, compile_rule
from garbo.policy.build import typed


def lint(files: Files) -> tuple[Rules, list[Finding]]:
    v = dict(BUILTINS)
    v.update({n: typed(a) for n, a in files.attributes.attributes.items()})
    rules: Rules = {}
    for name, a in files.actions.actions.items():
        for f in ("eligibility", "suitability"):
            if getattr(a, f):
                rules[name, f] = compile_rule(getattr(a, f), v)
    return rules, []
