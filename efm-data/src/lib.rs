//! Rows in, rows out: toy distributions, array files, scaling and splits.
