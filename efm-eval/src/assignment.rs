//! The linear assignment problem: shortest augmenting paths (Jonker and Volgenant, Computing 38, 1987).
//!
//! Dense costs in f64. An auction with falling ε (Bertsekas, Annals of Operations Research 14, 1988) finds good prices;
//! they are made feasible exactly, rows bid once more without ε, and each row still free is paired by one shortest path.
//! Bids are capped, so the solver ends after at most n paths whatever rounding does to ties. Rows are read eight columns
//! at a time; the widest registers of the machine are chosen at run time.

use crate::costs::{Costs, LANES};
use crate::wide::{Loop, widely};

const NONE: usize = usize::MAX;

/// Bids in one round of the auction, per row; enough never to be felt but by ties and outliers.
const BIDS_PER_ROW: usize = 100;

/// ε of the first and last round relative to the median cost (the last one over n), and the step between rounds.
/// Measured on clouds of 2 000 to 5 000 points in two dimensions: the last round leaves a handful of rows free.
const FIRST_EPSILON: f64 = 0.25;
const LAST_EPSILON: f64 = 0.1;
const EPSILON_FACTOR: f64 = 5.0;

/// Reduced costs that differ by less than this share of the median cost are a tie.
const TIE: f64 = 1e-14;

/// The column of each row in a pairing of least total cost.
pub(crate) fn solve(costs: &Costs) -> Vec<usize> {
    if costs.size == 0 {
        return Vec::new();
    }
    widely(Solve(costs))
}

struct Solve<'a>(&'a Costs);

impl Loop for Solve<'_> {
    type Output = Vec<usize>;

    #[inline(always)]
    fn run(self) -> Vec<usize> {
        let mut solver = Solver::new(self.0);
        solver.auction();
        solver.tighten();
        let free = solver.reduce_rows((0..self.0.size).collect());
        for row in free {
            solver.augment(row);
        }
        solver.column_of
    }
}

struct Solver<'a> {
    costs: &'a Costs,
    /// Dual prices of the columns.
    prices: Vec<[f64; LANES]>,
    column_of: Vec<usize>,
    row_of: Vec<usize>,
    /// Length of the shortest path found to a column; −∞ once the column is settled.
    length: Vec<[f64; LANES]>,
    /// Row before the column on that path.
    previous: Vec<[u64; LANES]>,
    /// +∞ where a column has a row, 0 where it is free.
    taken: Vec<[f64; LANES]>,
    /// Reduced costs closer than this count as equal: rounding must not hide a tie.
    tie: f64,
}

impl<'a> Solver<'a> {
    #[inline(always)]
    fn new(costs: &'a Costs) -> Self {
        let chunks = costs.stride / LANES;
        Self {
            costs,
            prices: vec![[0.0; LANES]; chunks],
            column_of: vec![NONE; costs.size],
            row_of: vec![NONE; costs.size],
            length: vec![[0.0; LANES]; chunks],
            previous: vec![[0; LANES]; chunks],
            taken: vec![[0.0; LANES]; chunks],
            tie: TIE * costs.scale(),
        }
    }

    /// Pairs a row with a column; returns the row that loses it.
    #[inline(always)]
    fn pair(&mut self, row: usize, column: usize) -> Option<usize> {
        let loser = self.row_of[column];
        self.column_of[row] = column;
        self.row_of[column] = row;
        self.taken[column / LANES][column % LANES] = f64::INFINITY;
        if loser == NONE {
            return None;
        }
        self.column_of[loser] = NONE;
        Some(loser)
    }

    #[inline(always)]
    fn lower_price(&mut self, column: usize, by: f64) {
        self.prices[column / LANES][column % LANES] -= by;
    }

