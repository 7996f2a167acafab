# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 the Sluice authors
"""The parts of bench/compare: scenarios, targets, rounds, results and their presentation."""
