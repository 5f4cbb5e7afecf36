"""Servers and other parts that tests of several layers run against."""
