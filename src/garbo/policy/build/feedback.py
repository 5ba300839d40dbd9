"""The weights of feedback.yaml -> the core's."""

from garbo.core.policy.feedback import Feedback, JourneyWeights, StageWeight
from garbo.policy.schema.feedback import FeedbackFile


def feedback(given: FeedbackFile) -> Feedback:
    """The weights by journey and stage."""
    return Feedback(
        given.version,
        {
            journey: JourneyWeights({stage: StageWeight(**part.model_dump()) for stage, part in stages.items()})
            for journey, stages in given.weights.items()
        },
    )
