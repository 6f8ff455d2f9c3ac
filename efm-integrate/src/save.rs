use efm_core::Augmented;

/// Which states of a line are kept besides its end.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Save {
    /// None.
    #[default]
    Ends,
    /// The start and the end of every step.
    Steps,
    /// Where the line passes these heights z, by dense output; a line at unit speed may pass a height several times.
    Heights(Vec<f64>),
}

/// States on the way, line after line, each line in the order it was run through.
#[derive(Debug, Clone, PartialEq)]
pub struct Paths {
    points: Augmented,
    /// Line i holds the points `offsets[i]..offsets[i + 1]`.
    offsets: Vec<usize>,
    marks: Vec<u32>,
}

impl Paths {
    /// Number of lines.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there are no lines.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The points of all lines, to be changed.
    pub(crate) fn points_mut(&mut self) -> &mut Augmented {
        &mut self.points
    }

    /// The points (x,z) of line `line`, z last.
    ///
    /// # Panics
    /// If there is no such line.
    pub fn line(&self, line: usize) -> impl ExactSizeIterator<Item = &[f64]> + '_ {
        (self.offsets[line]..self.offsets[line + 1]).map(|index| self.points.point(index))
    }

    /// The marks of the points of line `line`: the number of the step, or the index of the height.
    ///
    /// # Panics
    /// If there is no such line.
    pub fn marks(&self, line: usize) -> &[u32] {
        &self.marks[self.offsets[line]..self.offsets[line + 1]]
    }

    /// Line and point of everything marked `mark`: where the lines pass the height of this index.
    pub fn at(&self, mark: u32) -> impl Iterator<Item = (usize, &[f64])> + '_ {
        (0..self.len()).flat_map(move |line| {
            let marked = self.marks(line).iter().zip(self.line(line)).filter(move |&(&other, _)| other == mark);
            marked.map(move |(_, point)| (line, point))
        })
    }
}

/// States of several lines in the order they become known.
#[derive(Debug)]
pub(crate) struct Kept {
    points: Augmented,
    /// (line, mark) of each point.
    labels: Vec<(usize, u32)>,
}

impl Kept {
    pub fn new(dim: usize) -> Self {
        Self { points: Augmented::new(dim), labels: Vec::new() }
    }

    /// Adds a point.
    pub fn keep(&mut self, line: usize, mark: u32, point: &[f64]) {
        self.points.push_point(point);
        self.labels.push((line, mark));
    }

    /// Sorts by line; within a line the order of time stays.
    pub fn into_paths(self, lines: usize) -> Paths {
        let mut order: Vec<usize> = (0..self.labels.len()).collect();
        order.sort_by_key(|&index| self.labels[index].0);
        let mut offsets = vec![0; lines + 1];
        for &(line, _) in &self.labels {
            offsets[line + 1] += 1;
        }
        for line in 0..lines {
            offsets[line + 1] += offsets[line];
        }
        let mut points = Augmented::new(self.points.dim());
        for &index in &order {
            points.push_point(self.points.point(index));
        }
        Paths { points, offsets, marks: order.iter().map(|&index| self.labels[index].1).collect() }
    }
}

/// Collects states while lines advance side by side.
#[derive(Debug)]
pub(crate) struct Recorder<'a> {
    save: &'a Save,
    kept: Kept,
    point: Vec<f64>,
}

impl<'a> Recorder<'a> {
    pub fn new(save: &'a Save, dim: usize) -> Self {
        Self { save, kept: Kept::new(dim), point: vec![0.0; dim + 1] }
    }

    /// A line starts at `point`.
    pub fn start(&mut self, line: usize, point: &[f64]) {
        self.point.copy_from_slice(point);
        let z = point[point.len() - 1];
        match self.save {
            Save::Ends => {}
            Save::Steps => self.keep(line, 0),
            Save::Heights(heights) => {
                for mark in (0..heights.len()).filter(|&mark| heights[mark] == z) {
                    self.keep(line, mark as u32);
                }
            }
        }
    }

    /// A line stands where `place` writes, after step number `step`.
    pub fn step(&mut self, line: usize, step: u32, place: impl FnOnce(&mut [f64])) {
        if *self.save == Save::Steps {
            place(&mut self.point);
            self.keep(line, step);
        }
    }

    /// A line has moved; `passed` says how often it went through a height, by handing over the fraction of the way each
    /// time, and `place` writes the point at a fraction.
    pub fn heights(&mut self, line: usize, passed: impl Fn(f64, &mut dyn FnMut(f64)), place: impl Fn(f64, &mut [f64])) {
        let Save::Heights(heights) = self.save else { return };
        for (mark, &height) in heights.iter().enumerate() {
            passed(height, &mut |theta| {
                place(theta, &mut self.point);
                if let Some(z) = self.point.last_mut() {
                    *z = height;
                }
                self.keep(line, mark as u32);
            });
        }
    }

    fn keep(&mut self, line: usize, mark: u32) {
        self.kept.keep(line, mark, &self.point);
    }

    /// `None` if nothing was to be kept.
    pub fn into_paths(self, lines: usize) -> Option<Paths> {
        (*self.save != Save::Ends).then(|| self.kept.into_paths(lines))
    }
}
