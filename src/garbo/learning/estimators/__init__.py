"""Estimators: River's classes by their path, or a preset, made from plain data and kept as plain data.

| file | what |
|---|---|
| `allowed.py` | the modules and classes that a policy may name |
| `presets.py` | estimators with a name of ours |
| `build.py` | plain data to an estimator |
| `encoding.py` | a vector as the estimator sees it |
| `calibration.py` | online Platt scaling |
| `state_walk.py`, `state_load.py`, `implied.py` | an estimator's state as data, and which classes it may hold |
| `heads.py`, `compile.py` | what serves without River, and how it is made |
"""
