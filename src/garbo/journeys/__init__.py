"""What is found out about journeys from their facts and KPI cells. It reads; nothing here decides."""
