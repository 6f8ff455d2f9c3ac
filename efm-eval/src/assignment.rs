//! The linear assignment problem: shortest augmenting paths (Jonker and Volgenant, Computing 38, 1987).
//!
//! Dense costs in f64. Column reduction, reduction transfer and two rounds of augmenting row reduction find most pairs;
//! each row still free is paired by one shortest path, so the solver ends after at most n paths whatever rounding does
//! to ties. Rows are read eight columns at a time; the widest registers of the machine are chosen at run time.

const LANES: usize = 8;
const NONE: usize = usize::MAX;

/// A square cost matrix whose rows are padded to whole lanes with +∞.
pub(crate) struct Costs {
    size: usize,
    stride: usize,
    values: Vec<f64>,
}

impl Costs {
    /// Memory of an n × n matrix and of the solver's own vectors, in bytes.
    pub(crate) fn memory(size: usize) -> u64 {
        let stride = size.next_multiple_of(LANES) as u64;
        (size as u64).saturating_mul(stride).saturating_mul(8).saturating_add(stride.saturating_mul(96))
    }

    /// An n × n matrix, to be filled row by row.
    pub(crate) fn new(size: usize) -> Self {
        let stride = size.next_multiple_of(LANES);
        Self { size, stride, values: vec![f64::INFINITY; size * stride] }
    }

    /// Length of a row in `values_mut`, padding included.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// All rows; the padding must stay +∞.
    pub(crate) fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// Cost of pairing `row` with `column`.
    pub(crate) fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.stride + column]
    }

    #[inline(always)]
    fn row(&self, row: usize) -> &[[f64; LANES]] {
        self.values[row * self.stride..(row + 1) * self.stride].as_chunks().0
    }
}

