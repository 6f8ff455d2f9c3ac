//! Squares of pixels taken for one pixel of more channels, so that a network works at a lower resolution than its images have.

use burn::tensor::Tensor;

/// Images `x` `[B, C·H·W]` of `[C, H, W]` with channels last: `[B, H/p, W/p, C·p²]`, in a patch channel after channel, row
/// after row.
pub(super) fn patches(x: Tensor<2>, [channels, height, width]: [usize; 3], patch: usize) -> Tensor<4> {
    let [count, _] = x.dims();
    let [rows, columns] = [height / patch, width / patch];
    x.reshape([count, channels, rows, patch, columns, patch]).permute([0, 2, 4, 1, 3, 5]).reshape([
        count,
        rows,
        columns,
        channels * patch * patch,
    ])
}

/// The other way round.
pub(super) fn rows(x: Tensor<4>, [channels, height, width]: [usize; 3], patch: usize) -> Tensor<2> {
    let [count, ..] = x.dims();
    x.reshape([count, height / patch, width / patch, channels, patch, patch])
        .permute([0, 3, 1, 4, 2, 5])
        .reshape([count, channels * height * width])
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;
    use crate::device;

    #[test]
    fn patches_hold_neighbours_and_come_back() {
        let image = [3, 4, 6];
        let device = device::parse("cpu").expect("the default build has the CPU");
        let numbers = (0..2 * 72).map(|number| number as f32).collect();
        let x = Tensor::<2>::from_data(TensorData::new(numbers, [2, 72]), &device);
        let seen = patches(x.clone(), image, 2);
        assert_eq!(seen.dims(), [2, 2, 3, 12]);
        // Second image, second row of patches, third patch: rows 2 and 3, columns 4 and 5 of each channel.
        let patch: Tensor<1> = seen.clone().slice([1..2, 1..2, 2..3, 0..12]).reshape([12]);
        let pixel = |channel, row, column| (72 + channel * 24 + row * 6 + column) as f32;
        let expected: Vec<_> =
            (0..3).flat_map(|c| [pixel(c, 2, 4), pixel(c, 2, 5), pixel(c, 3, 4), pixel(c, 3, 5)]).collect();
        assert_eq!(patch.try_into_vec_as::<f32>().unwrap(), expected);
        let back = rows(seen, image, 2).try_into_vec_as::<f32>().unwrap();
        assert_eq!(back, x.try_into_vec_as::<f32>().unwrap());
    }
}
