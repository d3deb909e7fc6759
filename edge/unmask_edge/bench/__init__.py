"""Measures what each stage of scoring takes on the machine at hand."""
