"""What is found out about journeys from their facts and KPI cells. It reads; nothing here decides.

`narrowing.py`: where a journey narrows and why; read it first. `attraction.py`: what customers avoid. `report`: a page.
`recompute.py`: the cells once more, from the log.
"""
