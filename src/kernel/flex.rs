//! The kernels of [`Kernels`] for burn's CPU backend: its tensors as plain arrays, handed to [`super::host`].

mod arrays;

pub use arrays::changed;

use burn::backend::flex::FlexTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::Shape;

use super::dropout::Mask;
use super::host::linear::Columns;
use super::host::{attention, cross_entropy, dropout, embed, gelu, linear, norm};
use super::kernels::{Affine, Attention, AttentionKept, Kernels, Learns, NormKept, Normalise, Pair};
use super::lookup::Lookup;
use super::targets::Targets;
use arrays::{array, dense, fresh, tensor, values};

impl Kernels for Flex {
    fn dense<const P: usize>(x: FlexTensor, layers: &[Affine<Self>; P]) -> FlexTensor {
        let x = dense(x);
        let layers = layers.each_ref().map(Layer::new);
        let outputs = layers[0].outputs();
        array(with_last(x.shape(), P * outputs), |y| {
            for (at, layer) in layers.iter().enumerate() {
                linear::forward(values(&x), values(&layer.weight), values(&layer.bias), Columns { at, of: P }, y);
            }
        })
    }

    fn dense_input_gradient<const P: usize>(gradient: FlexTensor, layers: &[Affine<Self>; P]) -> FlexTensor {
        let gradient = dense(gradient);
        let layers = layers.each_ref().map(Layer::new);
        let [inputs, outputs] = layers[0].weight.shape().dims();
        array(with_last(gradient.shape(), inputs), |dx| {
            for (at, layer) in layers.iter().enumerate() {
                let columns = Columns { at, of: P };
                linear::input_gradient(values(&gradient), values(&layer.weight), outputs, columns, dx);
            }
        })
    }

    fn dense_gradients<const P: usize>(
        x: FlexTensor,
        gradient: FlexTensor,
        layers: &[Affine<Self>; P],
        learn: [Learns; P],
    ) -> [Pair<Self>; P] {
        let (x, gradient) = (dense(x), dense(gradient));
        let [inputs, outputs] = layers[0].weight.shape().dims();
        std::array::from_fn(|at| {
            let (columns, [weight, bias]) = (Columns { at, of: P }, learn[at]);
            let mut dbias = bias.then(|| fresh(outputs));
            let dweight = weight.then(|| {
                array(Shape::new([inputs, outputs]), |dweight| {
                    let dbias = dbias.as_deref_mut();
                    linear::weight_gradient(values(&x), values(&gradient), outputs, columns, dweight, dbias);
                })
            });
            if let (false, Some(dbias)) = (weight, &mut dbias) {
                linear::bias_gradient(values(&gradient), columns, dbias);
            }
            let dbias = dbias.map(|dbias| tensor(dbias, Shape::new([outputs])));
            [dweight, dbias]
        })
    }

    fn dense_gelu(x: FlexTensor, layer: &Affine<Self>, keep: bool) -> (FlexTensor, Option<FlexTensor>) {
        let mut u = Self::dense(x, std::array::from_ref(layer));
        if keep {
            let y = array(u.shape(), |y| gelu::forward_with_slopes(u.storage_mut(), y));
            return (y, Some(u));
        }
        gelu::forward_in_place(u.storage_mut());
        (u, None)
    }

    fn dense_gelu_gradient(gradient: FlexTensor, layer: &Affine<Self>, slopes: FlexTensor) -> FlexTensor {
        let mut du = Self::dense_input_gradient(gradient, std::array::from_ref(layer));
        gelu::times(values(&slopes), du.storage_mut());
        du
    }

    fn tied(x: FlexTensor, table: &Affine<Self>) -> FlexTensor {
        let (x, table) = (dense(x), Layer::new(table));
        let ([rows, width], [count]) = (x.shape().dims(), table.bias.shape().dims());
        array(Shape::new([rows, count]), |scores| {
            linear::tied(values(&x), values(&table.weight), values(&table.bias), width, scores);
        })
    }

    fn tied_input_gradient(gradient: FlexTensor, table: &Affine<Self>) -> FlexTensor {
        let (gradient, table) = (dense(gradient), dense(table.weight.clone()));
        let ([rows, _], [_, width]) = (gradient.shape().dims(), table.shape().dims());
        array(Shape::new([rows, width]), |dx| linear::through(values(&gradient), values(&table), width, dx))
    }