    /// Finds prices: rows bid for their cheapest columns, paying ε on top, in rounds of falling ε. The pairs are dropped.
    #[inline(always)]
    fn auction(&mut self) {
        let (size, scale) = (self.costs.size, self.costs.scale());
        if size < 2 || scale == 0.0 {
            return;
        }
        let last = scale * LAST_EPSILON / size as f64;
        let mut epsilon = scale * FIRST_EPSILON;
        loop {
            let mut queue: Vec<usize> = (0..size).rev().collect();
            let mut bids = size.saturating_mul(BIDS_PER_ROW);
            while let Some(row) = queue.pop() {
                if bids == 0 {
                    break;
                }
                bids -= 1;
                let best = self.cheapest(row);
                self.lower_price(best.column, best.second - best.first + epsilon);
                queue.extend(self.pair(row, best.column));
            }
            self.column_of.fill(NONE);
            self.row_of.fill(NONE);
            self.taken.fill([0.0; LANES]);
            if epsilon <= last {
                break;
            }
            epsilon = (epsilon / EPSILON_FACTOR).max(last);
        }
    }

    /// Raises each price until its column is cheapest for some row, leaving every row's least reduced cost alone. Equal
    /// points then have equal prices but for rounding, where the auction left them ε apart.
    #[inline(always)]
    fn tighten(&mut self) {
        let least: Vec<f64> = (0..self.costs.size).map(|row| self.cheapest(row).first).collect();
        self.prices.fill([f64::INFINITY; LANES]);
        for (row, &least) in least.iter().enumerate() {
            for (price, cost) in self.prices.iter_mut().zip(self.costs.row(row)) {
                for lane in 0..LANES {
                    let bound = cost[lane] - least;
                    price[lane] = if bound < price[lane] { bound } else { price[lane] };
                }
            }
        }
        // Padding: a finite price keeps the reduced cost at +∞ (∞ − ∞ would be NaN).
        for column in self.costs.size..self.costs.stride {
            self.prices[column / LANES][column % LANES] = 0.0;
        }
    }

    /// Gives each row its cheapest column if that is free, and else lets it bid for it up to the cost of its second choice;
    /// a row that is outbid bids again, up to a set number of bids. Returns the rows still free.
    #[inline(always)]
    fn reduce_rows(&mut self, rows: Vec<usize>) -> Vec<usize> {
        let mut bids = rows.len().saturating_mul(BIDS_PER_ROW);
        let mut queue = rows;
        queue.reverse();
        let mut still_free = Vec::new();
        while let Some(row) = queue.pop() {
            let best = self.cheapest(row);
            let margin = best.second - best.first;
            if best.free <= best.first + self.tie {
                self.pair(row, best.free_column);
            } else if bids == 0 || margin <= self.tie || !margin.is_finite() {
                still_free.push(row);
            } else {
                bids -= 1;
                self.lower_price(best.column, margin);
                queue.extend(self.pair(row, best.column));
            }
        }
        still_free
    }

    /// The two least reduced costs of a row, and the least one of a free column.
    #[inline(always)]
    fn cheapest(&self, row: usize) -> Cheapest {
        let mut first = [f64::INFINITY; LANES];
        let mut second = [f64::INFINITY; LANES];
        let mut free = [f64::INFINITY; LANES];
        let mut first_chunk = [0_u64; LANES];
        let mut free_chunk = [0_u64; LANES];
        let columns = self.costs.row(row).iter().zip(&self.prices).zip(&self.taken);
        for (chunk, ((cost, price), taken)) in columns.enumerate() {
            let chunk = chunk as u64;
            for lane in 0..LANES {
                let reduced = cost[lane] - price[lane];
                let beats = reduced < first[lane];
                let loser = if beats { first[lane] } else { reduced };
                second[lane] = if loser < second[lane] { loser } else { second[lane] };
                first[lane] = if beats { reduced } else { first[lane] };
                first_chunk[lane] = if beats { chunk } else { first_chunk[lane] };
                let untaken = reduced + taken[lane];
                let beats_free = untaken < free[lane];
                free[lane] = if beats_free { untaken } else { free[lane] };
                free_chunk[lane] = if beats_free { chunk } else { free_chunk[lane] };
            }
        }
        let mut best =
            Cheapest { first: f64::INFINITY, column: 0, second: f64::INFINITY, free: f64::INFINITY, free_column: 0 };
        for lane in 0..LANES {
            if first[lane] < best.first {
                best.second = best.second.min(best.first);
                best.first = first[lane];
                best.column = first_chunk[lane] as usize * LANES + lane;
            } else {
                best.second = best.second.min(first[lane]);
            }
            best.second = best.second.min(second[lane]);
            if free[lane] < best.free {
                best.free = free[lane];
                best.free_column = free_chunk[lane] as usize * LANES + lane;
            }
        }
        best
    }

