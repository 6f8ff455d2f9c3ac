//! What the operators work on.

/// Batch of images, channels last: `[images, height, width, channels]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Images {
    /// Number of images.
    pub count: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Channels.
    pub channels: usize,
}

impl Images {
    /// Of a tensor's shape.
    pub fn new([count, height, width, channels]: [usize; 4]) -> Self {
        Self { count, height, width, channels }
    }

    /// As a tensor's shape.
    pub fn shape(self) -> [usize; 4] {
        [self.count, self.height, self.width, self.channels]
    }

    /// Pixels of all images.
    pub fn pixels(self) -> usize {
        self.count * self.height * self.width
    }

    /// Numbers in all images.
    pub fn numbers(self) -> usize {
        self.pixels() * self.channels
    }
}

/// A square window that moves over an image: output row i sees the input rows `i · stride + k − before`,
/// 0 ≤ k < kernel; rows outside the image are zero. There are ⌈rows / stride⌉ output rows; columns likewise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Rows and columns of the window.
    pub kernel: usize,
    /// Step of the window.
    pub stride: usize,
    /// Rows and columns of zeros before the image.
    pub before: usize,
}

impl Window {
    /// One pixel: a linear map of the channels.
    pub const POINT: Self = Self { kernel: 1, stride: 1, before: 0 };

    /// 3 × 3, output as large as the input.
    pub const SAME: Self = Self { kernel: 3, stride: 1, before: 1 };

    /// 3 × 3 with stride 2, zeros only behind the image (as in Ho et al. 2020).
    pub const HALF: Self = Self { kernel: 3, stride: 2, before: 0 };

    /// Places of the window, `kernel`².
    pub fn taps(self) -> usize {
        self.kernel * self.kernel
    }

    /// Size of the output for images like `input`.
    pub fn output(self, input: Images, channels: usize) -> Images {
        Images {
            height: input.height.div_ceil(self.stride),
            width: input.width.div_ceil(self.stride),
            channels,
            ..input
        }
    }

    /// Input row that output row `place` sees at window row `tap`, below `size`.
    #[inline]
    pub fn seen(self, place: usize, tap: usize, size: usize) -> Option<usize> {
        (place * self.stride + tap).checked_sub(self.before).filter(|&row| row < size)
    }

    /// Output row that sees input row `place` at window row `tap`, below `size`: the reverse of [`Window::seen`].
    #[inline]
    pub fn seeing(self, place: usize, tap: usize, size: usize) -> Option<usize> {
        let shifted = (place + self.before).checked_sub(tap)?;
        (shifted.is_multiple_of(self.stride)).then_some(shifted / self.stride).filter(|&row| row < size)
    }
}

/// What is normalised, and what follows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Norm {
    /// Groups of channels that share mean and variance.
    pub groups: usize,
    /// Added to the variance.
    pub epsilon: f64,
    /// Whether y · sigmoid(y) is taken of the result.
    pub silu: bool,
}
