"""Consent: the seven privacy levels, and which of them each purpose needs.

Rules
 1. Unknown means denied.
 2. The table below is the law's minimum and lives in code: a policy may ask for more, never for less.
 3. A withdrawal always applies. A grant older than the withdrawal it would undo is ignored.

Source: d.lgs. 196/2003 artt. 13 and 23; Regulation (EU) 2016/679 (GDPR) artt. 6(1), 7(3), 9, 21, 22.
"""

from collections.abc import Mapping

from garbo.core.party.state import Consent, Party
from garbo.core.policy.vocabulary import Purpose
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict

PERSONAL_DATA, SENSITIVE_DATA, PROFILING = "personal_data", "sensitive_data", "profiling"

CONSENTS: tuple[str, ...] = (
    PERSONAL_DATA,
    SENSITIVE_DATA,
    "satisfaction",
    "own_promotion",
    "third_party_promotion",
    "third_party_disclosure",
    PROFILING,
)

PURPOSES: Mapping[str, tuple[str, ...]] = {
    "legal_obligation": (),  # art. 6(1)(c)
    "contract": (),  # art. 6(1)(b), delivery of what was contracted
    "service_request": (PERSONAL_DATA,),  # art. 6(1)(b), steps taken at the person's own request
    "satisfaction": (PERSONAL_DATA, "satisfaction"),
    "own_promotion": (PERSONAL_DATA, "own_promotion"),
    "personalised_promotion": (PERSONAL_DATA, "own_promotion", PROFILING),
    "third_party_promotion": (PERSONAL_DATA, "third_party_promotion"),
    "personalised_third_party_promotion": (PERSONAL_DATA, "third_party_promotion", PROFILING),
    "third_party_disclosure": (PERSONAL_DATA, "third_party_disclosure"),
}

# The consents to marketing of one kind or another: giving one lifts an older objection for what needs it.
MARKETING = frozenset(CONSENTS) - {PERSONAL_DATA, SENSITIVE_DATA, PROFILING}
# Of these, those to promotion: a purpose that needs one of them is direct marketing.
PROMOTION = frozenset({"own_promotion", "third_party_promotion"})

NONE: Mapping[str, Purpose] = {}

# What the law or a contract demands: no consent is asked for it, neither for special-category data.
OWED = frozenset({"legal_obligation", "contract"})
# The purposes that do not promote: behaviour may be used for them without `profiling`.
SERVICES = OWED | {"service_request"}


def granted(party: Party, consent: str) -> bool:
    held = party.consents.get(consent)
    return held is not None and held.granted


def profiled(party: Party) -> bool:
    """May the person's behaviour be used, kept and learnt from?"""
    return granted(party, PROFILING) and granted(party, PERSONAL_DATA)


def needs(purpose: str, own: Mapping[str, Purpose]) -> tuple[str, ...] | None:
    """The consents that `purpose` needs, the law's or one of the policy's `own`; None: there is no such purpose."""
    if purpose in PURPOSES:
        return PURPOSES[purpose]
    return own[purpose].consents if purpose in own else None


def permits(
    party: Party, purpose: str, *, sensitive: bool = False, behavioural: bool = False,
    extra: Mapping[str, tuple[str, ...]] | None = None, own: Mapping[str, Purpose] = NONE,
) -> Verdict:  # fmt: skip
    """May this party's data serve `purpose`? An unknown purpose is denied.

    sensitive: special-category data are used. behavioural: so is the person's behaviour. extra: purpose ->
    consents the policy asks for in addition to the law's. own: the policy's own purposes. `detail` of the verdict is
    the missing consent, or the unknown purpose.
    """
    needed = needs(purpose, own)
    if needed is None:
        return Verdict(Reason.CONSENT_DENIED, purpose)
    for consent in needed:
        if not granted(party, consent):
            return Verdict(Reason.CONSENT_DENIED, consent)
    if sensitive and purpose not in OWED and not granted(party, SENSITIVE_DATA):
        return Verdict(Reason.CONSENT_DENIED, SENSITIVE_DATA)
    if behavioural and purpose not in SERVICES and not granted(party, PROFILING):
        return Verdict(Reason.CONSENT_DENIED, PROFILING)
    if extra:
        for consent in extra.get(purpose, ()):
            if not granted(party, consent):
                return Verdict(Reason.CONSENT_DENIED, consent)
    return ALLOWED


def change(party: Party, consent: str, granted: bool, at: int, sequence: int) -> bool:
    """Write a change, made at instant `at` (ms), into the row; False when it is a stale grant. sequence: its offset."""
    held = party.consents.get(consent)
    if granted and held is not None and not held.granted and at < held.at:
        return False
    if held is not None and held.granted == granted:  # a late statement of what holds does not make it older
        at = max(at, held.at)
    party.consents[consent] = Consent(granted, at, sequence)
    if consent in (PROFILING, PERSONAL_DATA) and not granted:
        forget_features(party)
    return True


def forget_features(party: Party) -> None:
    """Drop what is kept for learning: nothing is learnt from the contacts made or planned so far."""
    for pending in party.pending:
        pending.features, pending.closes = None, 0
    for timer in party.timers:
        if timer.plan is not None:
            timer.plan.features = None
