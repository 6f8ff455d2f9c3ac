//! The operators as an extension of burn's CPU backend, with their gradients.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, TensorMetadata, backend_extension};
use burn::tensor::TensorData;

use super::shape::{Images, Norm, Window};
use super::{gather, norm, weights};

/// What the U-Net needs and burn-flex does not have. Images have their channels last.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait ImageOps: Backend {
    /// Convolution of `x` `[B, H, W, in]` with `weights` `[k, k, in, out]`; `bias` is `[1, out]` or `[B, out]`.
    fn image_conv(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        window: Window,
    ) -> FloatTensor<Self>;

    /// Group normalisation of `x` `[B, H, W, C]` with `scale` and `shift` `[C]`.
    fn image_norm(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        norm: Norm,
    ) -> FloatTensor<Self>;
}

type Host = FloatTensor<Flex>;

/// The numbers of a tensor in order; a view is copied first.
fn dense(tensor: Host) -> Host {
    match tensor.as_slice::<f32>() {
        Some(_) => tensor,
        None => tensor.to_contiguous(),
    }
}

fn slice(tensor: &Host) -> &[f32] {
    tensor.as_slice::<f32>().expect("a dense tensor of f32")
}

fn images(tensor: &Host) -> Images {
    Images::new(tensor.shape().dims())
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Host {
    Host::from_data(TensorData::new(values, shape))
}

impl ImageOps for Flex {
    fn image_conv(x: Host, weights: Host, bias: Host, window: Window) -> Host {
        let [x, weights, bias] = [x, weights, bias].map(dense);
        let size = images(&x);
        let [.., channels] = weights.shape().dims::<4>();
        let out = gather::forward(slice(&x), size, window, slice(&weights), channels, slice(&bias));
        tensor(out, window.output(size, channels).shape())
    }

    fn image_norm(x: Host, scale: Host, shift: Host, norm: Norm) -> Host {
        let [x, scale, shift] = [x, scale, shift].map(dense);
        let size = images(&x);
        tensor(norm::forward(slice(&x), size, norm, slice(&scale), slice(&shift)), size.shape())
    }
}

#[derive(Debug)]
struct ConvBackward;

impl Backward<Flex, 3> for ConvBackward {
    type State = ([Host; 2], usize, Window);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = dense(gradients.consume::<Flex>(&ops.node));
        let ([x, weights], biases, window) = ops.state;
        let size = images(&x);
        let output = images(&gradient);
        let [of_x, of_weights, of_bias] = ops.parents;
        if let Some(node) = of_x {
            let values = gather::input_gradient(slice(&gradient), size, window, slice(&weights), output.channels);
            gradients.register::<Flex>(node.id, tensor(values, size.shape()));
        }
        if let Some(node) = of_weights {
            let values = weights::weight_gradient(slice(&x), size, window, slice(&gradient), output.channels);
            gradients.register::<Flex>(node.id, tensor(values, weights.shape().dims::<4>()));
        }
        if let Some(node) = of_bias {
            let mut values = weights::bias_gradient(slice(&gradient), output);
            if biases < output.count {
                let (total, rest) = values.split_at_mut(output.channels);
                for image in rest.chunks_exact(output.channels) {
                    total.iter_mut().zip(image).for_each(|(total, value)| *total += value);
                }
                values.truncate(output.channels);
            }
            gradients.register::<Flex>(node.id, tensor(values, [biases, output.channels]));
        }
    }
}

#[derive(Debug)]
struct NormBackward;

impl Backward<Flex, 3> for NormBackward {
    type State = ([Host; 3], Norm);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = dense(gradients.consume::<Flex>(&ops.node));
        let ([x, scale, shift], norm) = ops.state;
        let size = images(&x);
        let [of_x, of_scale, of_shift] =
            norm::backward(slice(&x), size, norm, slice(&scale), slice(&shift), slice(&gradient));
        let values = [tensor(of_x, size.shape()), tensor(of_scale, [size.channels]), tensor(of_shift, [size.channels])];
        for (node, values) in ops.parents.into_iter().zip(values) {
            if let Some(node) = node {
                gradients.register::<Flex>(node.id, values);
            }
        }
    }
}

impl<C: CheckpointStrategy> ImageOps for Autodiff<Flex, C> {
    fn image_conv(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        window: Window,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weights.node(), bias.node()];
        let [x, weights, bias] = [x, weights, bias].map(|tensor| dense(tensor.into_primitive()));
        let biases = bias.shape().dims::<2>()[0];
        let out = Flex::image_conv(x.clone(), weights.clone(), bias, window);
        match ConvBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(([x, weights], biases, window), out),
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }

    fn image_norm(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        norm: Norm,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), scale.node(), shift.node()];
        let inputs = [x, scale, shift].map(|tensor| dense(tensor.into_primitive()));
        let [x, scale, shift] = inputs.clone();
        let out = Flex::image_norm(x, scale, shift, norm);
        match NormBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((inputs, norm), out),
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }
}
