"""Whose ground is this point?"""
