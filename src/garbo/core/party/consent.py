"""Consent: the seven privacy levels, and which of them each purpose needs.

Rules
 1. Unknown means denied.
 2. The table below is the law's minimum and lives in code: a policy may ask for more, never for less.
 3. A withdrawal always applies. A grant older than the withdrawal it would undo is ignored.

Source: d.lgs. 196/2003 artt. 13 and 23; Regulation (EU) 2016/679 (GDPR) artt. 6(1), 7(3), 9, 21, 22.
"""

from collections.abc import Mapping

from garbo.core.party.state import Consent, Party
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict

PROFILING = "profiling"

CONSENTS: tuple[str, ...] = (
    "personal_data",
    "sensitive_data",
    "satisfaction",
    "own_promotion",
    "third_party_promotion",
    "third_party_disclosure",
    PROFILING,
)

PURPOSES: Mapping[str, tuple[str, ...]] = {
    "legal_obligation": (),  # art. 6(1)(c)
    "contract": (),  # art. 6(1)(b), delivery of what was contracted
    "service_request": (),  # art. 6(1)(b), steps taken at the person's own request
    "satisfaction": ("satisfaction",),
    "own_promotion": ("own_promotion",),
    "personalised_promotion": ("own_promotion", PROFILING),
    "third_party_promotion": ("third_party_promotion",),
    "personalised_third_party_promotion": ("third_party_promotion", PROFILING),
    "third_party_disclosure": ("third_party_disclosure",),
}


def granted(party: Party, consent: str) -> bool:
    held = party.consents.get(consent)
    return held is not None and held.granted


def permits(
    party: Party, purpose: str, *, sensitive: bool = False, extra: Mapping[str, tuple[str, ...]] | None = None
) -> Verdict:
    """May this party's data serve `purpose`? An unknown purpose is denied.

    sensitive: special-category data are used. extra: purpose -> consents the policy asks for in addition to the law's.
    `detail` of the verdict is the missing consent, or the unknown purpose.
    """
    needed = PURPOSES.get(purpose)
    if needed is None:
        return Verdict(Reason.CONSENT_DENIED, purpose)
    for consent in needed:
        if not granted(party, consent):
            return Verdict(Reason.CONSENT_DENIED, consent)
    if sensitive and not granted(party, "sensitive_data"):
        return Verdict(Reason.CONSENT_DENIED, "sensitive_data")
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
    if consent == PROFILING and not granted:  # features kept for learning go
        for pending in party.pending:
            pending.features = None
    return True