/// The column of each row in a pairing of least total cost.
pub(crate) fn solve(costs: &Costs) -> Vec<usize> {
    if costs.size == 0 {
        return Vec::new();
    }
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            let mut solver = Solver::new(costs);
            let free = solver.reduce_columns();
            let free = solver.reduce_rows(&free);
            let free = solver.reduce_rows(&free);
            for row in free {
                solver.augment(row);
            }
            solver.column_of
        },
    )
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
        }
    }

    #[inline(always)]
    fn pair(&mut self, row: usize, column: usize) {
        self.column_of[row] = column;
        self.row_of[column] = row;
        self.taken[column / LANES][column % LANES] = f64::INFINITY;
    }

    #[inline(always)]
    fn lower_price(&mut self, column: usize, by: f64) {
        self.prices[column / LANES][column % LANES] -= by;
    }

    /// Prices each column at its cheapest row; rows that are cheapest once are paired. Returns the free rows.
    #[inline(always)]
    fn reduce_columns(&mut self) -> Vec<usize> {
        let size = self.costs.size;
        let mut cheapest = vec![[0_u64; LANES]; self.prices.len()];
        self.prices.copy_from_slice(self.costs.row(0));
        for row in 1..size {
            for ((price, best), cost) in self.prices.iter_mut().zip(&mut cheapest).zip(self.costs.row(row)) {
                for lane in 0..LANES {
                    let better = cost[lane] < price[lane];
                    price[lane] = if better { cost[lane] } else { price[lane] };
                    best[lane] = if better { row as u64 } else { best[lane] };
                }
            }
        }
        // Padding: a price of 0 keeps the reduced cost at +∞ (∞ − ∞ would be NaN).
        for column in size..self.costs.stride {
            self.prices[column / LANES][column % LANES] = 0.0;
        }
        let mut claims = vec![0_usize; size];
        for column in 0..size {
            let row = cheapest[column / LANES][column % LANES] as usize;
            claims[row] += 1;
            if claims[row] == 1 {
                self.pair(row, column);
            }
        }
        let mut free = Vec::new();
        for row in 0..size {
            match claims[row] {
                0 => free.push(row),
                // Reduction transfer: the row's slack moves into the price of its only column.
                1 if size > 1 => {
                    let best = self.two_cheapest(row);
                    self.lower_price(self.column_of[row], best.second - best.first);
                }
                _ => {}
            }
        }
        free
    }

    /// Lets each free row bid for its cheapest column up to the cost of its second choice; a row that is outbid bids
    /// again, up to a set number of bids. Returns the rows still free.
    #[inline(always)]
    fn reduce_rows(&mut self, free: &[usize]) -> Vec<usize> {
        if self.costs.size < 2 {
            return free.to_vec();
        }
        let mut queue: Vec<usize> = free.iter().rev().copied().collect();
        let mut still_free = Vec::new();
        let mut bids = free.len().saturating_mul(BIDS_PER_ROW);
        while let Some(row) = queue.pop() {
            if bids == 0 {
                still_free.push(row);
                continue;
            }
            bids -= 1;
            let best = self.two_cheapest(row);
            let mut column = best.first_column;
            let margin = best.second - best.first;
            // Rounding may swallow a positive margin; only a price that really fell lets the loser bid again.
            let old = self.prices[column / LANES][column % LANES];
            self.lower_price(column, margin);
            let fell = self.prices[column / LANES][column % LANES] < old;
            if !fell && self.row_of[column] != NONE {
                column = best.second_column;
            }
            let loser = self.row_of[column];
            self.pair(row, column);
            if loser != NONE {
                self.column_of[loser] = NONE;
                if fell { queue.push(loser) } else { still_free.push(loser) }
            }
        }
        still_free
    }

    /// The two least reduced costs of a row and their columns.
    #[inline(always)]
    fn two_cheapest(&self, row: usize) -> TwoCheapest {
        let mut first = [f64::INFINITY; LANES];
        let mut second = [f64::INFINITY; LANES];
        let mut first_chunk = [0_u64; LANES];
        let mut second_chunk = [0_u64; LANES];
        for (chunk, (cost, price)) in self.costs.row(row).iter().zip(&self.prices).enumerate() {
            let chunk = chunk as u64;
            for lane in 0..LANES {
                let reduced = cost[lane] - price[lane];
                let beats_second = reduced < second[lane];
                let beats_first = reduced < first[lane];
                let next = if beats_second { reduced } else { second[lane] };
                let next_chunk = if beats_second { chunk } else { second_chunk[lane] };
                second[lane] = if beats_first { first[lane] } else { next };
                second_chunk[lane] = if beats_first { first_chunk[lane] } else { next_chunk };
                first[lane] = if beats_first { reduced } else { first[lane] };
                first_chunk[lane] = if beats_first { chunk } else { first_chunk[lane] };
            }
        }
        let mut best = TwoCheapest { first: f64::INFINITY, second: f64::INFINITY, first_column: 0, second_column: 0 };
        for lane in 0..LANES {
            best.offer(first[lane], first_chunk[lane] as usize * LANES + lane);
            best.offer(second[lane], second_chunk[lane] as usize * LANES + lane);
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
            if nearest.free_length <= nearest.length {
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
            self.pair(row, end);
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
        let mut found =
            Nearest { length: f64::INFINITY, column: 0, free_length: f64::INFINITY, free_column: 0 };
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

/// Bids in one round of row reduction, per free row. More bids leave fewer paths but end in price wars.
const BIDS_PER_ROW: usize = 64;

struct TwoCheapest {
    first: f64,
    second: f64,
    first_column: usize,
    second_column: usize,
}

impl TwoCheapest {
    #[inline(always)]
    fn offer(&mut self, cost: f64, column: usize) {
        if cost < self.first {
            (self.second, self.second_column) = (self.first, self.first_column);
            (self.first, self.first_column) = (cost, column);
        } else if cost < self.second {
            (self.second, self.second_column) = (cost, column);
        }
    }
}

struct Nearest {
    length: f64,
    column: usize,
    free_length: f64,
    free_column: usize,
}
