//! Every kernel against the plain burn expression beside it: values and the gradients of all inputs, with and without
//! dropout, at sizes that fill neither vectors nor tiles.

use burn::tensor::{Device, Tensor, TensorData};

use super::{Dropout, add_norm, attention, gelu, linear, mix64, norm, plain};

/// Values between −1 and 1 without a pattern, as a leaf of the graph.
fn leaf<const D: usize>(shape: [usize; D], seed: u64) -> Tensor<D> {
    let size: usize = shape.iter().product();
    let values: Vec<f32> = (0..size as u64).map(|i| mix64(i ^ (seed << 40)) as i64 as f32 / i64::MAX as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), &Device::flex().autodiff()).require_grad()
}

fn close<const D: usize>(name: &str, found: Tensor<D>, expected: Tensor<D>) {
    assert_eq!(found.dims(), expected.dims(), "{name}");
    let values = |tensor: Tensor<D>| tensor.into_data().try_into_vec::<f32>().expect("f32");
    let (found, expected) = (values(found), values(expected));
    let largest = expected.iter().fold(1e-3_f32, |largest, x| largest.max(x.abs()));
    for (place, (a, b)) in found.iter().zip(&expected).enumerate() {
        assert!((a - b).abs() <= 2e-6 * largest, "{name}[{place}]: {a}, not {b}");
    }
}

/// A scalar of which every value of `y` has a gradient of its own.
fn weigh<const D: usize>(y: Tensor<D>) -> Tensor<1> {
    let weights = Tensor::from_inner(leaf(y.dims(), 99).inner());
    (y * weights).sum()
}

/// Compares two ways to compute the same from the same leaves.
macro_rules! same {
    ($name:expr, [$($leaf:ident),*], $kernel:expr, $plain:expr) => {{
        let (kernel, plain) = ($kernel, $plain);
        close($name, kernel.clone().inner(), plain.clone().inner());
        let (kernel, plain) = (weigh(kernel).backward(), weigh(plain).backward());
        $(
            let name = format!("{}: gradient of {}", $name, stringify!($leaf));
            close(&name, $leaf.grad(&kernel).expect("a gradient"), $leaf.grad(&plain).expect("a gradient"));
        )*
    }};
}

fn dropouts() -> [Dropout; 2] {
    [Dropout::off(), Dropout::new(0.3, 7, true)]
}

#[test]
fn dense_layers() {
    for (rows, inputs, outputs) in [(1, 1, 1), (7, 5, 19), (70, 33, 50), (130, 400, 210)] {
        let (x, w, b) = (leaf([2, rows, inputs], 0), leaf([inputs, outputs], 1), leaf([outputs], 2));
        let kernel = linear(x.clone(), w.clone(), b.clone());
        same!("linear", [x, w, b], kernel, plain::linear(x.clone(), w.clone(), b.clone()));
    }
}

#[test]
fn gelus() {
    let x = leaf([3, 41, 5], 0);
    let wide = || x.clone() * 6.0;
    same!("gelu", [x], gelu(wide()), plain::gelu(wide()));
}

#[test]
fn norms() {
    for (rows, hidden) in [(1, 1), (3, 17), (70, 40)] {
        let (x, gamma, beta) = (leaf([2, rows, hidden], 0), leaf([hidden], 1), leaf([hidden], 2));
        let kernel = norm(x.clone(), gamma.clone(), beta.clone(), 1e-5);
        same!("norm", [x, gamma, beta], kernel, plain::norm(x.clone(), gamma.clone(), beta.clone(), 1e-5));
    }
}

#[test]
fn norms_after_dropout_and_a_residual() {
    let (x, residual, gamma, beta) = (leaf([2, 35, 40], 0), leaf([2, 35, 40], 1), leaf([40], 2), leaf([40], 3));
    for dropout in dropouts() {
        // A clone draws the same mask again.
        let other = dropout.clone();
        let sum = other.apply(x.clone()) + residual.clone();
        let kernel = add_norm(x.clone(), residual.clone(), [gamma.clone(), beta.clone()], 1e-5, &dropout);
        let plain = plain::norm(sum, gamma.clone(), beta.clone(), 1e-5);
        same!("add_norm", [x, residual, gamma, beta], kernel, plain);
    }
}

#[test]
fn attentions() {
    for (rows, tokens, heads, width) in [(1, 1, 1, 1), (3, 9, 2, 5), (2, 33, 3, 32)] {
        let shape = [rows, tokens, heads * width];
        let (q, k, v) = (leaf(shape, 0), leaf(shape, 1), leaf(shape, 2));
        // The last keys of every row but the first are padding.
        let bias =
            (0..rows * tokens).map(|at| if at / tokens > 0 && at % tokens > tokens / 2 { f32::MIN } else { 0.0 });
        let bias = TensorData::new(bias.collect::<Vec<f32>>(), [rows, tokens]);
        let bias = Tensor::<2>::from_data(bias, &Device::flex().autodiff());
        let wide = bias.clone().reshape([rows, 1, 1, tokens]);
        for dropout in dropouts() {
            let other = dropout.clone();
            let qkv = || [q.clone(), k.clone(), v.clone()];
            let kernel = attention(qkv(), bias.clone(), heads, &dropout);
            same!("attention", [q, k, v], kernel, plain::attention(qkv(), wide.clone(), heads, &other));
        }
    }
}

/// What needs no gradient gets none, and what does still has it right.
#[test]
fn constants_among_the_inputs() {
    let constant = |tensor: Tensor<2>| Tensor::from_inner(tensor.inner());
    let (x, w) = (constant(leaf([4, 6], 0)), leaf([6, 3], 1));
    let b = Tensor::from_inner(leaf([3], 2).inner());
    same!(
        "linear of a constant",
        [w],
        linear(x.clone(), w.clone(), b.clone()),
        plain::linear(x.clone(), w.clone(), b.clone())
    );
    let gradients = weigh(linear(x.clone(), w.clone(), b)).backward();
    assert!(x.grad(&gradients).is_none());
}