    /// Pairs a free row by the shortest path to a free column (Dijkstra over reduced costs), then updates the prices.
    #[inline(always)]
    fn augment(&mut self, free_row: usize) {
        self.length.fill([f64::INFINITY; LANES]);
        let mut settled: Vec<(usize, f64)> = Vec::new();
        let (mut row, mut offset) = (free_row, 0.0);
        let (column, shortest) = loop {
            let nearest = self.relax(row, offset);
            if nearest.free_length <= nearest.length + self.tie {
                break (nearest.free_column, nearest.free_length);
            }
            let column = nearest.column;
            let (chunk, lane) = (column / LANES, column % LANES);
            settled.push((column, nearest.length));
            self.length[chunk][lane] = f64::NEG_INFINITY;
            row = self.row_of[column];
            offset = nearest.length - (self.costs.at(row, column) - self.prices[chunk][lane]);
        };
        for &(settled_column, length) in &settled {
            self.lower_price(settled_column, shortest - length);
        }
        let mut end = column;
        loop {
            let row = self.previous[end / LANES][end % LANES] as usize;
            let given_up = self.column_of[row];
            // Along the path each row takes a column whose old row has moved on or will.
            self.column_of[row] = end;
            self.row_of[end] = row;
            self.taken[end / LANES][end % LANES] = f64::INFINITY;
            if row == free_row {
                break;
            }
            end = given_up;
        }
    }

    /// Shortens paths through `row`, to which the path so far has length `offset` plus its reduced costs; returns the
    /// nearest column not yet settled, and the nearest free one.
    #[inline(always)]
    fn relax(&mut self, row: usize, offset: f64) -> Nearest {
        let row_index = row as u64;
        let mut nearest = [f64::INFINITY; LANES];
        let mut nearest_chunk = [0_u64; LANES];
        let mut free = [f64::INFINITY; LANES];
        let mut free_chunk = [0_u64; LANES];
        let columns = self.costs.row(row).iter().zip(&self.prices).zip(&self.taken);
        let paths = self.length.iter_mut().zip(&mut self.previous);
        for (chunk, (((cost, price), taken), (length, previous))) in columns.zip(paths).enumerate() {
            let chunk = chunk as u64;
            for lane in 0..LANES {
                let through = cost[lane] - price[lane] + offset;
                let old = length[lane];
                let shorter = through < old;
                let now = if shorter { through } else { old };
                length[lane] = now;
                previous[lane] = if shorter { row_index } else { previous[lane] };
                let open = if now == f64::NEG_INFINITY { f64::INFINITY } else { now };
                let beats = open < nearest[lane];
                nearest[lane] = if beats { open } else { nearest[lane] };
                nearest_chunk[lane] = if beats { chunk } else { nearest_chunk[lane] };
                let untaken = open + taken[lane];
                let beats_free = untaken < free[lane];
                free[lane] = if beats_free { untaken } else { free[lane] };
                free_chunk[lane] = if beats_free { chunk } else { free_chunk[lane] };
            }
        }
        let mut found = Nearest { length: f64::INFINITY, column: 0, free_length: f64::INFINITY, free_column: 0 };
        for lane in 0..LANES {
            if nearest[lane] < found.length {
                found.length = nearest[lane];
                found.column = nearest_chunk[lane] as usize * LANES + lane;
            }
            if free[lane] < found.free_length {
                found.free_length = free[lane];
                found.free_column = free_chunk[lane] as usize * LANES + lane;
            }
        }
        found
    }
}

struct Cheapest {
    first: f64,
    column: usize,
    second: f64,
    free: f64,
    free_column: usize,
}

struct Nearest {
    length: f64,
    column: usize,
    free_length: f64,
    free_column: usize,
}
