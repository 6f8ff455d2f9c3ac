//! Operators on images with channels last, `[B, H, W, C]`: fast kernels on this machine's cores, burn's own elsewhere.
//!
//! burn-flex multiplies matrices well, but its convolutions copy their inputs several times and its SiLU takes one
//! exponential after the other. These compute the same sums without; tests hold them against [`plain`].

#[cfg(feature = "flex")]
mod extension;
#[cfg(feature = "flex")]
mod gather;
#[cfg(feature = "flex")]
mod norm;
pub mod plain;
mod shape;
#[cfg(feature = "flex")]
mod simd;
#[cfg(feature = "flex")]
mod weights;

use burn::tensor::Tensor;
pub use shape::{Images, Norm, Window};

/// Convolution of `x` `[B, H, W, in]` with `weights` `[k, k, in, out]`; `bias` is `[1, out]`, or `[B, out]` for one per
/// image.
pub fn conv(x: Tensor<4>, weights: Tensor<4>, bias: Tensor<2>, window: Window) -> Tensor<4> {
    #[cfg(feature = "flex")]
    if on_host(&x) {
        use burn::backend::Dispatch;
        let [x, weights] = [x, weights].map(Tensor::into_dispatch);
        let out = <Dispatch as extension::ImageOps>::image_conv(x, weights, bias.into_dispatch(), window);
        return Tensor::from_dispatch(out);
    }
    plain::conv(x, weights, bias, window)
}

/// Group normalisation of `x` `[B, H, W, C]` with factors `scale` and summands `shift`, both `[C]`, and its SiLU if
/// `norm` says so.
pub fn normalise(x: Tensor<4>, scale: Tensor<1>, shift: Tensor<1>, norm: Norm) -> Tensor<4> {
    #[cfg(feature = "flex")]
    if on_host(&x) {
        use burn::backend::Dispatch;
        let [scale, shift] = [scale, shift].map(Tensor::into_dispatch);
        let out = <Dispatch as extension::ImageOps>::image_norm(x.into_dispatch(), scale, shift, norm);
        return Tensor::from_dispatch(out);
    }
    plain::normalise(x, scale, shift, norm)
}

#[cfg(feature = "flex")]
fn on_host(x: &Tensor<4>) -> bool {
    crate::device::is_flex(&x.device().inner()) && x.dtype() == burn::tensor::DType::F32
}
