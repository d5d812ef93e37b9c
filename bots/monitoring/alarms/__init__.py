"""Alarms without Prometheus: beat evaluates the conditions, and targets are told once, reminded, and told of the end.

`evaluation` keeps the rows, `telling` decides who is told, `sending` delivers, `acts` is what an operator does.
"""
