//! How tensors of ours lie in files of other programs.

/// Where a tensor of ours is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub name: String,
    pub layout: Layout,
}

/// How a tensor of ours lies in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// As ours.
    Plain,
    /// A linear map `[out, in]`; ours are `[in, out]`.
    Linear,
    /// A convolution `[out, in, k, k]`; ours are `[k, k, in, out]`.
    Conv,
    /// A linear map of the channels `[in, out]`; ours are convolutions `[1, 1, in, out]`.
    Point,
}

impl Layout {
    /// Shape in the file of what is `shape` here.
    pub fn stored(self, shape: &[usize]) -> Vec<usize> {
        match (self, shape) {
            (Self::Linear, &[from, to]) => vec![to, from],
            (Self::Conv, &[rows, columns, from, to]) => vec![to, from, rows, columns],
            (Self::Point, &[1, 1, from, to]) => vec![from, to],
            _ => shape.to_vec(),
        }
    }

    /// Values in our order, from those in the file's; `shape` is ours.
    pub fn ours(self, values: Vec<f32>, shape: &[usize]) -> Vec<f32> {
        let (outer, inner) = match (self, shape) {
            (Self::Linear, &[from, to]) => (to, from),
            // Taps and inputs change places with outputs, and taps with inputs.
            (Self::Conv, &[rows, columns, from, to]) => {
                let taps = rows * columns;
                let index = |place: usize| {
                    let (tap, input, output) = (place / (from * to), place / to % from, place % to);
                    (output * from + input) * taps + tap
                };
                return (0..values.len()).map(|place| values[index(place)]).collect();
            }
            _ => return values,
        };
        (0..values.len()).map(|place| values[place % outer * inner + place / outer]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Layout;

    #[test]
    fn axes_change_places() {
        // [out, in] = [2, 3] with value 10 · out + in.
        let linear = vec![0.0, 1.0, 2.0, 10.0, 11.0, 12.0];
        assert_eq!(Layout::Linear.stored(&[3, 2]), [2, 3]);
        assert_eq!(Layout::Linear.ours(linear, &[3, 2]), [0.0, 10.0, 1.0, 11.0, 2.0, 12.0]);
        // [out, in, rows, columns] = [2, 2, 1, 2] with value 100 · out + 10 · in + column.
        let conv = vec![0.0, 1.0, 10.0, 11.0, 100.0, 101.0, 110.0, 111.0];
        assert_eq!(Layout::Conv.stored(&[1, 2, 2, 2]), [2, 2, 1, 2]);
        assert_eq!(Layout::Conv.ours(conv, &[1, 2, 2, 2]), [0.0, 100.0, 10.0, 110.0, 1.0, 101.0, 11.0, 111.0]);
    }
}
