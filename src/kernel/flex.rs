//! The kernels of [`Kernels`] for burn's CPU backend: its tensors as plain arrays, handed to [`super::host`].

use burn::backend::flex::FlexTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::{Shape, TensorData};

use super::fused::{Attention, Kernels, Normalise};
use super::host::{attention, gelu, linear, norm};

impl Kernels for Flex {
    fn linear_forward(x: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> FlexTensor {
        let (x, weight, bias) = (dense(x), dense(weight), dense(bias));
        let mut shape = x.shape();
        let last = shape.num_dims() - 1;
        shape[last] = bias.shape()[0];
        array(shape, |y| linear::forward(values(&x), values(&weight), values(&bias), y))
    }

    fn linear_input_gradient(gradient: FlexTensor, weight: FlexTensor) -> FlexTensor {
        let (gradient, weight) = (dense(gradient), dense(weight));
        let [inputs, outputs] = weight.shape().dims();
        let mut shape = gradient.shape();
        let last = shape.num_dims() - 1;
        shape[last] = inputs;
        array(shape, |dx| linear::input_gradient(values(&gradient), values(&weight), outputs, dx))
    }

    fn linear_weight_gradient(x: FlexTensor, gradient: FlexTensor) -> FlexTensor {
        let (x, gradient) = (dense(x), dense(gradient));
        let last = |tensor: &FlexTensor| tensor.shape()[tensor.shape().num_dims() - 1];
        let (inputs, outputs) = (last(&x), last(&gradient));
        array(Shape::new([inputs, outputs]), |dweight| {
            linear::weight_gradient(values(&x), values(&gradient), outputs, dweight);
        })
    }

    fn linear_bias_gradient(gradient: FlexTensor) -> FlexTensor {
        let gradient = dense(gradient);
        let shape = gradient.shape();
        array(Shape::new([shape[shape.num_dims() - 1]]), |dbias| linear::bias_gradient(values(&gradient), dbias))
    }

    fn gelu_forward(x: FlexTensor) -> FlexTensor {
        let x = dense(x);
        array(x.shape(), |y| gelu::forward(values(&x), y))
    }

    fn gelu_gradient(x: FlexTensor, gradient: FlexTensor) -> FlexTensor {
        let (x, mut gradient) = (dense(x), dense(gradient));
        gelu::backward(values(&x), gradient.storage_mut());
        gradient
    }

    fn norm_forward(
        x: FlexTensor,
        residual: Option<FlexTensor>,
        gamma: FlexTensor,
        beta: FlexTensor,
        how: Normalise,
    ) -> [FlexTensor; 3] {
        let (x, residual, gamma, beta) = (dense(x), residual.map(dense), dense(gamma), dense(beta));
        let rows = x.shape().num_elements() / gamma.shape()[0];
        let input = norm::Input {
            x: values(&x),
            residual: residual.as_ref().map(values),
            gamma: values(&gamma),
            beta: values(&beta),
            epsilon: how.epsilon as f32,
            mask: how.mask,
        };
        let [mut y, mut normal] = [fresh(values(&x).len()), fresh(values(&x).len())];
        let mut scales = fresh(rows);
        norm::forward(input, &mut y, &mut normal, &mut scales);
        [tensor(y, x.shape()), tensor(normal, x.shape()), tensor(scales, Shape::new([rows]))]
    }

    fn norm_gradient(
        [normal, scales, gamma]: [FlexTensor; 3],
        gradient: FlexTensor,
        how: Normalise,
    ) -> [FlexTensor; 4] {
        let gradient = dense(gradient);
        let kept = norm::Kept {
            normal: values(&normal),
            scales: values(&scales),
            gamma: values(&gamma),
            gradient: values(&gradient),
        };
        let (width, size) = (kept.gamma.len(), kept.normal.len());
        let [mut dgamma, mut dbeta, mut dz] = [vec![0.0; width], vec![0.0; width], fresh(size)];
        norm::backward(kept, &mut dgamma, &mut dbeta, &mut dz);
        let dresidual = tensor(dz, normal.shape());
        let mut dx = dresidual.clone();
        if how.mask.drops() {
            norm::drop_out(how.mask, dx.storage_mut());
        }
        let row = Shape::new([width]);
        [dx, dresidual, tensor(dgamma, row.clone()), tensor(dbeta, row)]
    }

    fn attention_forward([query, key, value]: [FlexTensor; 3], bias: FlexTensor, how: Attention) -> [FlexTensor; 2] {
        let [query, key, value] = [query, key, value].map(dense);
        let bias = dense(bias);
        let [rows, tokens, _] = query.shape().dims();
        let mut mixed = fresh(query.shape().num_elements());
        let mut weights = fresh(rows * how.heads * tokens * tokens);
        attention::forward(input([&query, &key, &value], how), values(&bias), &mut mixed, &mut weights);
        [tensor(mixed, query.shape()), tensor(weights, Shape::new([rows, how.heads, tokens, tokens]))]
    }

    fn attention_gradient(
        [query, key, value, weights]: [FlexTensor; 4],
        gradient: FlexTensor,
        how: Attention,
    ) -> [FlexTensor; 3] {
        let [query, key, value] = [query, key, value].map(dense);
        let gradient = dense(gradient);
        let mut out = [0; 3].map(|_| fresh(query.shape().num_elements()));
        let [dquery, dkey, dvalue] = &mut out;
        let input = input([&query, &key, &value], how);
        attention::backward(input, values(&weights), values(&gradient), [dquery, dkey, dvalue]);
        out.map(|gradient| tensor(gradient, query.shape()))
    }
}

fn input<'a>([query, key, value]: [&'a FlexTensor; 3], how: Attention) -> attention::Input<'a> {
    let [_, tokens, hidden] = query.shape().dims();
    attention::Input {
        query: values(query),
        key: values(key),
        value: values(value),
        tokens,
        hidden,
        heads: how.heads,
        mask: how.mask,
    }
}

/// The tensor with its values one after the other, as kernels read them: copied only if they are not.
fn dense(tensor: FlexTensor) -> FlexTensor {
    if tensor.as_slice::<f32>().is_some() { tensor } else { tensor.to_contiguous() }
}

fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().unwrap_or_else(|| unreachable!("made dense before"))
}

fn array(shape: Shape, fill: impl FnOnce(&mut [f32])) -> FlexTensor {
    let mut values = fresh(shape.num_elements());
    fill(&mut values);
    tensor(values, shape)
}

/// Room for a kernel's result. Nothing is written there first: a step has room made for some 250 MB, and zeros that no
/// one reads would cost it a tenth of its time.
#[allow(clippy::uninit_vec)] // Kernels write every value before one is read; debug builds fill in NaN to show it.
fn fresh(size: usize) -> Vec<f32> {
    if cfg!(debug_assertions) {
        return vec![f32::NAN; size];
    }
    let mut room = Vec::with_capacity(size);
    // SAFETY: the capacity is there, any bits are an f32, and every kernel here writes all of its result.
    unsafe { room.set_len(size) };
    room
}

fn tensor(values: Vec<f32>, shape: Shape) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