    fn tied_gradients(x: FlexTensor, gradient: FlexTensor, [table, bias]: Learns) -> Pair<Self> {
        let (x, gradient) = (dense(x), dense(gradient));
        let ([_, width], [_, count]) = (x.shape().dims(), gradient.shape().dims());
        let alone = Columns { at: 0, of: 1 };
        let dtable = table.then(|| {
            array(Shape::new([count, width]), |dtable| {
                linear::weight_gradient(values(&gradient), values(&x), width, alone, dtable, None);
            })
        });
        let dbias = bias.then(|| array(Shape::new([count]), |db| linear::bias_gradient(values(&gradient), alone, db)));
        [dtable, dbias]
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

    fn embed<const P: usize>(tables: &[FlexTensor; P], lookup: &Lookup) -> FlexTensor {
        let tables = tables.each_ref().map(|table| dense(table.clone()));
        let [_, width] = tables[0].shape().dims();
        array(Shape::new([lookup.tokens(), width]), |sums| {
            embed::forward(&tables.each_ref().map(values), lookup, sums);
        })
    }

    fn embed_gradients<const P: usize>(
        tables: &[FlexTensor; P],
        gradient: FlexTensor,
        lookup: &Lookup,
        learn: [bool; P],
    ) -> [Option<FlexTensor>; P] {
        let gradient = dense(gradient);
        std::array::from_fn(|at| {
            learn[at].then(|| {
                let places = &lookup.tables()[at];
                array(tables[at].shape(), |dtable| embed::table_gradient(values(&gradient), places, dtable))
            })
        })
    }

    fn masked(x: FlexTensor, mask: Mask) -> FlexTensor {
        let mut x = dense(x);
        dropout::whole(mask, x.storage_mut());
        x
    }

    fn norm_forward(
        x: FlexTensor,
        residual: Option<FlexTensor>,
        affine: Affine<Self>,
        how: Normalise,
        _keep: bool,
    ) -> (FlexTensor, Option<NormKept<Self>>) {
        let (x, residual) = (dense(x), residual.map(dense));
        let affine = Affine::<Self> { weight: dense(affine.weight), bias: dense(affine.bias) };
        let width = affine.weight.shape()[0];
        let rows = x.shape().num_elements() / width;
        let input = norm::Input {
            x: values(&x),
            residual: residual.as_ref().map(values),
            gamma: values(&affine.weight),
            beta: values(&affine.bias),
            epsilon: how.epsilon as f32,
            mask: how.mask,
        };
        let [mut y, mut normal] = [fresh(values(&x).len()), fresh(values(&x).len())];
        let mut scales = fresh(rows);
        norm::forward(input, &mut y, &mut normal, &mut scales);
        let kept = NormKept { normal: tensor(normal, x.shape()), scales: tensor(scales, Shape::new([rows])), affine };
        (tensor(y, x.shape()), Some(kept))
    }

    fn norm_gradient(
        kept: NormKept<Self>,
        gradient: FlexTensor,
        how: Normalise,
        learns: Learns,
    ) -> ([FlexTensor; 2], Pair<Self>) {
        let gradient = dense(gradient);
        let input = norm::Kept {
            normal: values(&kept.normal),
            scales: values(&kept.scales),
            gamma: values(&kept.affine.weight),
            gradient: values(&gradient),
        };
        let (width, size) = (input.gamma.len(), input.normal.len());
        let [mut dgamma, mut dbeta, mut dz] = [vec![0.0; width], vec![0.0; width], fresh(size)];
        norm::backward(input, &mut dgamma, &mut dbeta, &mut dz);
        let dresidual = tensor(dz, kept.normal.shape());
        let mut dx = dresidual.clone();
        if how.mask.drops() {
            dropout::whole(how.mask, dx.storage_mut());
        }
        let [gamma, beta] = learns;
        let row = |values: Vec<f32>| tensor(values, Shape::new([width]));
        ([dx, dresidual], [gamma.then(|| row(dgamma)), beta.then(|| row(dbeta))])
    }

    fn attention_forward(
        qkv: FlexTensor,
        bias: FlexTensor,
        how: Attention,
        _keep: bool,
    ) -> (FlexTensor, Option<AttentionKept<Self>>) {
        let (qkv, bias) = (dense(qkv), dense(bias));
        let [rows, tokens, width] = qkv.shape().dims();
        let mut mixed = fresh(rows * tokens * width / 3);
        let mut weights = fresh(rows * how.heads * tokens * tokens);
        attention::forward(input(&qkv, how), values(&bias), &mut mixed, &mut weights);
        let mixed = tensor(mixed, Shape::new([rows, tokens, width / 3]));
        let weights = tensor(weights, Shape::new([rows, how.heads, tokens, tokens]));
        (mixed.clone(), Some(AttentionKept { qkv, bias, mixed, weights }))
    }

    fn attention_gradient(kept: AttentionKept<Self>, gradient: FlexTensor, how: Attention) -> FlexTensor {
        let (gradient, qkv) = (dense(gradient), kept.qkv);
        array(qkv.shape(), |dqkv| {
            attention::backward(input(&qkv, how), values(&kept.weights), values(&gradient), dqkv);
        })
    }

    fn cross_entropy(outputs: FlexTensor, targets: &Targets, keep: bool) -> (FlexTensor, Option<FlexTensor>) {
        let outputs = dense(outputs);
        let mut gradient = keep.then(|| fresh(values(&outputs).len()));
        let loss = cross_entropy::forward(values(&outputs), targets, gradient.as_deref_mut());
        (tensor(vec![loss], Shape::new([1])), gradient.map(|gradient| tensor(gradient, outputs.shape())))
    }

    fn cross_entropy_gradient(kept: FlexTensor, gradient: FlexTensor) -> FlexTensor {
        let mut dz = kept;
        cross_entropy::scale(dz.storage_mut(), values(&dense(gradient))[0]);
        dz
    }
}

/// A dense layer's parameters as kernels read them.
struct Layer {
    weight: FlexTensor,
    bias: FlexTensor,
}

impl Layer {
    fn new(layer: &Affine<Flex>) -> Self {
        Self { weight: dense(layer.weight.clone()), bias: dense(layer.bias.clone()) }
    }

    fn outputs(&self) -> usize {
        self.bias.shape()[0]
    }
}

fn with_last(mut shape: Shape, size: usize) -> Shape {
    let last = shape.num_dims() - 1;
    shape[last] = size;
    shape
}

fn input(qkv: &FlexTensor, how: Attention) -> attention::Input<'_> {
    let [_, tokens, width] = qkv.shape().dims();
    attention::Input { qkv: values(qkv), tokens, hidden: width / 3, heads: how.heads, mask: how.mask }
}
