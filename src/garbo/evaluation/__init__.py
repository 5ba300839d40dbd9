"""Evaluates policies on recorded decisions: what a challenger, or a score without a factor, would have earned."""
