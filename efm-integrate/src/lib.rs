//! Field lines: Runge-Kutta tableaus, step control per line, events and maps.
