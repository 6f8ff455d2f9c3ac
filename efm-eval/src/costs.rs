/// Columns that are looked at together.
pub(crate) const LANES: usize = 8;

/// A square cost matrix whose rows are padded to whole lanes with +∞.
pub(crate) struct Costs {
    pub(crate) size: usize,
    pub(crate) stride: usize,
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

    /// All rows; the padding must stay +∞.
    pub(crate) fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// Cost of pairing `row` with `column`.
    pub(crate) fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.stride + column]
    }

    /// A typical cost: the median of up to 64 × 64 entries, or their mean where more than half are zero.
    pub(crate) fn scale(&self) -> f64 {
        let step = self.size.div_ceil(64).max(1);
        let mut sample: Vec<f64> = (0..self.size)
            .step_by(step)
            .flat_map(|row| (0..self.size).step_by(step).map(move |column| (row, (row + column) % self.size)))
            .map(|(row, column)| self.at(row, column))
            .collect();
        if sample.is_empty() {
            return 0.0;
        }
        let mean = sample.iter().sum::<f64>() / sample.len() as f64;
        let middle = sample.len() / 2;
        let (_, &mut median, _) = sample.select_nth_unstable_by(middle, f64::total_cmp);
        if median > 0.0 { median } else { mean }
    }

    /// Costs of a row, eight at a time, padding included.
    #[inline(always)]
    pub(crate) fn row(&self, row: usize) -> &[[f64; LANES]] {
        self.values[row * self.stride..(row + 1) * self.stride].as_chunks().0
    }
}
