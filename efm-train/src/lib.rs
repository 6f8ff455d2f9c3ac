//! Objectives, training loop, moving average and checkpoints.
