"""Stories: what happens to a few people, and what a policy must do about it, as YAML beside the policy.

A story is `journeys/NAME.yaml` in a policy folder; docs/journeys.md is the reference of the format. `loader` reads it,
`check` compares what was seen with what the story expects. `garbo.testing` and `garbo.demo` play it.
"""
